"""States of a ticket and outcomes of a stop."""

from enum import StrEnum


class TicketState(StrEnum):
    """Where a delivery ticket stands."""

    ISSUED = "issued"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    DONE = "done"


class CrateStep(StrEnum):
    """Where a packed crate passed on its way to a volunteer."""

    LEFT_DEPOT = "left_depot"
    REACHED_POINT = "reached_point"


class StopOutcome(StrEnum):
    """What happened at a door."""

    DELIVERED = "delivered"
    FAILED = "failed"


class Problem(StrEnum):
    """Why a parcel could not be left."""

    NOBODY_HOME = "nobody_home"
    WRONG_DOOR = "wrong_door"
    REFUSED = "refused"
    DAMAGED = "damaged"
    OTHER = "other"


class RefusedMove(StrEnum):
    """At which move a badge was turned away from a ticket of another grid."""

    CLAIM = "claim"
    HAND_OVER = "hand_over"
    DELIVER = "deliver"


class EntryAnswer(StrEnum):
    """What became of an entry of a phone."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


TICKET_MOVES: dict[tuple[TicketState, str], TicketState] = {
    (TicketState.ISSUED, "claim"): TicketState.CLAIMED,
    (TicketState.CLAIMED, "release"): TicketState.ISSUED,
    (TicketState.CLAIMED, "hand_over"): TicketState.HANDED_OVER,
    (TicketState.HANDED_OVER, "finish"): TicketState.DONE,
}
