"""Handing over, what happens at doors, handing back: every unit is somewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from supplyhub.audit.commands import close_cycle
from supplyhub.audit.queries import audit, summary
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import (
    claim_ticket,
    hand_back,
    hand_over,
    issue_tickets,
    record_entries,
    release_ticket,
)
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.errors import WrongGridError
from supplyhub.delivery.states import EntryAnswer, Problem, StopOutcome
from supplyhub.depot.commands import pack
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.commands import revoke_badge
from tests.factories_depot import Town, Walk, a_volunteer, a_walk, deal_with_returns, expire, places, stops_of, work

pytestmark = pytest.mark.usefixtures("database")

APPLIED, DUPLICATE, CONFLICT = EntryAnswer.APPLIED, EntryAnswer.DUPLICATE, EntryAnswer.CONFLICT


def delivered(stop: int) -> Entry:
    return Entry(uuid4(), stop, StopOutcome.DELIVERED, None, datetime.now(UTC))


def failed(stop: int, problem: Problem = Problem.NOBODY_HOME) -> Entry:
    return Entry(uuid4(), stop, StopOutcome.FAILED, problem, datetime.now(UTC))


def send(walk: Walk, *entries: Entry) -> list[EntryAnswer]:
    settled = record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=entries)
    return [found.answer for found in settled]


def test_a_handover_moves_the_parcels_and_is_written_once():
    walk = a_walk(homes=3)
    assert places() == {"handed_over": 3, "shelf": 7}
    assert {stop.state for stop in walk.stops} == {"handed_over"}
    (handover,) = rows("SELECT badge_id, handed_by FROM handover")
    assert tuple(handover) == (walk.volunteer.asker.badge_id, walk.town.depot.account_id)
    with pytest.raises(ConflictError):
        hand_over(walk.town.depot, ticket_code=walk.ticket, badge_code=walk.volunteer.badge_code)
    with pytest.raises(ConflictError):
        release_ticket(walk.volunteer.asker, walk.ticket)


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids whose tickets are issued."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def test_a_badge_of_another_grid_is_refused_at_the_handover_and_sent_where_it_belongs(town):
    (code,) = town.tickets(town.first)
    claim_ticket(a_volunteer(town.first).asker, code)
    other = a_volunteer(town.sides[1])
    with pytest.raises(WrongGridError) as caught:
        hand_over(town.depot, ticket_code=code, badge_code=other.badge_code)
    assert (caught.value.data["badge_grid"], caught.value.data["delivery_point"]) == (2, "西门")
    assert "西门" in caught.value.message
    assert [r.refused_move for r in rows("SELECT refused_move FROM grid_refusal")] == ["hand_over"]
    assert scalar("SELECT count(*) FROM handover") == 0


def test_only_the_badge_that_claimed_takes_over(town):
    (code,) = town.tickets(town.first)
    first, second = a_volunteer(town.first), a_volunteer(town.first)
    with pytest.raises(ConflictError) as caught:
        hand_over(town.depot, ticket_code=code, badge_code=first.badge_code)
    assert caught.value.data["state"] == "issued"
    claim_ticket(first.asker, code)
    with pytest.raises(ConflictError, match="another badge"):
        hand_over(town.depot, ticket_code=code, badge_code=second.badge_code)
    revoke_badge(town.coordinator, first.badge_code)
    with pytest.raises(ConflictError, match="valid"):
        hand_over(town.depot, ticket_code=code, badge_code=first.badge_code)


def test_badges_that_do_not_exist_or_are_of_another_community_are_not_found(town):
    (code,) = town.tickets(town.first)
    stranger = a_volunteer(Town().first)
    for badge in ("9-999", stranger.badge_code):
        with pytest.raises(NotFoundError):
            hand_over(town.depot, ticket_code=code, badge_code=badge)


def test_a_badge_code_means_the_badge_of_the_own_community(town):
    (code,) = town.tickets(town.first)
    volunteer = a_volunteer(town.first, number=1)
    a_volunteer(Town().first, number=1)
    claim_ticket(volunteer.asker, code)
    hand_over(town.depot, ticket_code=code, badge_code="1-001")
    assert scalar("SELECT badge_id FROM handover") == volunteer.asker.badge_id


def test_a_ticket_with_unpacked_parcels_is_not_handed_over(database):
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.share()
    work(issue_tickets, town.cycle_id)
    first, second = town.codes(town.first)
    pack(town.depot, town.batch_of(town.first), [first])
    volunteer = a_volunteer(town.first)
    (code,) = town.tickets(town.first)
    claim_ticket(volunteer.asker, code)
    with pytest.raises(ConflictError) as caught:
        hand_over(town.depot, ticket_code=code, badge_code=volunteer.badge_code)
    assert caught.value.data["unpacked"] == [second]


def test_a_delivered_parcel_and_its_units_move_together():
    walk = a_walk(homes=3)
    first, second, _ = walk.stops
    assert send(walk, delivered(first.id), failed(second.id)) == [APPLIED, APPLIED]
    assert places() == {"handed_over": 2, "delivered": 1, "shelf": 7}
    found = [(stop.state, stop.outcome, stop.problem) for stop in stops_of(walk.ticket)]
    assert found == [
        ("delivered", "delivered", None),
        ("handed_over", "failed", "nobody_home"),
        ("handed_over", None, None),
    ]


def test_the_same_entries_again_in_another_order_have_one_effect():
    walk = a_walk(homes=3)
    entries = [delivered(stop.id) for stop in walk.stops]
    assert send(walk, *entries[:2]) == [APPLIED, APPLIED]
    assert send(walk, *reversed(entries), entries[0]) == [APPLIED, DUPLICATE, DUPLICATE, DUPLICATE]
    assert places()["delivered"] == 3
    assert scalar("SELECT count(*) FROM delivery_entry") == 3


def test_an_entry_that_contradicts_is_kept_and_the_first_one_stands():
    walk = a_walk(homes=1)
    (stop,) = walk.stops
    send(walk, failed(stop.id))
    assert send(walk, delivered(stop.id), failed(stop.id)) == [CONFLICT, DUPLICATE]
    assert scalar("SELECT count(*) FROM delivery_entry") == 3
    assert stops_of(walk.ticket)[0].outcome == "failed"
    assert "delivered" not in places()


def test_another_volunteers_ticket_is_not_found(town):
    walk = a_walk(town=town)
    mate = a_volunteer(town.first)
    with pytest.raises(NotFoundError):
        record_entries(mate.asker, ticket_code=walk.ticket, entries=[delivered(walk.stops[0].id)])
    assert "delivered" not in places()


def test_a_badge_of_another_grid_cannot_report_and_the_attempt_is_kept(town):
    walk = a_walk(town=town)
    other = a_volunteer(town.sides[1])
    with pytest.raises(WrongGridError):
        record_entries(other.asker, ticket_code=walk.ticket, entries=[delivered(walk.stops[0].id)])
    assert [r.refused_move for r in rows("SELECT refused_move FROM grid_refusal")] == ["deliver"]


def test_a_stop_of_another_ticket_refuses_the_whole_call(town):
    walk = a_walk(town=town)
    foreign = stops_of(town.tickets(town.sides[1])[0])[0].id
    with pytest.raises(NotFoundError) as caught:
        send(walk, delivered(walk.stops[0].id), delivered(foreign))
    assert caught.value.data["stops"] == [foreign]
    assert "delivered" not in places()


def test_nothing_is_reported_before_the_handover(town):
    volunteer = a_volunteer(town.first)
    (code,) = town.tickets(town.first)
    claim_ticket(volunteer.asker, code)
    with pytest.raises(ConflictError):
        record_entries(volunteer.asker, ticket_code=code, entries=[delivered(stops_of(code)[0].id)])


def test_a_badge_that_expired_on_the_way_still_reports_what_was_done_with_it():
    walk = a_walk(homes=1)
    expire(walk.volunteer.badge)
    assert send(walk, delivered(walk.stops[0].id)) == [APPLIED]


def test_what_comes_back_is_counted_and_the_ticket_is_handed_back():
    walk = a_walk(homes=3)
    first, second, third = walk.stops
    send(walk, delivered(first.id), failed(second.id), failed(third.id, Problem.REFUSED))
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[third.code.lower(), second.code])
    assert places() == {"delivered": 1, "returned": 2, "shelf": 7}
    assert [stop.state for stop in stops_of(walk.ticket)] == ["delivered", "returned", "returned"]
    assert scalar("SELECT state FROM ticket WHERE code = :c", c=walk.ticket) == "handed_back"
    with pytest.raises(ConflictError):
        hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[])


def test_missing_and_foreign_parcels_are_named():
    walk = a_walk(homes=3)
    first, second, third = walk.stops
    send(walk, delivered(first.id), failed(second.id), failed(third.id))
    with pytest.raises(InvalidError) as caught:
        hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[first.code, second.code])
    assert caught.value.data == {"missing": [third.code], "foreign": [first.code]}
    assert "returned" not in places()


def test_doors_without_an_outcome_stop_the_hand_back_unless_nobody_went_there():
    walk = a_walk(homes=2)
    first, second = walk.stops
    send(walk, delivered(first.id))
    with pytest.raises(ConflictError) as caught:
        hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[second.code])
    assert caught.value.data == {"without_outcome": [second.code], "doors": 1}
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[second.code], unvisited=True)
    assert [(s.outcome, s.problem) for s in stops_of(walk.ticket)] == [("delivered", None), ("failed", "other")]


def test_a_ticket_of_which_everything_was_delivered_ends_with_an_empty_hand_back():
    walk = a_walk(homes=2)
    send(walk, *(delivered(stop.id) for stop in walk.stops))
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[])
    assert places() == {"delivered": 2, "shelf": 8}


def test_entries_that_arrive_after_the_hand_back_change_nothing_and_are_kept():
    walk = a_walk(homes=1)
    (stop,) = walk.stops
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[stop.code], unvisited=True)
    assert send(walk, delivered(stop.id)) == [CONFLICT]
    assert places() == {"returned": 1, "shelf": 9}
    reported = rows("SELECT outcome FROM delivery_entry ORDER BY received_at")
    assert [entry.outcome for entry in reported] == ["failed", "delivered"]


def test_doors_where_nobody_went_are_reported_and_the_cycle_closes():
    walk = a_walk(homes=2)
    first, second = walk.stops
    send(walk, delivered(first.id))
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[second.code], unvisited=True)
    (entry,) = rows("SELECT badge_id, outcome, problem FROM delivery_entry WHERE stop_id = :stop", stop=second.id)
    assert tuple(entry) == (walk.volunteer.asker.badge_id, "failed", "other")
    deal_with_returns(walk.town)
    close_cycle(walk.town.coordinator, walk.town.cycle_id)
    assert summary(audit())["broken"] == 0


def test_a_ticket_that_was_not_handed_over_cannot_be_handed_back(town):
    with pytest.raises(ConflictError):
        hand_back(town.depot, ticket_code=town.tickets(town.first)[0], parcel_codes=[])


def test_a_whole_cycle_with_a_shortage_and_a_return_keeps_every_law_and_closes(database):
    town = Town(grids=2, homes=3)
    town.everybody_orders(V001=2)
    town.share(V001=9)
    town.pack()
    work(issue_tickets, town.cycle_id)
    for side in town.sides:
        volunteer = a_volunteer(side)
        (code,) = town.tickets(side)
        claim_ticket(volunteer.asker, code)
        hand_over(town.depot, ticket_code=code, badge_code=volunteer.badge_code)
        last, *others = reversed(stops_of(code))
        entries = [failed(last.id), *(delivered(stop.id) for stop in others)]
        record_entries(volunteer.asker, ticket_code=code, entries=entries)
        hand_back(town.depot, ticket_code=code, parcel_codes=[last.code])
    deal_with_returns(town)
    close_cycle(town.coordinator, town.cycle_id)
    assert summary(audit())["broken"] == 0
    outcomes = rows("SELECT outcome, count(*) AS orders FROM order_outcome GROUP BY outcome ORDER BY outcome")
    assert sum(found.orders for found in outcomes) == 6
    assert {found.outcome for found in outcomes} <= {"delivered", "part_delivered", "returned"}
