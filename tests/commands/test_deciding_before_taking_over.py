"""A door whose ticket was reassigned and nobody has taken over yet: what the volunteer before said of it can be decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import hand_back, reassign_ticket, record_entries, sync, take_over, take_this_instead
from supplyhub.delivery.entries import Entry, SentEntry, SentTaking
from supplyhub.delivery.inbox_queries import open_items_for
from supplyhub.delivery.states import EntryAnswer, EntryOutcome, Problem
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.payments.counting import Counted
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingWay
from tests.factories_depot import Volunteer, Walk, a_volunteer, a_walk, places, stops_of

pytestmark = pytest.mark.usefixtures("database")
DELIVERED, FAILED, UNDONE = EntryOutcome.DELIVERED, EntryOutcome.FAILED, EntryOutcome.UNDONE


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket of three doors in a volunteer's hands."""
    return a_walk(homes=3)


def goes_to(walk: Walk, mate: Volunteer | None, *, from_: str = "") -> str:
    """Reassign a ticket; nobody takes it over yet."""
    badge = mate.badge_code if mate else None
    return reassign_ticket(walk.town.coordinator, from_ or walk.ticket, badge_code=badge)


def entry(walk: Walk, outcome: EntryOutcome, *, door: int = 0, seconds: int = 0, **more: Any) -> Entry:
    problem = Problem.NOBODY_HOME if outcome == FAILED else None
    at = datetime.now(UTC) - timedelta(minutes=5) + timedelta(seconds=seconds)
    return replace(Entry(uuid4(), walk.stops[door].id, outcome, problem, at), **more)


def late(walk: Walk, *entries: Entry, cash: int = 0) -> list[EntryAnswer | None]:
    """Let the phone of the volunteer before send what it still had."""
    takings = [
        SentTaking(walk.ticket, Taken(uuid4(), each.stop, each.happened_at, TakingWay.CASH, cash))
        for each in entries
        if cash
    ]
    sent = [SentEntry(walk.ticket, each) for each in entries]
    answered = sync(walk.volunteer.asker, sent_at=datetime.now(UTC), device=uuid4(), entries=sent, takings=takings)
    return [each.answer for each in answered.entries]


def conflicts(walk: Walk) -> list[Any]:
    return [item for item in open_items_for(walk.town.coordinator) if item.kind == "entry_conflict"]


def decide(walk: Walk) -> None:
    (item,) = conflicts(walk)
    assert item.may_take
    assert take_this_instead(walk.town.coordinator, item.id)


def refused(walk: Walk) -> str:
    (item,) = conflicts(walk)
    with pytest.raises(ConflictError) as caught:
        take_this_instead(walk.town.coordinator, item.id)
    return str(caught.value.data["why"])


def broken() -> list[str]:
    return [found.law.name for found in audit() if found.offending]


def state(ticket: str) -> str:
    return str(scalar("SELECT state FROM ticket WHERE code = :t", t=ticket))


@pytest.mark.parametrize("claimed", [True, False])
def test_a_door_that_was_delivered_goes_back_to_who_was_there_and_the_others_wait_on(walk, claimed):
    mate = a_volunteer(walk.town.first)
    heir = goes_to(walk, mate if claimed else None)
    assert late(walk, entry(walk, DELIVERED), cash=480) == [EntryAnswer.CONFLICT]
    decide(walk)
    assert [stop.outcome for stop in stops_of(walk.ticket)] == ["delivered"]
    assert [stop.outcome for stop in stops_of(heir)] == [None, None]
    assert (places()["delivered"], places()["handed_over"]) == (1, 2)
    assert (conflicts(walk), broken()) == ([], [])
    if not claimed:
        return
    take_over(mate.asker, heir)
    back = [stop.code for stop in stops_of(heir)]
    hand_back(walk.town.depot, ticket_code=heir, parcel_codes=back, unvisited=True)
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[], cash=Counted(480, 480))
    assert (places()["delivered"], places()["returned"], broken()) == (1, 2, [])


