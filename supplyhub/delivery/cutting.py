"""A batch cut into tickets that one tricycle takes, and these into crates that one person lifts: data in, data out."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What stands in a crate.
CRATE_PARCELS = 6
CRATE_WEIGHT_GRAMS = 20_000


class Load(NamedTuple):
    """A parcel on its way to a building; `fragile`: something in it breaks; `heavy`: it is carried up by itself."""

    parcel_id: int
    order_id: int
    building_id: int
    weight_grams: int
    fragile: bool = False
    heavy: bool = False


class Room(NamedTuple):
    """What a tricycle takes, or has: stops, their weight, and how many of them are heavy."""

    stops: int
    weight_grams: int
    heavy: int


TRICYCLE = Room(stops=15, weight_grams=60_000, heavy=3)


def cut(loads: Iterable[Load], limit: Room = TRICYCLE) -> list[list[Load]]:
    """Cut parcels in walking order into tickets within a limit; one stop a parcel.

    A building that would be split moves whole to the next ticket, when it fits there and the one before it is at least
    half full. A parcel that is too heavy for any ticket gets one of its own.
    """
    tickets: list[list[Load]] = [[]]
    stops = grams = heavy = 0
    for _, group in groupby(loads, key=itemgetter(2)):
        building = list(group)
        whole = Room(len(building), sum(load[3] for load in building), sum(load[5] for load in building))
        fits = _fits(limit, stops + whole[0], grams + whole[1], heavy + whole[2])
        if fits or (_fits(limit, *whole) and not _fits(limit, 2 * stops + 1, 2 * grams + 1, 2 * heavy + 1)):
            if not fits:
                tickets.append([])
                stops = grams = heavy = 0
            tickets[-1] += building
            stops, grams, heavy = stops + whole[0], grams + whole[1], heavy + whole[2]
            continue
        for load in building:
            stops, grams, heavy = stops + 1, grams + load[3], heavy + load[5]
            if stops > 1 and not _fits(limit, stops, grams, heavy):
                tickets.append([])
                stops, grams, heavy = 1, load[3], int(load[5])
            tickets[-1].append(load)
    return [ticket for ticket in tickets if ticket]


def _fits(limit: Room, stops: int, grams: int, heavy: int) -> bool:
    return stops <= limit[0] and grams <= limit[1] and heavy <= limit[2]


def crates_of(ticket: Sequence[Load]) -> list[tuple[int, int]]:
    """Return the crates of a ticket as first and last position of its stops, counted from 1, in walking order.

    A parcel that is too heavy for any crate gets one of its own, and nothing that breaks is in a crate with a heavy one.
    """
    crates: list[tuple[int, int]] = []
    first, grams, fragile, heavy = 1, 0, False, False
    for position, load in enumerate(ticket, start=1):
        weight, breaks, lift = load[3], load[4], load[5]
        full = position - first == CRATE_PARCELS or grams + weight > CRATE_WEIGHT_GRAMS
        if position > first and (full or ((fragile or breaks) and (heavy or lift))):
            crates.append((first, position - 1))
            first, grams, fragile, heavy = position, 0, False, False
        grams, fragile, heavy = grams + weight, fragile or breaks, heavy or lift
    return [*crates, (first, len(ticket))] if ticket else []
