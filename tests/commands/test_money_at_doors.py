"""Money at a door enters the books once, with its entry or alone, and never more than is owed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import count_cash, hand_back, record_doors
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.errors import WrongGridError
from supplyhub.delivery.queries import ticket_for
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.counting import Counted
from supplyhub.payments.states import CoverSource, TakingAnswer
from tests.factories import a_badge, asking
from tests.factories_depot import Town, a_volunteer, a_walk, stops_of
from tests.factories_money import money, on_account, orders_of, refunds, settled, taken, taken_back

if TYPE_CHECKING:
    from tests.factories_depot import Walk

pytestmark = pytest.mark.usefixtures("database")

OWED = 480


@pytest.fixture
def walk(database) -> Walk:
    """Return a ticket of three doors in a volunteer's hands, each of which owes 4.80 yuan."""
    return a_walk()


def send(walk: Walk, *takings, entries=()) -> list[TakingAnswer]:
    """Report money as the volunteer's phone does; return the answers."""
    found = record_doors(walk.volunteer.asker, ticket_code=walk.ticket, entries=entries, takings=takings)
    return [each.answer for each in found.takings]


def delivered(stop: int) -> Entry:
    return Entry(uuid4(), stop, StopOutcome.DELIVERED, None, datetime.now(UTC))


def collect(walk: Walk) -> list[tuple[int, int]]:
    """Return what the volunteer sees at each door: to be collected, and taken."""
    stops = ticket_for(walk.volunteer.asker, walk.ticket).stops
    return [(stop.collect_fen, stop.taken_fen) for stop in stops]


def test_a_door_and_its_money_come_in_one_call_and_count_once(walk):
    first = walk.stops[0].id
    entry, cash = delivered(first), taken(first, OWED)
    assert collect(walk) == [(OWED, 0)] * 3
    assert send(walk, cash, entries=[entry]) == [TakingAnswer.APPLIED]
    for _again in range(3):
        assert send(walk, cash, entries=[entry]) == [TakingAnswer.DUPLICATE]
    assert collect(walk) == [(0, OWED), (OWED, 0), (OWED, 0)]
    assert money(orders_of(walk.ticket)[0]) == (OWED, OWED, 0)
    assert (on_account("cash"), on_account("shown_code"), scalar("SELECT count(*) FROM taking")) == (OWED, 0, 1)
    assert scalar("SELECT count(*) FROM journal_entry WHERE kind = 'taken'") == 1


def test_a_shown_code_is_no_cash(walk):
    first = walk.stops[0].id
    assert send(walk, taken(first, 200), taken(first, 280, way="shown_code")) == [TakingAnswer.APPLIED] * 2
    assert (on_account("cash"), on_account("shown_code")) == (200, 280)


def test_more_than_is_owed_is_refused_and_says_what_is(walk):
    first = walk.stops[0].id
    found = record_doors(
        walk.volunteer.asker, ticket_code=walk.ticket, entries=[delivered(first)], takings=[taken(first, OWED + 1)]
    )
    assert [(each.answer, each.owed_fen) for each in found.takings] == [(TakingAnswer.MORE_THAN_OWED, OWED)]
    assert [each.answer for each in found.entries] == ["applied"]
    assert (on_account("cash"), scalar("SELECT count(*) FROM taking")) == (0, 0)
    assert send(walk, taken(first, OWED)) == [TakingAnswer.APPLIED]
    assert send(walk, taken(first, 1)) == [TakingAnswer.MORE_THAN_OWED]


def test_less_is_taken_when_it_is_confirmed_and_the_rest_stays_owed(walk):
    first = walk.stops[0].id
    assert send(walk, taken(first, 100)) == [TakingAnswer.LESS_THAN_OWED]
    assert send(walk, taken(first, 100, less=True)) == [TakingAnswer.APPLIED]
    assert collect(walk)[0] == (380, 100)
    assert money(orders_of(walk.ticket)[0]) == (OWED, 100, 380)


