"""Roles of people and states of a badge."""

from enum import StrEnum


class Role(StrEnum):
    """The five actors."""

    RESIDENT = "resident"
    GRID_LEAD = "grid_lead"
    DEPOT = "depot"
    VOLUNTEER = "volunteer"
    COORDINATOR = "coordinator"


class BadgeState(StrEnum):
    """A badge is live, or was revoked for good; its number is never used again."""

    LIVE = "live"
    REVOKED = "revoked"


BADGE_MOVES: dict[tuple[BadgeState, str], BadgeState] = {
    (BadgeState.LIVE, "revoke"): BadgeState.REVOKED,
}
