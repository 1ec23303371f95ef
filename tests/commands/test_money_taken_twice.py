"""Cash that a phone reports late, for an order that was paid otherwise meanwhile, is booked, and goes back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from supplyhub.audit.laws.money import MONEY
from supplyhub.audit.queries import judge
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery.commands import count_cash, record_doors
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.payments.commands.cash_refunds import hand_out_cash
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.counting import Counted
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import CoverSource, CreditReason, TakingAnswer
from supplyhub.people.states import Role
from supplyhub.reports.settlement import settlement_for
from tests.factories import an_account, asking
from tests.factories_depot import a_walk
from tests.factories_money import a_paid_charge, money, on_account, orders_of, refunds, settled, taken, taken_back

if TYPE_CHECKING:
    from supplyhub.payments.rules import SettledTaking
    from tests.factories_depot import Walk

pytestmark = pytest.mark.usefixtures("database")

OWED = 480
APPLIED, DUPLICATE, MORE = TakingAnswer.APPLIED, TakingAnswer.DUPLICATE, TakingAnswer.MORE_THAN_OWED


@pytest.fixture
def walk(database) -> Walk:
    """Return a ticket of three doors in a volunteer's hands, each of which owed 4.80 yuan when its phone lost its signal."""
    return a_walk()


def send(walk: Walk, *takings) -> list[SettledTaking]:
    return record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=takings).takings


def first_order(walk: Walk) -> int:
    return orders_of(walk.ticket)[0]


def paid_online(walk: Walk) -> None:
    a_paid_charge(first_order(walk), OWED)
    settled()


def covered(walk: Walk) -> None:
    cover_order(walk.town.coordinator, first_order(walk), CoverSource.HARDSHIP)
    settled()


def credited(walk: Walk) -> None:
    ask_credit(walk.town.coordinator, first_order(walk), amount_fen=180, reason=CreditReason.SPOILED)
    settled()


# What the order is worth then, and which way the surplus goes.
MEANWHILE = {
    paid_online: (OWED, ("online", OWED, "surplus")),
    covered: (OWED, ("cash", OWED, "surplus")),
    credited: (OWED - 180, ("cash", 180, "surplus")),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda found: found.__name__)
def test_it_is_booked_and_what_is_too_much_goes_back(walk, meanwhile):
    worth, back = MEANWHILE[meanwhile]
    order = first_order(walk)
    meanwhile(walk)
    (found,) = send(walk, taken(walk.stops[0].id, OWED))
    assert (found.answer, found.surplus_fen) == (APPLIED, back[1])
    settled()
    assert (money(order), refunds(order), on_account("cash")) == ((worth, worth, 0), [back], OWED)
    assert scalar("SELECT surplus_fen FROM taking") == back[1]
    # Whoever pays otherwise goes on paying.
    assert on_account("cover") == (OWED if meanwhile is covered else 0)
    count_cash(walk.town.depot, ticket_code=walk.ticket, cash=Counted(OWED, OWED))
    assert (on_account("till"), on_account("difference")) == (OWED, 0)
    assert judge(MONEY).offending == 0


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda found: found.__name__)
def test_sent_ten_times_by_two_phones_it_counts_once_and_goes_back_once(walk, meanwhile):
    order, cash = first_order(walk), taken(walk.stops[0].id, OWED)
    meanwhile(walk)
    answers = [found.answer for _again in range(10) for found in send(walk, cash)]
    assert answers == [APPLIED, *[DUPLICATE] * 9]
    # The other phone's own number for the same cash.
    assert [found.answer for found in send(walk, taken(walk.stops[0].id, OWED))] == [MORE]
    settled()
    assert (on_account("cash"), len(refunds(order)), money(order)[2]) == (OWED, 1, 0)


def test_more_than_was_ever_owed_is_a_mistake_as_before(walk):
    paid_online(walk)
    assert [found.answer for found in send(walk, taken(walk.stops[0].id, OWED + 1))] == [MORE]


def test_what_was_paid_before_the_ticket_was_claimed_is_no_news(walk):
    paid_online(walk)
    with transaction():
        execute("UPDATE ticket SET claimed_at = clock_timestamp(), handed_over_at = clock_timestamp()")
    assert [found.answer for found in send(walk, taken(walk.stops[0].id, OWED))] == [MORE]


def test_taken_back_nothing_goes_back_any_more(walk):
    order, cash = first_order(walk), taken(walk.stops[0].id, OWED)
    covered(walk)
    send(walk, cash)
    settled()
    assert [found.answer for found in send(walk, taken_back(cash))] == [APPLIED]
    settled()
    assert [tuple(each) for each in rows("SELECT state, failure FROM refund")] == [("failed", "taken_back")]
    assert (money(order), on_account("cash"), on_account("refunds"), on_account("cover")) == (
        (OWED, OWED, 0),
        0,
        0,
        OWED,
    )
    assert judge(MONEY).offending == 0


def test_what_is_due_in_cash_stays_while_it_is_still_too_much(walk):
    order, cash = first_order(walk), taken(walk.stops[0].id, OWED)
    credited(walk)
    send(walk, cash)
    instead = taken(walk.stops[0].id, OWED, way="shown_code")
    assert [found.answer for found in send(walk, taken_back(cash), instead)] == [APPLIED, APPLIED]
    settled()
    assert refunds(order) == [("cash", 180, "surplus")]
    assert (money(order)[2], on_account("cash"), on_account("shown_code")) == (0, 0, OWED)
    assert judge(MONEY).offending == 0


def test_what_was_handed_out_is_not_taken_back(walk):
    cash = taken(walk.stops[0].id, OWED)
    covered(walk)
    send(walk, cash)
    refund = row("SELECT id FROM refund")
    assert refund is not None
    hand_out_cash(asking(an_account(walk.town.community, Role.COORDINATOR).id), refund.id)
    assert [found.answer for found in send(walk, taken_back(cash))] == [TakingAnswer.CONFLICT]
    assert judge(MONEY).offending == 0


def test_the_settlement_names_the_door_until_it_was_corrected(walk):
    town, cash = walk.town, taken(walk.stops[0].id, OWED)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    covered(walk)
    send(walk, cash)

    def named() -> list[tuple[int, bool]]:
        sheet = settlement_for(lead, town.cycle_id, town.first.grid.number)
        return [(door.surplus_fen, door.waits) for door in sheet.too_much]

    assert named() == [(OWED, True)]
    send(walk, taken_back(cash))
    assert named() == []


def test_what_takes_nothing_back_withdraws_no_cash_that_is_promised(walk):
    """Whatever number a phone names: of a taking of another door, or of none."""
    order, (first, second, *_) = first_order(walk), walk.stops
    elsewhere = taken(second.id, OWED)
    send(walk, elsewhere)
    with transaction():
        execute("INSERT INTO refund (order_id, way, amount_fen, reason) VALUES (:o, 'cash', 100, 'surplus')", o=order)
    said = send(
        walk,
        Taken(uuid4(), first.id, datetime.now(UTC), corrects=elsewhere.id),
        Taken(uuid4(), first.id, datetime.now(UTC), corrects=uuid4()),
    )
    assert [each.answer for each in said] == [TakingAnswer.CONFLICT, TakingAnswer.NOT_YET]
    assert [each.state for each in rows("SELECT state FROM refund WHERE order_id = :o", o=order)] == ["due"]
