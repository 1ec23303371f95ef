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
    """A badge is live, suspended for a while, or was revoked for good; its number is never used again."""

    LIVE = "live"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class ApplicationState(StrEnum):
    """How far somebody is who wants to be a volunteer."""

    APPLIED = "applied"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class DutyTitle(StrEnum):
    """Who stands on a grid's duty card (责任牌)."""

    LEAD = "lead"
    LIAISON = "liaison"
    DOCTOR = "doctor"
    POLICE = "police"
    PROPERTY = "property"
    POWER = "power"


BADGE_MOVES: dict[tuple[BadgeState, str], BadgeState] = {
    (BadgeState.LIVE, "suspend"): BadgeState.SUSPENDED,
    (BadgeState.SUSPENDED, "resume"): BadgeState.LIVE,
    (BadgeState.LIVE, "revoke"): BadgeState.REVOKED,
    (BadgeState.SUSPENDED, "revoke"): BadgeState.REVOKED,
    # A lost card, another grid. What is suspended is looked into first.
    (BadgeState.LIVE, "replace"): BadgeState.REVOKED,
}
