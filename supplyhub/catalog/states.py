"""States of a cycle and of a menu, and the moves between them."""

from enum import StrEnum


class CycleState(StrEnum):
    """Where a cycle (期) stands."""

    ORDERING = "ordering"
    PROCURING = "procuring"
    STAGING = "staging"
    CLOSED = "closed"


class MenuState(StrEnum):
    """Where a grid's menu stands; a draft isn't seen by residents."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


# cut_off: every menu is closed, orders are numbered, goods are bought. stage: goods are received and shared.
CYCLE_MOVES: dict[tuple[CycleState, str], CycleState] = {
    (CycleState.ORDERING, "cut_off"): CycleState.PROCURING,
    (CycleState.PROCURING, "stage"): CycleState.STAGING,
    (CycleState.STAGING, "close"): CycleState.CLOSED,
}

MENU_MOVES: dict[tuple[MenuState, str], MenuState] = {
    (MenuState.DRAFT, "publish"): MenuState.PUBLISHED,
    (MenuState.PUBLISHED, "close"): MenuState.CLOSED,
}
