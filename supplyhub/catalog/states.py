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


class Way(StrEnum):
    """How the orders of a menu may be paid."""

    ONLINE = "online"
    ON_DELIVERY = "on_delivery"


class MenuMode(StrEnum):
    """How a menu's goods find their households: first come, or shared out by a draw after the cut-off (公平摇号)."""

    FIRST_COME = "first_come"
    DRAW = "draw"


class Edit(StrEnum):
    """What was changed about an item after its menu opened; everybody may read it."""

    PRICE = "price"
    OFFERED = "offered"
    CAP = "cap"
    LATE = "late"
    WITHDRAWN = "withdrawn"


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
