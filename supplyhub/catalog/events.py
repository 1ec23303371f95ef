"""What happened in the catalog that others act upon."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MenusClosed:
    """Every menu of a cycle is closed: orders are final."""

    topic: ClassVar[str] = "cut_off"
    cycle_id: int


@dataclass(frozen=True, slots=True)
class MenuOpened:
    """A published menu takes orders from now on."""

    topic: ClassVar[str] = "menu_opened"
    menu_id: int


@dataclass(frozen=True, slots=True)
class CutOffNears:
    """A menu takes orders for another hour."""

    topic: ClassVar[str] = "cut_off_nears"
    menu_id: int


@dataclass(frozen=True, slots=True)
class ItemWithdrawn:
    """An item was taken off a menu after so many orders had it."""

    topic: ClassVar[str] = "item_withdrawn"
    item_id: int
    orders: int


@dataclass(frozen=True, slots=True)
class DrawDue:
    """A menu in draw mode took its last ask: what was asked for can be drawn."""

    topic: ClassVar[str] = "draw"
    menu_id: int


@dataclass(frozen=True, slots=True)
class NamesChanged:
    """Products came or got other names: how they sound isn't noted yet."""

    community_id: int
    topic: ClassVar[str] = "names"
