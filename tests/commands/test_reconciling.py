"""Our books beside the gateway's: both sums to the fen, and every row that has no partner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.outside.ports import BookRow
from supplyhub.payments.commands.reconciling import ask_reconciliation
from supplyhub.payments.commands.refunding import book_refund
from supplyhub.payments.reconciling import comparison_for, reconcile, reconciliations_for
from tests.factories import Shop
from tests.factories_depot import Town
from tests.factories_money import a_paid_charge, settled
from tests.outside.asked import back, paid
from workers.handlers import ASKING_HANDLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn

pytestmark = pytest.mark.usefixtures("database")

HOUR = timedelta(hours=1)


class Books:
    """A gateway that has these books; `away`, none that can be read."""

    def __init__(self, *rows: BookRow, away: bool = False) -> None:
        self.rows, self.away = rows, away
        self.asked: list[tuple[datetime, datetime]] = []

    def books(self, from_at: datetime, to_at: datetime) -> Iterator[BookRow]:
        """Yield the rows, or be away after the first of them."""
        self.asked.append((from_at, to_at))
        for found in self.rows:
            yield found
            if self.away:
                raise GatewayAwayError


@pytest.fixture
def town(database) -> Town:
    """Return a town with three orders that were booked."""
    town = Town(homes=3)
    town.everybody_orders(V001=1)
    town.share()
    return town


def orders() -> list[int]:
    with transaction():
        found = scalar("SELECT array_agg(id ORDER BY id) FROM orders")
    return list(found)


def payment_of(charge: int) -> str:
    return str(scalar("SELECT payment_id FROM charge WHERE id = :c", c=charge))


def ask(town: Town) -> int:
    now = datetime.now(UTC)
    return ask_reconciliation(town.coordinator, now - HOUR, now + HOUR)


def payment(payment_id: str, fen: int, *, reference: str = "", at: datetime | None = None) -> BookRow:
    return BookRow(payment_id, "payment", fen, reference, at or datetime.now(UTC))


def test_what_is_in_both_books_agrees(town):
    charges = [a_paid_charge(order, 480) for order in orders()]
    books = Books(*[payment(payment_of(charge), 480) for charge in charges])
    asked = ask(town)
    assert comparison_for(town.coordinator, asked).head.done_at is None
    reconcile(asked, gateway=books)
    found = comparison_for(town.coordinator, asked)
    assert [tuple(each) for each in found.sums] == [("payment", 1440, 1440, 3, 3, 3), ("refund", 0, 0, 0, 0, 0)]
    assert (found.unmatched, found.head.rows) == ([], 3)
    reconcile(asked, gateway=books)
    assert len(books.asked) == 1


def test_every_row_without_a_partner_is_listed(town):
    first, second, third = [a_paid_charge(order, 480) for order in orders()]
    books = Books(payment(payment_of(first), 480), payment(payment_of(second), 479), payment("pi_strange", 99))
    asked = ask(town)
    reconcile(asked, gateway=books)
    found = comparison_for(town.coordinator, asked)
    assert tuple(found.sums[0]) == ("payment", 1440, 1058, 3, 3, 1)
    listed = {each.gateway_id: (each.what, each.ours_fen, each.theirs_fen) for each in found.unmatched}
    assert listed == {
        payment_of(second): ("other_amount", 480, 479),
        payment_of(third): ("not_theirs", 480, None),
        "pi_strange": ("not_ours", None, 99),
    }
    assert all(each.order_number for each in found.unmatched if each.what != "not_ours")


def test_a_pair_is_dated_by_the_gateway_and_counts_in_one_span(town):
    """Paid before the span and heard of within: no difference of this span."""
    charge = a_paid_charge(orders()[0], 480)
    early = datetime.now(UTC) - 2 * HOUR
    with transaction():
        execute("UPDATE charge SET made_at = :at", at=early)
    books = Books(payment(payment_of(charge), 480, at=early))
    asked = ask(town)
    reconcile(asked, gateway=books)
    found = comparison_for(town.coordinator, asked)
    assert (found.unmatched, found.sums[0].ours_fen, found.sums[0].theirs_fen) == ([], 0, 0)
    assert books.asked[0][0] < early


def test_a_gateway_that_is_away_is_noted_and_asked_again(town):
    charge = a_paid_charge(orders()[0], 480)
    asked, row = ask(town), payment(payment_of(charge), 480)
    for gateway in (Books(row, away=True), None):
        with pytest.raises(GatewayAwayError):
            reconcile(asked, gateway=gateway)
        head = reconciliations_for(town.coordinator)[0]
        assert (head.done_at, bool(head.trouble)) == (None, True)
    reconcile(asked, gateway=Books(row))
    found = comparison_for(town.coordinator, asked)
    assert (found.head.trouble, found.unmatched, found.sums[0].same) == ("", [], 1)


def test_the_same_span_is_read_once_while_it_is_being_read(town):
    now = datetime.now(UTC)
    who = town.coordinator
    first = ask_reconciliation(who, now - HOUR, now)
    assert ask_reconciliation(who, now - HOUR, now) == first
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'reconcile'") == 1
    with pytest.raises(InvalidError):
        ask_reconciliation(who, now, now)
    with pytest.raises(NotFoundError):
        comparison_for(Shop().coordinator(), first)


def test_money_of_another_community_on_the_same_account_is_no_difference(town):
    here = a_paid_charge(orders()[0], 480)
    other = Town(homes=1)
    other.everybody_orders(V001=1)
    theirs = a_paid_charge(orders()[-1], 480)
    asked = ask(town)
    reconcile(asked, gateway=Books(payment(payment_of(here), 480), payment(payment_of(theirs), 480)))
    found = comparison_for(town.coordinator, asked)
    assert (found.unmatched, found.sums[0].ours, found.sums[0].theirs) == ([], 1, 1)


def test_the_books_agree_with_those_of_a_real_gateway(town, standin: TestStandIn, gateway: StripeGateway):
    """Over real HTTP: payments and a refund in part, then a payment that never reached us."""
    who, order = town.coordinator, orders()[0]
    pages = [paid(standin, gateway, charge_id=number, amount_fen=fen) for number, fen in ((1, 480), (2, 500))]
    for page in pages:
        charge = a_paid_charge(order, page.paid_fen)
        with transaction():
            execute("UPDATE charge SET payment_id = :p WHERE id = :c", p=page.payment_id, c=charge)
    settled()
    (refund,) = rows("SELECT id, idempotency_key AS key FROM refund WHERE way = 'online'")
    book_refund(gateway.refund(back(pages[1], 500, refund_id=refund.id, key=str(refund.key))))
    lost = paid(standin, gateway, charge_id=99, amount_fen=477)
    asked = ask(town)
    ASKING_HANDLERS["reconcile"](asked)
    found = comparison_for(who, asked)
    assert [tuple(each) for each in found.sums] == [("payment", 980, 1457, 2, 3, 2), ("refund", 500, 500, 1, 1, 1)]
    assert [(each.what, each.gateway_id, each.theirs_fen) for each in found.unmatched] == [
        ("not_ours", lost.payment_id, 477)
    ]
