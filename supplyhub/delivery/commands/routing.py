"""The designated routes of grids: planned over the streets, put in order by hand, each change a version of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from supplyhub import outbox
from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.events import RouteComputed
from supplyhub.delivery.grounds import grounds_of, newest_routes
from supplyhub.delivery.states import RoutePlanner
from supplyhub.delivery.walks import Walk, are_many, fit_in, measure_walk, plan_walk
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.queries import grid_numbered
from supplyhub.residents.undoing import drop_leftovers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplyhub.delivery.grounds import Ground, Newest
    from supplyhub.people.asker import Asker


class Planned(NamedTuple):
    """A walk to be written, how it came about, and who put it in order by hand, if anybody did."""

    walk: Walk
    planner: RoutePlanner
    made_by: int | None = None


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
        newest = newest_routes([grid_id]).get(grid_id)
        if newest is None or newest.version != version:
            raise ConflictError(
                "somebody else changed this route meanwhile", version=newest.version if newest else None
            )
        ground = grounds_of([grid_id])[grid_id]
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
        write_routes({grid_id: Planned(walk, RoutePlanner.MANUAL, asker.account_id)})
        return version + 1


def plan(grid_ids: Sequence[int], *, keep_manual: bool = True) -> list[int]:
    """Plan the routes of some grids in the caller's transaction; return those whose route changed.

    A route starts at the grid's delivery point, where that has a place, else at the westmost building. A grid without
    buildings has an empty route: those that moved away leave it, and what was ordered before they did still has one.
    One that was put in order by hand keeps that order; what is new in it comes where it lies best. For a shorter way
    through many buildings the worker looks afterwards.
    """
    rows("SELECT id FROM grid WHERE id = ANY (:grids) ORDER BY id FOR NO KEY UPDATE", grids=list(grid_ids))
    newest, grounds = newest_routes(grid_ids), grounds_of(grid_ids)
    planned = {
        grid_id: _planned(ground, newest.get(grid_id), keep_manual=keep_manual) for grid_id, ground in grounds.items()
    }
    changed = {
        grid_id: new
        for grid_id, new in planned.items()
        if grid_id not in newest or newest[grid_id].building_ids != new.walk.building_ids
    }
    write_routes(changed)
    outbox.record_all(
        RouteComputed(grid_id, newest[grid_id].version + 1 if grid_id in newest else 1)
        for grid_id, new in changed.items()
        if new.planner == RoutePlanner.COMPUTED and are_many(grounds[grid_id].houses)
    )
    return sorted(changed)


def _planned(ground: Ground, newest: Newest | None, *, keep_manual: bool) -> Planned:
    if newest is not None and newest.planner == RoutePlanner.MANUAL and keep_manual:
        kept = fit_in(newest.building_ids, ground.houses, ground.start, streets=ground.streets)
        return Planned(measure_walk(kept, ground.start, streets=ground.streets), RoutePlanner.MANUAL, newest.made_by)
    walk = plan_walk(ground.houses, ground.start, streets=ground.streets)
    if newest is not None and newest.planner == RoutePlanner.SOLVER:
        found = ground.walk_over(newest.building_ids)
        if found is not None and found.length_metres <= walk.length_metres:
            return Planned(found, RoutePlanner.SOLVER)
    return Planned(walk, RoutePlanner.COMPUTED)


def _own_grid(asker: Asker, number: int) -> int:
    grid_id = grid_numbered(asker.community_id, number)
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD} or not asker.sees_grid(grid_id):
        raise NotFoundError("there is no such grid", grid=number)
    return grid_id


def write_routes(planned: Mapping[int, Planned]) -> None:
    """Write the next version of some grids' routes, and their one order. The caller holds the grids' rows."""
    execute(
        """
        INSERT INTO route (grid_id, version, length_metres, planner, made_by)
        SELECT w.grid_id, coalesce((SELECT max(version) FROM route WHERE grid_id = w.grid_id), 0) + 1, w.length_metres,
               w.planner, w.made_by
        FROM unnest(CAST(:grids AS bigint[]), CAST(:lengths AS bigint[]), CAST(:planners AS text[]),
                    CAST(:makers AS bigint[])) AS w(grid_id, length_metres, planner, made_by)
        """,
        grids=list(planned),
        lengths=[new.walk.length_metres for new in planned.values()],
        planners=[new.planner for new in planned.values()],
        makers=[new.made_by for new in planned.values()],
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
