"""Orders made cheaper by hand: up to 50 yuan by one person, never more than they are worth."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.depot.commands.crediting import ask_credit, give_credit, refuse_credit
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.payments.refusals import MoreThanWorthError, SecondPersonError
from supplyhub.payments.states import CreditReason, CreditState
from supplyhub.people.states import Role
from tests.factories import Shop, an_account, asking
from tests.factories_depot import Town
from tests.factories_money import a_paid_charge, money, refunds, settled

pytestmark = pytest.mark.usefixtures("database")

WORTH = 480 * 30


@pytest.fixture
def town(database) -> Town:
    """Return a town whose goods were shared out; every order is worth 144 yuan."""
    town = Town(homes=2)
    town.everybody_orders(V001=30)
    town.share()
    return town


@pytest.fixture
def order(town) -> int:
    return int(scalar("SELECT min(id) FROM orders"))


def mate(town: Town):
    """Return another coordinator."""
    return asking(an_account(town.community, Role.COORDINATOR).id)


def credit(town: Town, order: int, fen: int, who=None) -> CreditState:
    return ask_credit(who or town.coordinator, order, amount_fen=fen, reason=CreditReason.DAMAGED, note="烂了一袋")


def asked() -> int:
    return int(scalar("SELECT max(id) FROM credit WHERE state = 'asked'"))


def test_a_small_credit_is_given_at_once_and_the_surplus_goes_back(town, order):
    a_paid_charge(order, WORTH)
    settled()
    assert credit(town, order, 5000) == CreditState.GIVEN
    assert money(order) == (WORTH - 5000, WORTH, -5000)
    settled()
    assert refunds(order) == [("online", 5000, "surplus")]
    assert money(order) == (WORTH - 5000, WORTH - 5000, 0)


def test_more_than_one_person_gives_needs_another_one(town, order):
    assert credit(town, order, 5001) == CreditState.ASKED
    assert money(order) == (WORTH, 0, WORTH)
    with pytest.raises(SecondPersonError):
        give_credit(town.coordinator, asked())
    other, number = mate(town), asked()
    give_credit(other, number)
    assert money(order) == (WORTH - 5001, 0, WORTH - 5001)
    for decide in (give_credit, refuse_credit):
        with pytest.raises(ConflictError):
            decide(other, number)
    assert scalar("SELECT count(*) FROM journal_entry WHERE kind = 'credited'") == 1


def test_much_does_not_become_little_in_parts(town, order):
    assert credit(town, order, 3000) == CreditState.GIVEN
    assert credit(town, order, 2000) == CreditState.GIVEN
    assert credit(town, order, 1) == CreditState.ASKED
    assert credit(town, order, 5000, mate(town)) == CreditState.GIVEN


def test_a_credit_is_turned_down(town, order):
    credit(town, order, 6000)
    number = asked()
    refuse_credit(town.coordinator, number)
    with pytest.raises(ConflictError):
        give_credit(mate(town), number)
    assert money(order) == (WORTH, 0, WORTH)


def test_never_more_than_the_order_is_worth(town, order):
    with pytest.raises(MoreThanWorthError) as refused:
        credit(town, order, WORTH + 1)
    assert refused.value.data == {"worth_fen": WORTH}
    credit(town, order, WORTH)
    number = asked()
    credit(town, order, 1000)
    with pytest.raises(MoreThanWorthError):
        give_credit(mate(town), number)
    assert money(order)[0] == WORTH - 1000


def test_nothing_is_credited_before_the_goods_were_shared_out_or_after_the_close():
    town = Town(homes=1)
    town.everybody_orders(V001=30)
    order = scalar("SELECT id FROM orders")
    with pytest.raises(ConflictError):
        credit(town, order, 100)
    town.share()
    credit(town, order, 6000)
    number = asked()
    town.close_by_hand()
    with pytest.raises(ConflictError):
        credit(town, order, 100)
    with pytest.raises(ConflictError):
        give_credit(mate(town), number)


def test_another_community_credits_nothing(town, order):
    stranger = Shop().coordinator()
    with pytest.raises(NotFoundError):
        credit(town, order, 100, stranger)
    credit(town, order, 6000)
    with pytest.raises(NotFoundError):
        give_credit(stranger, asked())


def test_the_database_keeps_to_the_second_person(town, order):
    credit(town, order, 6000)
    with pytest.raises(IntegrityError, match="much_needs_a_second_person"), transaction():
        execute("UPDATE credit SET state = 'given', decided_by = asked_by, decided_at = now()")
    assert [each.state for each in rows("SELECT state FROM credit")] == ["asked"]