def test_a_wrong_amount_is_taken_back_by_another_entry(walk):
    first = walk.stops[0].id
    wrong = taken(first, OWED, way="shown_code")
    send(walk, wrong)
    correction = taken_back(wrong)
    assert send(walk, correction, taken(first, OWED)) == [TakingAnswer.APPLIED] * 2
    assert send(walk, correction) == [TakingAnswer.DUPLICATE]
    assert send(walk, taken_back(wrong)) == [TakingAnswer.DUPLICATE]
    assert (on_account("cash"), on_account("shown_code")) == (OWED, 0)
    assert money(orders_of(walk.ticket)[0]) == (OWED, OWED, 0)
    settled()
    assert refunds(orders_of(walk.ticket)[0]) == []


def test_a_correction_that_comes_first_waits_for_what_it_takes_back(walk):
    wrong = taken(walk.stops[0].id, OWED)
    correction = taken_back(wrong)
    assert send(walk, correction) == [TakingAnswer.NOT_YET]
    assert send(walk, correction, wrong) == [TakingAnswer.APPLIED] * 2
    assert (on_account("cash"), collect(walk)[0]) == (0, (OWED, 0))


def test_the_id_of_money_elsewhere_is_refused(walk):
    first, second, _ = walk.stops
    cash = taken(first.id, OWED)
    send(walk, cash)
    assert send(walk, taken(second.id, OWED, number=cash.id)) == [TakingAnswer.CONFLICT]
    assert on_account("cash") == OWED


def test_nothing_is_collected_where_somebody_else_pays_or_the_menu_is_paid_online(walk):
    covered, online, owing = orders_of(walk.ticket)
    cover_order(walk.town.coordinator, covered, CoverSource.HARDSHIP)
    assert collect(walk) == [(0, 0), (OWED, 0), (OWED, 0)]
    with transaction():
        execute("UPDATE menu SET pays_online = true, pays_on_delivery = false")
    assert collect(walk) == [(0, 0)] * 3
    assert send(walk, taken(walk.stops[0].id, OWED), taken(walk.stops[1].id, OWED)) == [TakingAnswer.MORE_THAN_OWED] * 2
    assert money(online) == money(owing) == (OWED, 0, OWED)


def test_another_volunteer_another_grid_and_another_ticket_are_refused():
    town = Town(grids=2, homes=1)
    town.everybody_orders(V001=1)
    town.to_tickets()
    walk = a_walk(town=town)
    cash = taken(walk.stops[0].id, OWED)
    mate, stranger = a_volunteer(town.first), a_volunteer(town.sides[1])
    with pytest.raises(NotFoundError):
        record_doors(mate.asker, ticket_code=walk.ticket, takings=[cash])
    with pytest.raises(WrongGridError):
        record_doors(stranger.asker, ticket_code=walk.ticket, takings=[cash])
    with pytest.raises(NotFoundError):
        record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(10**9, OWED)])
    assert scalar("SELECT count(*) FROM taking") == 0


def test_money_before_the_handover_is_refused():
    town = Town(homes=1)
    town.everybody_orders(V001=1)
    town.to_tickets()
    volunteer = a_volunteer(town.first)
    (ticket,) = town.tickets(town.first)
    stop = scalar("SELECT id FROM stop")
    with transaction():
        execute("UPDATE ticket SET badge_id = :b, state = 'claimed', claimed_at = now()", b=volunteer.badge.id)
    with pytest.raises(ConflictError):
        record_doors(volunteer.asker, ticket_code=ticket, takings=[taken(stop, OWED)])


def test_the_database_keeps_money_to_its_grid(walk):
    town = Town(grids=1, homes=1)
    badge = a_badge(town.first.grid)
    cash = taken(walk.stops[0].id, OWED)
    send(walk, cash)
    with pytest.raises(Exception, match="badge_id"), transaction():
        execute(
            "INSERT INTO taking (id, order_id, ticket_id, badge_id, grid_id, way, amount_fen, happened_at)"
            " SELECT gen_random_uuid(), order_id, ticket_id, :badge, grid_id, way, 1, happened_at FROM taking",
            badge=badge.id,
        )


def back(walk: Walk, cash: Counted | None = None) -> None:
    """Hand the ticket back with everything that wasn't delivered."""
    codes = [stop.code for stop in stops_of(walk.ticket) if stop.outcome != StopOutcome.DELIVERED]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True, cash=cash)


def walked(walk: Walk) -> None:
    """Deliver every parcel and collect what each door owes: the last by the shown code."""
    for at, stop in enumerate(walk.stops):
        send(walk, taken(stop.id, OWED, way="cash" if at < 2 else "shown_code"), entries=[delivered(stop.id)])


