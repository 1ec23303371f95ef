"""Whatever phones report, in whatever order and however often, the laws hold and nothing that was said is lost.

A history is what happened at the doors of a ticket: delivered, in part or with the anchor household, failed, taken back
within a minute. Two phones send it in parts, shuffled and again, while somebody else takes the ticket over, or nobody does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from supplyhub.audit.law import Verdict
from supplyhub.audit.laws import LAWS
from supplyhub.audit.queries import judge
from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import hand_back, sync
from supplyhub.delivery.entries import Entry, Kept, SentEntry, SentTaking
from supplyhub.delivery.states import EntryOutcome, EntryReason, Problem
from supplyhub.payments.collecting import cash_left
from supplyhub.payments.counting import Counted
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingWay
from tests.drill import DRILL
from tests.factories import an_anchor
from tests.factories_depot import Town, a_volunteer, a_walk, stops_of, taken_over

if TYPE_CHECKING:
    from tests.factories_depot import Walk

pytestmark = pytest.mark.usefixtures("database")
EXAMPLES = settings(
    max_examples=300 if DRILL else 5,
    deadline=None,
    derandomize=not DRILL,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
HOMES = 4
PRICE = 480
STARTED = datetime.now(UTC)
DELIVERED, FAILED, UNDONE = EntryOutcome.DELIVERED, EntryOutcome.FAILED, EntryOutcome.UNDONE


@dataclass(frozen=True)
class Happened:
    """Something at a door (counted from 0): whole, in part, at the anchor's, failed; `undone` so many seconds later."""

    door: int
    how: str
    second: int
    undone: int | None = None
    pays: bool = True


HISTORY = st.lists(
    st.builds(
        Happened,
        st.integers(0, HOMES - 1),
        st.sampled_from(["whole", "whole", "part", "anchor", "failed"]),
        st.integers(0, 300),
        st.sampled_from([None, None, None, 5, 59, 90]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def a_street() -> Walk:
    town = Town(homes=HOMES, skus=("V001", "V002"))
    town.everybody_orders(V001=2, V002=2)
    town.to_tickets()
    return a_walk(town=town)


@dataclass
class Street:
    """A ticket of some doors in a volunteer's hands, with an anchor household behind the first of them."""

    walk: Walk = field(default_factory=a_street)
    entries: list[SentEntry] = field(default_factory=list)
    takings: list[SentTaking] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Appoint the anchor."""
        self.anchor = an_anchor(self.walk.town.first.homes[0]).id
        self.items = [item.id for item in self.walk.town.first.items.values()]

    def happen(self, history: list[Happened]) -> None:
        """Write down what the phone will send."""
        for each in history:
            stop, number = self.walk.stops[each.door].id, uuid4()
            when = STARTED - timedelta(hours=1) + timedelta(seconds=each.second)
            kept = frozenset({Kept(self.items[0], False, 1, Problem.DAMAGED)}) if each.how == "part" else frozenset()
            anchor = self.anchor if each.how == "anchor" and each.door else None
            problem = Problem.REFUSED if each.how == "failed" else None
            outcome = FAILED if problem else DELIVERED
            self._report(number, stop, outcome, when, problem, left_with=anchor, kept_back=kept)
            if each.undone is not None:
                later = when + timedelta(seconds=each.undone)
                self._report(uuid4(), stop, UNDONE, later, undoes=number)
            if each.pays and not problem:
                fen = 4 * PRICE - PRICE * len(kept)
                taking = Taken(uuid4(), stop, when, TakingWay.CASH, fen, less=True)
                self.takings.append(SentTaking(self.walk.ticket, taking))

    def _report(
        self, number: UUID, stop: int, outcome: EntryOutcome, when: datetime, problem: Any = None, **more: Any
    ) -> None:
        entry = Entry(number, stop, outcome, problem, when, phone_at=when, **more)
        self.entries.append(SentEntry(self.walk.ticket, entry))

    def send(self, entries: list[SentEntry], takings: list[SentTaking]) -> list[Any]:
        """Send as the phone of whoever had the ticket first; return what is to be sent again."""
        volunteer = self.walk.volunteer.asker
        done = sync(volunteer, sent_at=datetime.now(UTC), device=uuid4(), entries=entries, takings=takings)
        assert {each.reason for each in done.entries if each.answer is None} <= {EntryReason.NOT_YET}
        return [sent for sent, each in zip(entries, done.entries, strict=True) if each.reason == EntryReason.NOT_YET]

    def finish(self, code: str) -> None:
        """Hand back whatever wasn't delivered, and the cash."""
        back = [stop.code for stop in stops_of(code) if stop.outcome != DELIVERED]
        kept = rows(
            "SELECT DISTINCT p.code FROM kept_back AS k JOIN stop AS s ON s.entry_id = k.entry_id"
            " JOIN parcel AS p ON p.id = s.parcel_id JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code",
            code=code,
        )
        cash = cash_left([scalar("SELECT id FROM ticket WHERE code = :code", code=code)])
        counted = [Counted(fen, fen) for fen in cash.values()]
        codes = [*back, *(parcel.code for parcel in kept)]
        hand_back(
            self.walk.town.depot,
            ticket_code=code,
            parcel_codes=codes,
            unvisited=True,
            cash=counted[0] if counted else None,
        )


def broken() -> list[Any]:
    """Return the laws that are broken, with the rows that break them."""
    judged = [judge(law) for law in LAWS if law.number in {2, 3, 7, 8}]
    return [(found.law.name, found.first_rows) for found in judged if found.verdict == Verdict.BROKEN]


@EXAMPLES
@given(HISTORY, st.data())
def test_the_laws_hold_after_every_history(history, data):
    street = Street()
    street.happen(history)
    everything = [*street.entries, *street.takings]
    order = data.draw(st.permutations([*everything, *everything]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    mate_comes = data.draw(st.sampled_from([None, None, 0, 1, 2]))
    code = street.walk.ticket
    again: list[Any] = []
    for turn, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
        if turn == mate_comes and any(stop.outcome is None for stop in stops_of(code)):
            code = taken_over(street.walk.town, code, a_volunteer(street.walk.town.first))
        part = [*again, *order[start:end]]
        again = street.send(
            [sent for sent in part if isinstance(sent, SentEntry)],
            [sent for sent in part if isinstance(sent, SentTaking)],
        )
        assert not DRILL or broken() == []
    assert street.send(street.entries, []) == []
    said = {sent.what.id for sent in street.entries}
    assert {entry.id for entry in rows("SELECT id FROM delivery_entry")} >= said
    for ticket in {code, street.walk.ticket}:
        if ticket == code or any(stop.outcome for stop in stops_of(ticket)):
            street.finish(ticket)
    assert broken() == []
    out = "SELECT count(*) FROM parcel WHERE cycle_id = :cycle AND state = 'handed_over'"
    assert scalar(out, cycle=street.walk.town.cycle_id) == 0
