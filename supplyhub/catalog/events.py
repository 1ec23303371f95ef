"""What happened in the catalog that others act upon."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MenusClosed:
    """Every menu of a cycle is closed: orders are final."""

    topic: ClassVar[str] = "cut_off"
    cycle_id: int


@dataclass(frozen=True, slots=True)
class DrawDue:
    """A menu in draw mode took its last ask: what was asked for can be drawn."""

    topic: ClassVar[str] = "draw"
    menu_id: int
