"""What happened in the catalog that others act upon."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MenusClosed:
    """Every menu of a cycle is closed: orders are final."""

    topic: ClassVar[str] = "cut_off"
    cycle_id: int
