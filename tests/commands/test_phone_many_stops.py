"""A phone that comes back with a whole day: as many statements for many doors as for a few, and within a second."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.crypto import SigningKey, Vault
from supplyhub.db import db, rows
from supplyhub.delivery.commands import claim_ticket, hand_over, sync
from supplyhub.delivery.day import day_for
from supplyhub.delivery.entries import Entry, Kept, SentEntry, SentTaking
from supplyhub.delivery.states import EntryAnswer, EntryOutcome, Problem
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingWay
from tests.drill import in_the_drill
from tests.factories import an_anchor
from tests.factories_depot import Town, a_volunteer
from tests.statements import statements

if TYPE_CHECKING:
    from tests.factories_depot import Volunteer

pytestmark = pytest.mark.usefixtures("database")
KEYS = {"vault": Vault({"k1": bytes(32)}), "key": SigningKey(bytes(32))}


class Round:
    """All tickets of a grid in one volunteer's hands, and what the phone kept of all their doors.

    At one door in five nobody took the parcel, at one in `parts` not all of it, one in three is left with the anchor.
    """

    def __init__(self, homes: int, *, parts: int = 3) -> None:
        town = Town(homes=homes)
        town.everybody_orders(V001=2)
        town.to_tickets()
        anchor = an_anchor(town.first.homes[0]).id
        (item,) = town.first.items.values()
        self.volunteer: Volunteer = a_volunteer(town.first)
        for ticket in town.tickets(town.first):
            claim_ticket(self.volunteer.asker, ticket)
            hand_over(town.depot, ticket_code=ticket, badge_code=self.volunteer.badge_code)
        stops = rows(
            "SELECT s.id, t.code, o.household_id FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id"
            " JOIN orders AS o ON o.id = s.order_id ORDER BY s.id DESC LIMIT :homes",
            homes=homes,
        )
        now = datetime.now(UTC)
        part, whole = frozenset({Kept(item.id, False, 1, Problem.DAMAGED)}), frozenset[Kept]()
        self.entries, self.takings = [], []
        for number, stop in enumerate(stops):
            left = anchor if number % 3 == 1 and stop.household_id != town.first.homes[0].id else None
            problem = Problem.REFUSED if number % 5 == 4 else None
            kept = part if number % parts == 0 and not problem else whole
            outcome = EntryOutcome.FAILED if problem else EntryOutcome.DELIVERED
            entry = Entry(uuid4(), stop.id, outcome, problem, now, None, None if problem else left, kept, now)
            self.entries.append(SentEntry(stop.code, entry))
            if not problem:
                fen = 480 if kept else 960
                self.takings.append(SentTaking(stop.code, Taken(uuid4(), stop.id, now, TakingWay.CASH, fen)))
        db.session.rollback()

    def send(self) -> Any:
        """Send all of it."""
        asker, now = self.volunteer.asker, datetime.now(UTC)
        return sync(asker, sent_at=now, device=uuid4(), entries=self.entries, takings=self.takings)


def spent(homes: int) -> tuple[int, int]:
    """Return how many statements a day's download and its sending take, beside those a ticket's money takes."""
    tour = Round(homes)
    with statements() as reading:
        day = day_for(tour.volunteer.asker, **KEYS)
    assert sum(len(ticket["stops"]) for ticket in day.tickets) == homes
    with statements() as writing:
        done = tour.send()
    assert {each.answer for each in done.entries} == {EntryAnswer.APPLIED}
    return len(reading), len([each for each in writing if "outbox" not in each])


def test_many_doors_take_as_many_statements_as_a_few():
    assert spent(14) == spent(6)


@in_the_drill
def test_five_hundred_doors_are_taken_within_a_second():
    # The one menu item that all of this is of is slow to find where its town was made in one transaction.
    tour = Round(500, parts=100)
    started = perf_counter()
    done = tour.send()
    assert perf_counter() - started < 1
    assert {each.answer for each in done.entries} == {EntryAnswer.APPLIED}
    assert {str(each.answer) for each in done.takings} == {"applied"}
