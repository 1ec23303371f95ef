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


@dataclass(frozen=True, slots=True)
class RegisterUndone:
    """An import was taken back. Of these grids (ids) the routes led over what it brought: that goes when they have gone."""

    import_id: int
    grids: list[int]
    topic: ClassVar[str] = "register_undone"


@dataclass(frozen=True, slots=True)
class RegisterJobAsked:
    """Files of the register are to be tried, or loaded."""

    job_id: int
    topic: ClassVar[str] = "register_job"