def test_cash_is_counted_with_the_hand_back(walk):
    walked(walk)
    back(walk, Counted(counted_fen=2 * OWED, expected_fen=2 * OWED))
    assert (on_account("cash"), on_account("till"), on_account("difference"), on_account("shown_code")) == (
        0,
        2 * OWED,
        0,
        OWED,
    )
    assert [tuple(each) for each in rows("SELECT expected_fen, counted_fen, note FROM cash_count")] == [(960, 960, "")]


def test_a_difference_needs_a_note_and_is_kept(walk):
    walked(walk)
    with pytest.raises(InvalidError):
        back(walk, Counted(counted_fen=900, expected_fen=960))
    assert scalar("SELECT state FROM ticket WHERE code = :t", t=walk.ticket) == "under_way"
    back(walk, Counted(counted_fen=900, expected_fen=960, note="找零错了"))
    assert (on_account("cash"), on_account("till"), on_account("difference")) == (0, 900, 60)


def test_too_much_is_a_difference_the_other_way(walk):
    back(walk, Counted(counted_fen=5, expected_fen=0, note="多出五分"))
    assert (on_account("cash"), on_account("till"), on_account("difference")) == (0, 5, -5)


def test_money_for_a_parcel_that_came_back_goes_back_to_its_household(walk):
    send(walk, taken(walk.stops[0].id, OWED), entries=[delivered(walk.stops[0].id)])
    back(walk, Counted(counted_fen=OWED, expected_fen=OWED))
    assert count_again(walk.town.depot, walk, 0, 0) == "conflict"
    assert send(walk, taken(walk.stops[1].id, OWED)) == [TakingAnswer.APPLIED]
    order = orders_of(walk.ticket)[1]
    assert (money(order), refunds(order)) == ((0, 0, 0), [("cash", OWED, "surplus")])
    assert count_again(walk.town.coordinator, walk, OWED, OWED) == "counted"


def count_again(depot, walk: Walk, counted: int, expected: int, note: str = "") -> str:
    try:
        count_cash(depot, ticket_code=walk.ticket, cash=Counted(counted, expected, note))
    except ConflictError as error:
        return error.code
    return "counted"


def test_cash_that_was_sent_late_is_counted_by_another_row(walk):
    for stop in walk.stops:
        send(walk, entries=[delivered(stop.id)])
    first, second, _ = walk.stops
    send(walk, taken(first.id, OWED))
    back(walk, Counted(counted_fen=OWED, expected_fen=OWED))
    late = taken(second.id, OWED)
    assert send(walk, late) == [TakingAnswer.APPLIED]
    assert on_account("cash") == OWED
    assert count_again(walk.town.depot, walk, OWED, 0) == "conflict"
    assert count_again(walk.town.coordinator, walk, OWED, OWED) == "counted"
    assert (on_account("cash"), on_account("till")) == (0, 2 * OWED)
    # It was never there: it is taken back, and the count that follows expects less than nothing.
    send(walk, taken_back(late))
    assert on_account("cash") == -OWED
    with pytest.raises(InvalidError):
        count_again(walk.town.depot, walk, 0, -OWED)
    assert count_again(walk.town.depot, walk, 0, -OWED, "重复记了") == "counted"
    assert (on_account("cash"), on_account("till"), on_account("difference")) == (0, 2 * OWED, -OWED)


def test_the_one_who_took_it_does_not_count_it(walk):
    walked(walk)
    back(walk)
    holder = asking(walk.volunteer.badge.account_id)
    with pytest.raises(NotAllowedError):
        count_cash(holder, ticket_code=walk.ticket, cash=Counted(960, 960))
    assert on_account("cash") == 960


def test_a_problem_at_the_door_leaves_what_is_owed_until_the_parcel_is_back(walk):
    first = walk.stops[0].id
    problem = Entry(uuid4(), first, StopOutcome.FAILED, Problem.NOBODY_HOME, datetime.now(UTC))
    send(walk, entries=[problem])
    assert collect(walk)[0] == (OWED, 0)
    back(walk)
    assert money(orders_of(walk.ticket)[0]) == (0, 0, 0)
