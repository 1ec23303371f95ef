"""When which building's people come to its entrance (分批次、分时段、分楼栋). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Somebody calls the door number, hands over a bag or two, and the next one steps forward a metre behind.
SECONDS_A_PARCEL = 75
STEP = timedelta(minutes=5)
SHORTEST = timedelta(minutes=10)


class Crowd(NamedTuple):
    """The parcels of a ticket for one building, in walking order of the buildings."""

    ticket_id: int
    building_id: int
    parcels: int


class Turn(NamedTuple):
    """A building's time, on the ticket that comes there first."""

    building_id: int
    starts_at: datetime
    ends_at: datetime
    parcels: int


def turns(crowds: Iterable[Crowd], start: datetime) -> list[Turn]:
    """Return one time a building: tickets go beside each other, the buildings of one after each other.

    Each has as long as its parcels take, in steps of five minutes. A building that two tickets share has its time with the
    one named first, long enough for both.
    """
    parcels: dict[int, int] = {}
    first: dict[int, int] = {}
    for crowd in crowds:
        parcels[crowd.building_id] = parcels.get(crowd.building_id, 0) + crowd.parcels
        first.setdefault(crowd.building_id, crowd.ticket_id)
    at: dict[int, datetime] = {}
    found = []
    for building_id, ticket_id in first.items():
        begin = at.get(ticket_id, start)
        end = begin + _length(parcels[building_id])
        at[ticket_id] = end
        found.append(Turn(building_id, begin, end, parcels[building_id]))
    return found


def next_step(moment: datetime) -> datetime:
    """Return the next full step of five minutes, the moment itself when it is one."""
    over = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not over else moment - over + STEP


def _length(parcels: int) -> timedelta:
    needed = timedelta(seconds=parcels * SECONDS_A_PARCEL)
    steps = -(-needed // STEP)
    return max(SHORTEST, steps * STEP)
