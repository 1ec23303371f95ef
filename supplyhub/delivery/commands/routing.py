"""The designated routes of grids: planned over the streets, put in order by hand, each change a version of its own."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.states import RoutePlanner
from supplyhub.delivery.street_net import lines_of
from supplyhub.delivery.walks import House, Walk, fit_in, measure_walk, plan_walk
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.queries import grid_numbered
from supplyhub.residents.undoing import drop_leftovers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.delivery.street_net import Point
    from supplyhub.people.asker import Asker


class Ground(NamedTuple):
    """What a grid's route leads over."""

    houses: tuple[House, ...]
    start: Point | None
    streets: tuple[tuple[Point, ...], ...]


class Newest(NamedTuple):
    """A grid's newest route."""

    version: int
    building_ids: tuple[int, ...]
    made_by: int | None


class Planned(NamedTuple):
    """A walk to be written, and who put it in order by hand, if anybody did."""

    walk: Walk
    made_by: int | None


def plan_route(grid_id: int) -> bool:
    """Plan a grid's designated route anew, whoever made the last one, and tell whether it changed: a new version."""
    with transaction():
        return bool(plan([grid_id], keep_manual=False))


def plan_routes(community_id: int) -> int:
    """Plan the routes of all grids of a community, after buildings came or moved; return how many changed."""
    with transaction():
        grids = rows("SELECT id FROM grid WHERE community_id = :community ORDER BY id", community=community_id)
        return len(plan([grid.id for grid in grids]))


def plan_changed_routes(import_id: int, grids: Sequence[int]) -> None:  # noqa: ARG001  (the event's field)
    """Plan the routes of the grids whose buildings an import changed. Runs in the worker's transaction, safe to repeat."""
    plan(grids)


def plan_undone_routes(import_id: int, grids: Sequence[int]) -> None:
    """Plan routes after an import was taken back, and forget those that nobody walked. Runs in the worker's transaction.

    They led over buildings of the import, which kept these from being removed. Safe to repeat.
    """
    plan(grids)
    unwalked = rows(
        """
        SELECT r.id FROM route AS r JOIN register_import AS i ON i.id = :import AND r.created_at >= i.imported_at
        WHERE r.grid_id = ANY (:grids) AND NOT EXISTS (SELECT FROM ticket AS t WHERE t.route_id = r.id)
          AND (EXISTS (SELECT FROM route AS newer WHERE newer.grid_id = r.grid_id AND newer.version > r.version)
               OR NOT EXISTS (SELECT FROM route_building AS b WHERE b.route_id = r.id))
        """,
        grids=list(grids),
        **{"import": import_id},
    )
    routes = [route.id for route in unwalked]
    execute("DELETE FROM route_building WHERE route_id = ANY (:routes)", routes=routes)
    execute("DELETE FROM route WHERE id = ANY (:routes)", routes=routes)
    drop_leftovers(import_id)


def compute_route(asker: Asker, *, grid: int) -> bool:
    """Have a grid's route (by number) computed anew and tell whether it changed. For its lead and coordinators."""
    with transaction():
        return bool(plan([_own_grid(asker, grid)], keep_manual=False))


def arrange_route(asker: Asker, *, grid: int, building_ids: Sequence[int], version: int) -> int:
    """Put a grid's route (by number) in an order by hand; return its new version, or the same when nothing changed.

    `version`: what the order was made from. For the grid's lead and coordinators. Raises ConflictError when the route
    was changed meanwhile, InvalidError unless each building of the grid is named once.
    """
    with transaction():
        grid_id = _own_grid(asker, grid)
        rows("SELECT id FROM grid WHERE id = :grid FOR NO KEY UPDATE", grid=grid_id)
        newest = _newest([grid_id]).get(grid_id)
        if newest is None or newest.version != version:
            raise ConflictError(
                "somebody else changed this route meanwhile", version=newest.version if newest else None
            )
        ground = _grounds([grid_id])[grid_id]
        houses = {house.id: house for house in ground.houses}
        if sorted(building_ids) != sorted(houses):
            raise InvalidError(
                "a route names each building of its grid once",
                missing=sorted(houses.keys() - set(building_ids)),
                foreign=sorted(set(building_ids) - houses.keys()),
            )
        if newest.building_ids == tuple(building_ids):
            return version
        walk = measure_walk([houses[each] for each in building_ids], ground.start, streets=ground.streets)
        _write({grid_id: Planned(walk, asker.account_id)})
        return version + 1


