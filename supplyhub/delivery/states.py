"""States of a ticket and outcomes of a stop."""

from enum import StrEnum


class TicketState(StrEnum):
    """Where a delivery ticket stands: handed back when parcels of it came back, void when another took its place."""

    ISSUED = "issued"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    UNDER_WAY = "under_way"
    DONE = "done"
    HANDED_BACK = "handed_back"
    VOID = "void"


# Its parcels are in somebody's hands; it has come to its end.
WITH_VOLUNTEER = (TicketState.HANDED_OVER, TicketState.UNDER_WAY)
FINISHED = (TicketState.DONE, TicketState.HANDED_BACK)
OUT_SQL = "('handed_over', 'under_way', 'done', 'handed_back')"
FINISHED_SQL = "('done', 'handed_back')"


class VoidReason(StrEnum):
    """Why a ticket's place was taken by another."""

    REASSIGNED = "reassigned"
    CUT_AGAIN = "cut_again"
    LEVEL_CHANGED = "level_changed"


class RoutePlanner(StrEnum):
    """Who put a route's buildings in order."""

    COMPUTED = "computed"
    SOLVER = "solver"
    MANUAL = "manual"


class DeliveryMode(StrEnum):
    """How a parcel reaches its household: to the door, at the building's entrance, at the delivery point."""

    DOOR = "door"
    ENTRANCE = "entrance"
    POINT = "point"


class CrateStep(StrEnum):
    """Where a packed crate passed on its way to a volunteer."""

    LEFT_DEPOT = "left_depot"
    REACHED_POINT = "reached_point"


class StopOutcome(StrEnum):
    """What happened at a door."""

    DELIVERED = "delivered"
    FAILED = "failed"


class EntryOutcome(StrEnum):
    """What an entry says of a door; undone: what an earlier entry said wasn't so."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNDONE = "undone"


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


class ScanRefusal(StrEnum):
    """Why a scanned ticket or badge was turned away."""

    WRONG_GRID = "wrong_grid"
    WRONG_POINT = "wrong_point"
    DEAD_BADGE = "dead_badge"
    NOT_THE_CLAIMANT = "not_the_claimant"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"
    FORGED = "forged"
    UNKNOWN = "unknown"


class ScanAnswer(StrEnum):
    """What became of a handover that a device made without signal."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    NOT_YET = "not_yet"


class InboxKind(StrEnum):
    """What a grid lead has to clear."""

    FAILED_DOOR = "failed_door"
    KEPT_BACK = "kept_back"
    ENTRY_CONFLICT = "entry_conflict"
    UNCLAIMED = "unclaimed"
    SILENT = "silent"
    NOT_ARRIVED = "not_arrived"
    LEVEL_CHANGED = "level_changed"


class EntryAnswer(StrEnum):
    """What became of an entry of a phone."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class EntryReason(StrEnum):
    """Why an entry of a phone was refused, or is a conflict.

    Refused: no such stop of this volunteer's, another grid's, before the handover, not the building's anchor, not in the
    parcel, about an entry that has not come yet. A conflict: the number, or the door, says otherwise already; too late to
    undo, after the hand-back or when the anchor passed it on; the ticket was taken over by somebody else.
    """

    UNKNOWN = "unknown"
    WRONG_GRID = "wrong_grid"
    NOT_HANDED_OVER = "not_handed_over"
    NO_SUCH_ANCHOR = "no_such_anchor"
    NOT_IN_PARCEL = "not_in_parcel"
    NOT_YET = "not_yet"
    SAID_OTHERWISE = "said_otherwise"
    STANDS_OTHERWISE = "stands_otherwise"
    TOO_LATE = "too_late"
    FINISHED = "finished"
    PASSED_ON = "passed_on"
    TAKEN_OVER = "taken_over"


TICKET_MOVES: dict[tuple[TicketState, str], TicketState] = {
    (TicketState.ISSUED, "claim"): TicketState.CLAIMED,
    (TicketState.CLAIMED, "release"): TicketState.ISSUED,
    (TicketState.CLAIMED, "hand_over"): TicketState.HANDED_OVER,
    (TicketState.ISSUED, "fetch"): TicketState.UNDER_WAY,
    (TicketState.UNDER_WAY, "fetch"): TicketState.UNDER_WAY,
    (TicketState.HANDED_OVER, "set_out"): TicketState.UNDER_WAY,
    (TicketState.UNDER_WAY, "set_out"): TicketState.UNDER_WAY,
    (TicketState.HANDED_OVER, "finish"): TicketState.DONE,
    (TicketState.UNDER_WAY, "finish"): TicketState.DONE,
    (TicketState.HANDED_OVER, "hand_back"): TicketState.HANDED_BACK,
    (TicketState.UNDER_WAY, "hand_back"): TicketState.HANDED_BACK,
    (TicketState.ISSUED, "void"): TicketState.VOID,
    (TicketState.CLAIMED, "void"): TicketState.VOID,
    (TicketState.HANDED_OVER, "void"): TicketState.VOID,
    (TicketState.UNDER_WAY, "void"): TicketState.VOID,
}
