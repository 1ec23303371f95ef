"""What the two batches of a cycle, at the cut-off and after receiving, have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.catalog.parts import parts_of
from supplyhub.db import row
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.outbox import Event

# Sorting and joining a city's lines is done in the database's memory, not on its disk.
WORK_MEMORY = "SET LOCAL work_mem = '128MB'"


def seed_of(cycle_id: int) -> str:
    """Return the seed of a cycle's ties. Raises NotFoundError.

    Known to everybody and the same in every run: a draw that nobody can repeat until it suits.
    """
    cycle = row("SELECT number, delivery_on FROM cycle WHERE id = :id", id=cycle_id)
    if cycle is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    return f"{cycle.delivery_on:%Y-%m-%d}/{cycle.number}"


def in_parts(cycle_id: int, event: Callable[[int, int, int], Event], do: Callable[[int, int, int], None]) -> None:
    """Let each part of a cycle's grids have an event, which does it. What is one part is done here and now.

    Both take the cycle and the part's first and last grid.
    """
    parts = parts_of(cycle_id)
    for part in parts:
        if len(parts) == 1:
            do(cycle_id, *part)
        else:
            outbox.record(event(cycle_id, *part))
