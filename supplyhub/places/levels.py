"""Which zone level (封控、管控、防范、正常) holds in a grid now: the one place that knows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from supplyhub.db import rows
from supplyhub.places.states import ZoneLevel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# A lateral join that adds the level that holds in a grid as z: level, valid_from (since when), note; all NULL where none
# was ever set. `grid` is the SQL of the grid's id. What begins at the same moment: what was said last.
HOLDS = """
    LEFT JOIN LATERAL (
        SELECT level, valid_from, note FROM grid_zone_level WHERE grid_id = {grid} AND valid_from <= clock_timestamp()
        ORDER BY valid_from DESC, id DESC LIMIT 1
    ) AS z ON true
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A level that holds, or will, from a moment on, and what its people are told about it."""

    id: int
    level: ZoneLevel
    since: datetime
    note: str


def coming_steps(grid_ids: Sequence[int]) -> dict[int, list[Step]]:
    """Return the planned changes of some grids, in the order of time; a grid without any is left out."""
    found = rows(
        """
        SELECT grid_id, id, level, valid_from, note FROM grid_zone_level
        WHERE grid_id = ANY (:grids) AND valid_from > clock_timestamp() ORDER BY grid_id, valid_from, id
        """,
        grids=list(grid_ids),
    )
    return {
        grid: [Step(each.id, ZoneLevel(each.level), each.valid_from, each.note) for each in steps]
        for grid, steps in groupby(found, key=attrgetter("grid_id"))
    }


def steps_of(grid_id: int) -> list[Step]:
    """Return the level that holds now in a grid, if one was ever set, and those to come, in the order of time."""
    now = rows(
        """
        SELECT id, level, valid_from, note FROM grid_zone_level
        WHERE grid_id = :grid AND valid_from <= clock_timestamp() ORDER BY valid_from DESC, id DESC LIMIT 1
        """,
        grid=grid_id,
    )
    held = [Step(each.id, ZoneLevel(each.level), each.valid_from, each.note) for each in now]
    return held + coming_steps([grid_id]).get(grid_id, [])


def level_of(grid_id: int) -> ZoneLevel | None:
    """Return the level that holds now in a grid; None where none was ever set."""
    return levels_of([grid_id])[grid_id]


def levels_of(grid_ids: Sequence[int]) -> dict[int, ZoneLevel | None]:
    """Return the level that holds now in each of some grids; None where none was ever set."""
    return _held(
        f"SELECT g.id, z.level FROM unnest(CAST(:grids AS bigint[])) AS g(id) {HOLDS.format(grid='g.id')}",
        grids=list(grid_ids),
    )


def levels_in(community_id: int) -> dict[int, ZoneLevel | None]:
    """Return the level that holds now in each grid of a community, by the grid's id in the order of their numbers."""
    return _held(
        f"SELECT g.id, z.level FROM grid AS g {HOLDS.format(grid='g.id')} WHERE g.community_id = :community ORDER BY g.number",
        community=community_id,
    )


def _held(sql: str, **parameters: object) -> dict[int, ZoneLevel | None]:
    return {grid.id: ZoneLevel(grid.level) if grid.level else None for grid in rows(sql, **parameters)}
