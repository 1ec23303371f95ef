"""What a grid's route leads over, and the one that is walked: what planning one begins with."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from supplyhub.db import rows
from supplyhub.delivery.states import RoutePlanner
from supplyhub.delivery.street_net import lines_of
from supplyhub.delivery.walks import House, measure_walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.delivery.street_net import Point
    from supplyhub.delivery.walks import Walk


class Ground(NamedTuple):
    """What a grid's route leads over."""

    houses: tuple[House, ...]
    start: Point | None
    streets: tuple[tuple[Point, ...], ...]

    def walk_over(self, building_ids: Sequence[int]) -> Walk | None:
        """Return the walk in this order, as long as it is on this ground; None unless it names each building once."""
        houses = {house.id: house for house in self.houses}
        if sorted(building_ids) != sorted(houses):
            return None
        return measure_walk([houses[each] for each in building_ids], self.start, streets=self.streets)


class Newest(NamedTuple):
    """A grid's newest route."""

    version: int
    building_ids: tuple[int, ...]
    planner: RoutePlanner
    made_by: int | None


def grounds_of(grid_ids: Sequence[int]) -> dict[int, Ground]:
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


def newest_routes(grid_ids: Sequence[int]) -> dict[int, Newest]:
    """Return each grid's newest route with its buildings in order."""
    routes = rows(
        """
        SELECT r.grid_id, r.version, r.planner, r.made_by,
               array_remove(array_agg(b.building_id ORDER BY b.position), NULL) AS buildings
        FROM route AS r LEFT JOIN route_building AS b ON b.route_id = r.id
        WHERE r.grid_id = ANY (:grids)
          AND NOT EXISTS (SELECT FROM route AS newer WHERE newer.grid_id = r.grid_id AND newer.version > r.version)
        GROUP BY r.id
        """,
        grids=list(grid_ids),
    )
    return {
        route.grid_id: Newest(route.version, tuple(route.buildings), RoutePlanner(route.planner), route.made_by)
        for route in routes
    }
