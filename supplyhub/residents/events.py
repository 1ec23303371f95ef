"""Facts about the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RegisterChanged:
    """An import added, moved or took away buildings of these grids (ids): their routes must be planned anew."""

    import_id: int
    grids: list[int]
    topic: ClassVar[str] = "routes"
