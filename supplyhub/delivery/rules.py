"""Tickets and entries decided: data in, data out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from supplyhub.delivery.states import EntryAnswer, Problem, StopOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

MAX_STOPS = 15
MAX_WEIGHT_GRAMS = 60_000
# What one person lifts, and what stands in a crate.
CRATE_PARCELS = 6
CRATE_WEIGHT_GRAMS = 20_000


class Load(NamedTuple):
    """A parcel on its way to a building."""

    parcel_id: int
    order_id: int
    building_id: int
    weight_grams: int


def cut(
    loads: Iterable[Load], *, max_stops: int = MAX_STOPS, max_weight_grams: int = MAX_WEIGHT_GRAMS
) -> list[list[Load]]:
    """Cut parcels in walking order into tickets that one tricycle takes; one stop a parcel.

    A building that would be split moves whole to the next ticket, when it fits there and the one before it is at least
    half full. A parcel that is too heavy for any ticket gets one of its own.
    """

    tickets: list[list[Load]] = [[]]
    grams = 0
    for _, group in groupby(loads, key=lambda load: load.building_id):
        building = list(group)
        weight, taken = sum(load.weight_grams for load in building), len(tickets[-1])
        fits = taken + len(building) <= max_stops and grams + weight <= max_weight_grams
        fits_alone = len(building) <= max_stops and weight <= max_weight_grams
        half_full = 2 * taken >= max_stops or 2 * grams >= max_weight_grams
        if not fits and fits_alone and half_full:
            tickets.append([])
            grams = 0
        for load in building:
            if tickets[-1] and (len(tickets[-1]) == max_stops or grams + load.weight_grams > max_weight_grams):
                tickets.append([])
                grams = 0
            tickets[-1].append(load)
            grams += load.weight_grams
    return [ticket for ticket in tickets if ticket]


def crates_of(ticket: Sequence[Load]) -> list[tuple[int, int]]:
    """Return the crates of a ticket as first and last position of its stops, counted from 1, in walking order.

    A parcel that is too heavy for any crate gets one of its own.
    """
    crates: list[tuple[int, int]] = []
    grams = 0
    for position, load in enumerate(ticket, start=1):
        grams += load.weight_grams
        if crates and position - crates[-1][0] < CRATE_PARCELS and grams <= CRATE_WEIGHT_GRAMS:
            crates[-1] = (crates[-1][0], position)
        else:
            crates.append((position, position))
            grams = load.weight_grams
    return crates


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
