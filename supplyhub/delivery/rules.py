"""Tickets and entries decided: data in, data out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.delivery.states import EntryAnswer, Problem, StopOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phone reports about a stop; `id` is the phone's own number for it."""

    id: UUID
    stop: int
    outcome: StopOutcome
    problem: Problem | None
    happened_at: datetime

    def says(self) -> tuple[int, str, str | None]:
        """Return what it claims."""
        return self.stop, self.outcome, self.problem


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry, what became of it, and whether its row is to be kept (all but those whose id is taken)."""

    entry: Entry
    answer: EntryAnswer
    keep: bool


def settle(
    entries: Sequence[Entry],
    stands: Mapping[int, tuple[str, str | None] | None],
    known: Mapping[UUID, tuple[int, str, str | None]],
) -> list[Settled]:
    """Decide entries about stops, in the order they were given.

    `stands`: what each stop of the ticket has as outcome and problem, None before one; `known`: what entries that came
    before say. The first outcome of a stop stands; among those that come together the one that happened first. An
    entry that says the same again is a duplicate, one that contradicts is a conflict.
    """
    outcomes, seen = dict(stands), dict(known)
    settled: dict[int, Settled] = {}
    for place, entry in sorted(enumerate(entries), key=lambda found: (found[1].happened_at, found[1].id, found[0])):
        said = seen.get(entry.id)
        stand = outcomes[entry.stop]
        if said is not None:
            answer = EntryAnswer.DUPLICATE if said == entry.says() else EntryAnswer.CONFLICT
        elif stand is None:
            answer = EntryAnswer.APPLIED
            outcomes[entry.stop] = (entry.outcome, entry.problem)
        else:
            answer = EntryAnswer.DUPLICATE if stand == entry.says()[1:] else EntryAnswer.CONFLICT
        seen.setdefault(entry.id, entry.says())
        settled[place] = Settled(entry, answer, keep=said is None)
    return [settled[place] for place in range(len(entries))]


def grid_word(
    *, parcels: int, packed: int, tickets: int, out: int, done: int, crates: int = 0, gone: int = 0, reached: int = 0
) -> str:
    """Return in one word how far a grid is: waiting, packing, packed, leaving, at_point, on_way or done.

    `gone` crates left the depot, `reached` ones are at the delivery point; `out` tickets are with a volunteer or done.
    """
    words = {
        "done": tickets > 0 and done == tickets,
        "on_way": out > 0,
        "at_point": crates > 0 and reached == crates,
        "leaving": gone > 0,
        "packed": parcels > 0 and packed == parcels,
        "packing": packed > 0,
    }
    return next((word for word, is_so in words.items() if is_so), "waiting")
