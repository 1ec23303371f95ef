"""What the two batches of a cycle, at the cut-off and after receiving, have in common."""

from __future__ import annotations

from supplyhub.db import row
from supplyhub.errors import NotFoundError

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
