"""What messages wait for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MessageDue:
    """A message is to be sent to a chat group or a mail box."""

    topic: ClassVar[str] = "message"
    message_id: int


@dataclass(frozen=True, slots=True)
class LevelTold:
    """A grid's zone level began: its people are to be told, once its delivery is planned anew."""

    topic: ClassVar[str] = "level_told"
    grid_id: int


@dataclass(frozen=True, slots=True)
class SharedOut:
    """What came is shared out in these grids: they are to be told how many households get less."""

    topic: ClassVar[str] = "shared_out"
    cycle_id: int
    first_grid: int
    last_grid: int
