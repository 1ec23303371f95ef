"""A cycle's grids in parts: what is done grid by grid is done part by part, each in a transaction of its own."""

from __future__ import annotations

from typing import NamedTuple

from supplyhub.db import execute, rows

# So many grids are a part: of a city there are enough of them for several connections, and little is lost with one.
GRIDS_A_PART = 20
# Rows of a part are looked up; else each part would read a city's whole tables, some of which were empty a moment ago when
# the planner last looked.
BY_INDEX = "SELECT set_config('random_page_cost', '1.1', true), set_config('enable_seqscan', 'off', true)"


class Part(NamedTuple):
    """The grids of a cycle from one id to another. By default: all of them."""

    first_grid: int = 0
    last_grid: int = 2**63 - 1


def parts_of(cycle_id: int) -> list[Part]:
    """Return the parts of a cycle whose menus are closed, one at least; the same ones whenever it is asked."""
    found = rows(
        """
        SELECT min(grid_id) AS first_grid, max(grid_id) AS last_grid
        FROM (SELECT grid_id, (row_number() OVER (ORDER BY grid_id) - 1) / :size AS part FROM menu WHERE cycle_id = :cycle) AS m
        GROUP BY part ORDER BY part
        """,
        cycle=cycle_id,
        size=GRIDS_A_PART,
    )
    return [Part(part.first_grid, part.last_grid) for part in found] or [Part()]


def lock_part(cycle_id: int, part: Part) -> None:
    """Let nobody else work at these grids of a cycle until the end of the transaction: their menus are locked."""
    execute(BY_INDEX)
    rows(
        "SELECT id FROM menu WHERE cycle_id = :cycle AND grid_id BETWEEN :first_grid AND :last_grid"
        " ORDER BY id FOR NO KEY UPDATE",
        cycle=cycle_id,
        **part._asdict(),
    )
