"""Many volunteers at one ticket, on real connections: one gets it."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import scalar
from supplyhub.delivery.commands import claim_ticket, record_entries, ticketing
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.queries import ticket_now
from supplyhub.delivery.states import EntryAnswer, StopOutcome
from supplyhub.errors import ConflictError
from tests.factories_depot import Town, a_volunteer, a_walk, places
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

VOLUNTEERS = 16
PHONES = 4


@pytest.fixture
def town(committed) -> Town:
    """Return a town with one free ticket."""
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def claims(town: Town, crowd: Crowd) -> list[Any]:
    """Let volunteers claim the ticket at once; return what each got."""
    (code,) = town.tickets(town.first)
    askers = [a_volunteer(town.first).asker for _ in range(VOLUNTEERS)]
    return crowd.at_once([lambda who=who: claim_ticket(who, code) for who in askers])


def test_of_sixteen_volunteers_at_one_ticket_one_gets_it(town, crowd: Crowd):
    results = claims(town, crowd)
    assert results.count(None) == 1
    assert {type(result) for result in results if result is not None} == {ConflictError}


def test_without_the_lock_on_the_ticket_many_believe_they_have_it(town, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    all_have_read = Barrier(VOLUNTEERS, timeout=PATIENCE_SECONDS)

    def unlocked(asker: Asker, code: str) -> Any:
        ticket = ticket_now(scalar("SELECT id FROM ticket WHERE code = :code", code=code))
        all_have_read.wait()
        return ticket

    monkeypatch.setattr(ticketing, "ticket_for_update", unlocked)
    assert claims(town, crowd).count(None) > 1


def test_two_phones_that_send_the_same_door_at_once_deliver_it_once(committed, crowd: Crowd):
    walk = a_walk(homes=2)
    moment = datetime.now(UTC)
    same = [Entry(uuid4(), stop.id, StopOutcome.DELIVERED, None, moment) for stop in walk.stops]
    own = [Entry(uuid4(), walk.stops[0].id, StopOutcome.DELIVERED, None, moment) for _ in range(PHONES)]
    who, code = walk.volunteer.asker, walk.ticket
    results = crowd.at_once(
        [lambda mine=mine: record_entries(who, ticket_code=code, entries=[*same, mine]) for mine in own]
    )
    applied = [found for settled in results for found in settled if found.answer == EntryAnswer.APPLIED]
    assert {found.entry.stop for found in applied} == {stop.id for stop in walk.stops}
    assert len(applied) == len(walk.stops)
    assert places() == {"delivered": 2, "shelf": 8}
    assert scalar("SELECT count(*) FROM delivery_entry") == 2 + PHONES
