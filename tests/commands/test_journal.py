"""The journal keeps itself: no entry that doesn't sum to zero, none that is added to later, no refund beyond its charge."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.payments.journal import Line, book
from supplyhub.payments.states import Account, EntryKind
from tests.factories_depot import Town
from tests.factories_money import a_paid_charge

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def order(committed) -> int:
    """Return an order of 4.80."""
    town = Town(homes=1)
    return town.order(town.first, town.first.homes[0], V001=1)


def cycle_of(order: int) -> int:
    return int(scalar("SELECT cycle_id FROM orders WHERE id = :order", order=order))


def broken(error: DBAPIError) -> str | None:
    assert isinstance(error.orig, psycopg.errors.CheckViolation)
    return error.orig.diag.constraint_name


def test_an_entry_that_does_not_sum_to_zero_is_refused_when_its_transaction_ends(order):
    lines = [Line(Account.GATEWAY, 480), Line(Account.HOUSEHOLD, -479, order_id=order)]
    with pytest.raises(DBAPIError) as caught, transaction():
        book(cycle_of(order), EntryKind.COVERED, lines)
    assert broken(caught.value) == "ck_journal_entry_sums_to_zero"
    assert rows("SELECT id FROM journal_entry") == []


def test_an_entry_without_postings_is_refused(order):
    with pytest.raises(DBAPIError) as caught, transaction():
        book(cycle_of(order), EntryKind.COVERED, [])
    assert broken(caught.value) == "ck_journal_entry_sums_to_zero"


def test_nothing_is_added_to_an_entry_later_even_if_it_sums_to_zero(order):
    cycle = cycle_of(order)
    with transaction():
        entry = book(
            cycle, EntryKind.COVERED, [Line(Account.COVER, 480), Line(Account.HOUSEHOLD, -480, order_id=order)]
        )
    with pytest.raises(DBAPIError) as caught, transaction():
        execute(
            "INSERT INTO posting (entry_id, account, amount_fen) VALUES (:entry, 'till', 5), (:entry, 'gateway', -5)",
            entry=entry,
        )
    assert broken(caught.value) == "ck_posting_comes_with_its_entry"


def test_a_charge_is_booked_once(order):
    charge = a_paid_charge(order, 480)
    lines = [Line(Account.GATEWAY, 480), Line(Account.HOUSEHOLD, -480, order_id=order)]
    with pytest.raises(DBAPIError) as caught, transaction():
        book(cycle_of(order), EntryKind.PAID_ONLINE, lines, charge_id=charge)
    assert isinstance(caught.value.orig, psycopg.errors.UniqueViolation)


@pytest.mark.parametrize("statement", ["UPDATE posting SET amount_fen = 1", "DELETE FROM journal_entry"])
def test_the_application_can_not_change_what_is_booked(order, statement):
    a_paid_charge(order, 480)
    with pytest.raises(DBAPIError) as caught, transaction():
        execute(statement)
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


def refund(order: int, charge: int, fen: int) -> int:
    with transaction():
        return int(
            scalar(
                "INSERT INTO refund (order_id, way, charge_id, amount_fen, reason)"
                " VALUES (:order, 'online', :charge, :fen, 'surplus') RETURNING id",
                order=order,
                charge=charge,
                fen=fen,
            )
        )


def test_no_more_goes_back_than_came_and_what_bounced_can_go_again(order):
    charge = a_paid_charge(order, 480)
    first = refund(order, charge, 300)
    with pytest.raises(DBAPIError) as caught:
        refund(order, charge, 181)
    assert broken(caught.value) == "ck_charge_no_more_back_than_came"
    with transaction():
        execute("UPDATE refund SET state = 'failed' WHERE id = :id", id=first)
    refund(order, charge, 480)
    assert scalar("SELECT refunded_fen FROM charge") == 480


def test_much_cash_is_not_handed_out_by_one_person(order):
    with transaction():
        one = scalar("SELECT placed_by FROM orders WHERE id = :order", order=order)
        execute(
            "INSERT INTO refund (order_id, way, amount_fen, reason) VALUES (:order, 'cash', 5001, 'surplus')",
            order=order,
        )
    done = "UPDATE refund SET state = 'done', done_at = now(), done_by = :one, second_by = :two"
    for second in (None, one):
        with pytest.raises(DBAPIError) as caught, transaction():
            execute(done, one=one, two=second)
        assert broken(caught.value) == "ck_refund_much_cash_needs_a_second_person"