def plan(grid_ids: Sequence[int], *, keep_manual: bool = True) -> list[int]:
    """Plan the routes of some grids in the caller's transaction; return those whose route changed.

    A route starts at the grid's delivery point, where that has a place, else at the westmost building. A grid without
    buildings has an empty route: those that moved away leave it, and what was ordered before they did still has one.
    One that was put in order by hand keeps that order; what is new in it comes where it lies best.
    """
    rows("SELECT id FROM grid WHERE id = ANY (:grids) ORDER BY id FOR NO KEY UPDATE", grids=list(grid_ids))
    newest = _newest(grid_ids)
    planned = {
        grid_id: _planned(ground, newest.get(grid_id) if keep_manual else None)
        for grid_id, ground in _grounds(grid_ids).items()
    }
    changed = {
        grid_id: new
        for grid_id, new in planned.items()
        if grid_id not in newest or newest[grid_id].building_ids != new.walk.building_ids
    }
    _write(changed)
    return sorted(changed)


def _planned(ground: Ground, newest: Newest | None) -> Planned:
    if newest is None or newest.made_by is None:
        return Planned(plan_walk(ground.houses, ground.start, streets=ground.streets), None)
    kept = fit_in(newest.building_ids, ground.houses, ground.start, streets=ground.streets)
    return Planned(measure_walk(kept, ground.start, streets=ground.streets), newest.made_by)


def _own_grid(asker: Asker, number: int) -> int:
    grid_id = grid_numbered(asker.community_id, number)
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD} or not asker.sees_grid(grid_id):
        raise NotFoundError("there is no such grid", grid=number)
    return grid_id


def _grounds(grid_ids: Sequence[int]) -> dict[int, Ground]:
    """Return what the routes of some grids lead over: their buildings, where they start, their community's streets."""
    grids = rows(
        """
        SELECT g.id, g.community_id, d.longitude, d.latitude FROM grid AS g
        LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id WHERE g.id = ANY (:grids) ORDER BY g.id
        """,
        grids=list(grid_ids),
    )
    found = rows(
        "SELECT id, number, name, longitude, latitude, grid_id FROM building WHERE grid_id = ANY (:grids)"
        " ORDER BY grid_id, id",
        grids=list(grid_ids),
    )
    houses = {
        grid_id: tuple(House(house.id, house.number, house.name, house.longitude, house.latitude) for house in group)
        for grid_id, group in groupby(found, key=lambda house: house.grid_id)
    }
    streets = _streets({grid.community_id for grid in grids})
    return {
        grid.id: Ground(houses.get(grid.id, ()), _start(grid), streets.get(grid.community_id, ())) for grid in grids
    }


def _streets(community_ids: set[int]) -> Mapping[int, tuple[tuple[Point, ...], ...]]:
    found = rows(
        "SELECT community_id, line FROM street WHERE community_id = ANY (:communities) ORDER BY community_id, name",
        communities=sorted(community_ids),
    )
    return {
        community_id: tuple(tuple(line) for street in group for line in lines_of(street.line))
        for community_id, group in groupby(found, key=lambda street: street.community_id)
    }


def _start(grid: Row[Any]) -> Point | None:
    if grid.longitude is None or grid.latitude is None:
        return None
    return grid.longitude, grid.latitude


def _newest(grid_ids: Sequence[int]) -> dict[int, Newest]:
    """Return each grid's newest route with its buildings in order."""
    routes = rows(
        """
        SELECT r.grid_id, r.version, r.made_by,
               array_remove(array_agg(b.building_id ORDER BY b.position), NULL) AS buildings
        FROM route AS r LEFT JOIN route_building AS b ON b.route_id = r.id
        WHERE r.grid_id = ANY (:grids)
          AND NOT EXISTS (SELECT FROM route AS newer WHERE newer.grid_id = r.grid_id AND newer.version > r.version)
        GROUP BY r.id
        """,
        grids=list(grid_ids),
    )
    return {route.grid_id: Newest(route.version, tuple(route.buildings), route.made_by) for route in routes}


def _write(planned: dict[int, Planned]) -> None:
    execute(
        """
        INSERT INTO route (grid_id, version, length_metres, planner, made_by)
        SELECT w.grid_id, coalesce((SELECT max(version) FROM route WHERE grid_id = w.grid_id), 0) + 1, w.length_metres,
               CASE WHEN w.made_by IS NULL THEN :computed ELSE :manual END, w.made_by
        FROM unnest(CAST(:grids AS bigint[]), CAST(:lengths AS bigint[]), CAST(:makers AS bigint[]))
            AS w(grid_id, length_metres, made_by)
        """,
        grids=list(planned),
        lengths=[new.walk.length_metres for new in planned.values()],
        makers=[new.made_by for new in planned.values()],
        computed=RoutePlanner.COMPUTED,
        manual=RoutePlanner.MANUAL,
    )
    places = [
        (grid_id, building_id, position)
        for grid_id, new in planned.items()
        for position, building_id in enumerate(new.walk.building_ids, start=1)
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
