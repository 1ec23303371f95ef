"""What happened on the last metre that others act upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class InboxOpened:
    """These items are new in the leads' inbox."""

    topic: ClassVar[str] = "inbox_opened"
    items: list[int]


@dataclass(frozen=True, slots=True)
class RouteComputed:
    """This version of a grid's route leads over many buildings: a solver may find a shorter one."""

    topic: ClassVar[str] = "route_computed"
    grid_id: int
    version: int
