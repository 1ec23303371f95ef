"""A solver looks for a shorter way through many buildings, after our own heuristic: the shorter one is walked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from supplyhub.db import rows, transaction
from supplyhub.delivery.commands.routing import Planned, write_routes
from supplyhub.delivery.grounds import grounds_of, newest_routes
from supplyhub.delivery.states import RoutePlanner
from supplyhub.delivery.walks import are_many, plan_walk
from supplyhub.outside.errors import SolverFailedError

if TYPE_CHECKING:
    from supplyhub.delivery.grounds import Ground
    from supplyhub.delivery.walks import Walk
    from supplyhub.outside.ports import RouteSolver

log = structlog.get_logger(__name__)


def shorten_route(grid_id: int, version: int, *, solver: RouteSolver | None) -> bool:
    """Let a solver look for a shorter way than this version of a grid's route; tell whether it found one: a new version.

    Nothing is written when the route was changed meanwhile, when its buildings were, without a solver, or when that
    fails: then the route stays as it is. Safe to repeat. Must not be called inside a transaction: looking takes seconds.
    """
    with transaction():
        ground = _ground(grid_id, version)
    if ground is None or solver is None or not are_many(ground.houses):
        return False
    try:
        walk = plan_walk(ground.houses, ground.start, streets=ground.streets, solve=solver.short_path)
    except SolverFailedError as failed:
        log.warning("no_shorter_route", grid=grid_id, version=version, reason=failed.reason)
        return False
    with transaction():
        return _write_if_shorter(grid_id, version, ground, walk)


def _ground(grid_id: int, version: int) -> Ground | None:
    """Return what a computed version leads over; None when it isn't the newest any more."""
    newest = newest_routes([grid_id]).get(grid_id)
    if newest is None or newest.version != version or newest.planner != RoutePlanner.COMPUTED:
        return None
    return grounds_of([grid_id])[grid_id]


def _write_if_shorter(grid_id: int, version: int, ground: Ground, walk: Walk) -> bool:
    rows("SELECT id FROM grid WHERE id = :grid FOR NO KEY UPDATE", grid=grid_id)
    if _ground(grid_id, version) != ground:
        return False
    walked = ground.walk_over(newest_routes([grid_id])[grid_id].building_ids)
    if walked is None or walk.length_metres >= walked.length_metres:
        return False
    write_routes({grid_id: Planned(walk, RoutePlanner.SOLVER)})
    return True
