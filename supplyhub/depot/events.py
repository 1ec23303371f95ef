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
class ParcelsPlanned:
    """The goods are shared out: every order that gets something has a parcel with a place in its grid's route."""

    topic: ClassVar[str] = "tickets"
    cycle_id: int