def test_what_failed_comes_back_with_who_was_there(walk):
    heir = goes_to(walk, a_volunteer(walk.town.first))
    late(walk, entry(walk, FAILED))
    decide(walk)
    assert [item.kind for item in open_items_for(walk.town.coordinator)] == ["failed_door"]
    with pytest.raises(InvalidError) as missing:
        hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[])
    assert missing.value.data["missing"] == [walk.stops[0].code]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[walk.stops[0].code])
    assert (state(walk.ticket), state(heir)) == ("void", "claimed")
    assert broken() == []


def test_after_that_hand_back_only_what_leaves_nothing_to_bring_is_taken(walk):
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry(walk, FAILED, door=2)])
    heir = goes_to(walk, a_volunteer(walk.town.first))
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[walk.stops[2].code])
    late(walk, entry(walk, FAILED))
    assert refused(walk) == "finished"
    assert [stop.outcome for stop in stops_of(heir)] == [None, None]
    late(walk, entry(walk, DELIVERED, door=1, seconds=5))
    (_, delivered) = sorted(conflicts(walk), key=lambda item: item.id)
    assert take_this_instead(walk.town.coordinator, delivered.id)
    assert [stop.outcome for stop in stops_of(heir)] == [None]
    assert broken() == []


def test_the_ticket_that_waited_is_void_with_its_last_door_and_no_longer_waits_for_anybody(walk):
    mate = a_volunteer(walk.town.first)
    heir = goes_to(walk, mate)
    late(walk, *(entry(walk, DELIVERED, door=door) for door in range(3)))
    for item in conflicts(walk):
        take_this_instead(walk.town.coordinator, item.id)
    assert (state(heir), stops_of(heir)) == ("void", [])
    assert [stop.outcome for stop in stops_of(walk.ticket)] == ["delivered"] * 3
    with pytest.raises((ConflictError, NotFoundError)):
        take_over(mate.asker, heir)
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[])
    assert (places()["delivered"], broken()) == (3, [])


def test_it_is_found_over_a_ticket_that_somebody_else_had_in_between_and_never_took(walk):
    second = goes_to(walk, a_volunteer(walk.town.first))
    third = goes_to(walk, a_volunteer(walk.town.first), from_=second)
    late(walk, entry(walk, DELIVERED))
    decide(walk)
    assert [len(stops_of(each)) for each in (walk.ticket, second, third)] == [1, 0, 2]
    assert broken() == []


def test_what_is_sent_again_or_undone_afterwards_changes_nothing_and_is_kept(walk):
    goes_to(walk, a_volunteer(walk.town.first))
    said = entry(walk, DELIVERED)
    late(walk, said)
    decide(walk)
    assert late(walk, said) == [EntryAnswer.DUPLICATE]
    assert late(walk, entry(walk, UNDONE, seconds=20, undoes=said.id)) == [EntryAnswer.CONFLICT]
    assert len(conflicts(walk)) == 1
    assert [stop.outcome for stop in stops_of(walk.ticket)] == ["delivered"]
    assert scalar("SELECT count(*) FROM delivery_entry") == 2
    assert broken() == []


def test_what_was_taken_back_leaves_the_door_where_it_waits(walk):
    heir = goes_to(walk, a_volunteer(walk.town.first))
    said = entry(walk, DELIVERED)
    late(walk, said)
    late(walk, entry(walk, UNDONE, seconds=20, undoes=said.id))
    (undone,) = (item for item in conflicts(walk) if item.said == "undone")
    assert take_this_instead(walk.town.coordinator, undone.id)
    assert refused(walk) == "taken_back"
    assert len(stops_of(heir)) == 3
    assert broken() == []


def test_once_it_is_taken_over_the_door_stays_with_who_has_it(walk):
    mate = a_volunteer(walk.town.first)
    heir = goes_to(walk, mate)
    late(walk, entry(walk, DELIVERED))
    take_over(mate.asker, heir)
    decide(walk)
    assert [stop.outcome for stop in stops_of(heir)] == ["delivered", None, None]
    assert rows("SELECT id FROM ticket WHERE state = 'void'") != []
    assert broken() == []
