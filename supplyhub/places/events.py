"""What happened to places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """A grid's zone level is another one now."""

    topic: ClassVar[str] = "levels"
    grid_id: int
