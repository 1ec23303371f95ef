"""What happened in the depot; the handlers are in the workers."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CycleCutOff:
    """The orders of a cycle are final, and it is settled who takes more to fill cases: what they are worth is booked."""

    topic: ClassVar[str] = "book_ordered"
    cycle_id: int


@dataclass(frozen=True, slots=True)
class ReceivingFinished:
    """What will come for the cycle stands on the shelf, and it is settled how it is shared out."""

    topic: ClassVar[str] = "share_out"
    cycle_id: int


@dataclass(frozen=True, slots=True)
class OrdersFinal:
    """A cycle was cut off: the orders of these grids get their numbers."""

    topic: ClassVar[str] = "order_numbers"
    cycle_id: int
    first_grid: int
    last_grid: int


@dataclass(frozen=True, slots=True)
class ShortageShared:
    """The products that are `short` are shared out: in these grids the other lines get what they ordered, all get parcels."""

    topic: ClassVar[str] = "parcels"
    cycle_id: int
    first_grid: int
    last_grid: int
    short: list[int]


@dataclass(frozen=True, slots=True)
class ParcelsPlanned:
    """These grids' goods are shared out: every order that gets something has a parcel with a place in its grid's route."""

    topic: ClassVar[str] = "tickets"
    cycle_id: int
    first_grid: int
    last_grid: int
