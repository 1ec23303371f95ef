"""Planning the designated routes of grids from where their buildings stand."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.rules import House, Walk, plan_walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row


def plan_route(grid_id: int) -> bool:
    """Plan a grid's designated route anew and tell whether it changed; then it is a new version."""
    with transaction():
        return bool(plan([grid_id]))


def plan_routes(community_id: int) -> int:
    """Plan the routes of all grids of a community, after buildings came or moved; return how many changed."""
    with transaction():
        grids = rows("SELECT id FROM grid WHERE community_id = :community ORDER BY id", community=community_id)
        return len(plan([grid.id for grid in grids]))


def plan_changed_routes(import_id: int, grids: Sequence[int]) -> None:  # noqa: ARG001  (the event's field)
    """Plan the routes of the grids whose buildings an import changed. Runs in the worker's transaction, safe to repeat."""
    plan(grids)


def plan(grid_ids: Sequence[int]) -> list[int]:
    """Plan the routes of some grids in the caller's transaction; return those whose route changed.

    A route starts at the grid's delivery point, where that has a place, else at the westmost building. A grid without
    buildings has an empty route: those that moved away leave it, and what was ordered before they did still has one.
    """
    locked = rows("SELECT id FROM grid WHERE id = ANY (:grids) ORDER BY id FOR NO KEY UPDATE", grids=list(grid_ids))
    houses = rows(
        """
        SELECT b.id, b.number, b.name, b.longitude, b.latitude, b.grid_id, d.longitude AS start_longitude,
               d.latitude AS start_latitude
        FROM building AS b JOIN grid AS g ON g.id = b.grid_id
        LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
        WHERE b.grid_id = ANY (:grids) ORDER BY b.grid_id, b.id
        """,
        grids=list(grid_ids),
    )
    walks = {grid.id: Walk((), 0) for grid in locked}
    walks |= {grid_id: _walk(list(group)) for grid_id, group in groupby(houses, key=lambda house: house.grid_id)}
    walked = _walked_now(grid_ids)
    changed = {grid_id: walk for grid_id, walk in walks.items() if walked.get(grid_id) != list(walk.building_ids)}
    _write(changed)
    return sorted(changed)


def _walk(houses: list[Row[Any]]) -> Walk:
    longitude, latitude = houses[0].start_longitude, houses[0].start_latitude
    start = (longitude, latitude) if longitude is not None and latitude is not None else None
    return plan_walk(
        [House(house.id, house.number, house.name, house.longitude, house.latitude) for house in houses], start
    )


def _walked_now(grid_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the buildings of each grid's newest route, in order."""
    routes = rows(
        """
        SELECT r.grid_id, array_remove(array_agg(b.building_id ORDER BY b.position), NULL) AS buildings
        FROM route AS r LEFT JOIN route_building AS b ON b.route_id = r.id
        WHERE r.grid_id = ANY (:grids)
          AND NOT EXISTS (SELECT FROM route AS newer WHERE newer.grid_id = r.grid_id AND newer.version > r.version)
        GROUP BY r.grid_id
        """,
        grids=list(grid_ids),
    )
    return {route.grid_id: route.buildings for route in routes}


def _write(walks: dict[int, Walk]) -> None:
    execute(
        """
        INSERT INTO route (grid_id, version, length_metres)
        SELECT w.grid_id, coalesce((SELECT max(version) FROM route WHERE grid_id = w.grid_id), 0) + 1, w.length_metres
        FROM unnest(CAST(:grids AS bigint[]), CAST(:lengths AS bigint[])) AS w(grid_id, length_metres)
        """,
        grids=list(walks),
        lengths=[walk.length_metres for walk in walks.values()],
    )
    places = [
        (grid_id, building_id, position)
        for grid_id, walk in walks.items()
        for position, building_id in enumerate(walk.building_ids, start=1)
    ]
    execute(
        """
        WITH place AS (
            SELECT * FROM unnest(CAST(:grids AS bigint[]), CAST(:buildings AS bigint[]), CAST(:positions AS bigint[]))
                AS p(grid_id, building_id, position)
        ), newest AS (
            SELECT grid_id, max(id) AS route_id FROM route WHERE grid_id = ANY (:grids) GROUP BY grid_id
        ), walked AS (
            INSERT INTO route_building (route_id, building_id, grid_id, position)
            SELECT n.route_id, p.building_id, grid_id, p.position FROM place AS p JOIN newest AS n USING (grid_id)
        )
        UPDATE building AS b SET route_position = p.position
        FROM place AS p WHERE b.id = p.building_id AND b.route_position <> p.position
        """,
        grids=[grid_id for grid_id, _, _ in places],
        buildings=[building_id for _, building_id, _ in places],
        positions=[position for _, _, position in places],
    )
