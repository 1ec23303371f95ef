"""The live map: asked for every second or so by each screen, read again only when something in the database changed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.people.states import Role
from supplyhub.reports.map_figures import building_counts, due_requests, grid_counts, problem_doors
from supplyhub.reports.map_sheet import sheet_of
from supplyhub.web.pages.changes import snapshot

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from supplyhub.reports.map_figures import BuildingCounts, GridCounts, OpenRequest, ProblemDoor
    from supplyhub.reports.map_sheet import Sheet

# While orders come every moment a map is read this often, whoever asks; and what the clock alone changes, so often.
SHORTEST_SECONDS, LONGEST_SECONDS = 1.5, 30.0
DOORS_SHOWN, REQUESTS_SHOWN = 6, 5
SIGHTS_KEPT = 32


@dataclass(frozen=True, slots=True)
class MapSight:
    """A map's sheet and figures, with a tag that changes when either does. Buildings only where the sheet has them."""

    sheet: Sheet
    grids: list[GridCounts]
    buildings: list[BuildingCounts]
    doors: list[ProblemDoor]
    requests: list[OpenRequest]
    tag: str


@dataclass(frozen=True, slots=True)
class _Kept:
    sight: MapSight
    snapshot: str
    since: float


# What this process saw last, by community, cycle and grid. A lead's grid is a key of its own.
_kept: dict[tuple[int, int | None, int | None], _Kept] = {}


def look_at_map(asker: Asker, *, cycle_id: int | None, grid_id: int | None) -> MapSight:
    """Return the map of a community, or of one grid; that of before while no transaction has written since.

    The caller has found cycle and grid in the asker's reach; a lead's is the own grid's. Raises NotAllowedError.
    """
    grid = grid_id if asker.role == Role.COORDINATOR else asker.grid()
    key, seen = (asker.community_id, cycle_id, grid), snapshot()
    kept = _kept.get(key)
    if kept and seen and _is_fresh(kept, seen):
        return kept.sight
    sight = _read(asker, cycle_id, grid)
    if len(_kept) >= SIGHTS_KEPT:
        _kept.clear()
    _kept[key] = _Kept(sight, seen, time.monotonic())
    return sight


def forget() -> None:
    """Forget what was seen, as a process that has just begun."""
    _kept.clear()


def _is_fresh(kept: _Kept, seen: str) -> bool:
    age = time.monotonic() - kept.since
    return age < SHORTEST_SECONDS or (kept.snapshot == seen and age < LONGEST_SECONDS)


def _read(asker: Asker, cycle_id: int | None, grid: int | None) -> MapSight:
    sheet = sheet_of(asker.community_id, grid_id=grid)
    grids = grid_counts(asker, cycle_id=cycle_id, grid_id=grid)
    buildings = [] if sheet.crowded else building_counts(asker, cycle_id=cycle_id, grid_id=grid)
    doors = problem_doors(asker, cycle_id=cycle_id, grid_id=grid, limit=DOORS_SHOWN)
    requests = due_requests(asker, grid_id=grid, limit=REQUESTS_SHOWN)
    figures = repr((sheet.digest, grids, buildings, doors, requests))
    return MapSight(sheet, grids, buildings, doors, requests, hashlib.sha256(figures.encode()).hexdigest()[:20])
