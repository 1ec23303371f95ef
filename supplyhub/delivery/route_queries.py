"""Reads of designated routes: which version a grid walks, its buildings in order, what they lie on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

VERSIONS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class RouteView:
    """A version of a grid's route with what it leads over.

    grid: id, number, name, outline, delivery_point (name or None), longitude, latitude (of that, or None)
    route: id, version, length_metres, planner, made_by (a name, or None), created_at, newest (its version number)
    buildings, in walking order: id, position, name, number, households, longitude, latitude, outline
    streets: GeoJSON geometries; versions, newest first: the fields of a route; looking: the worker still looks for a
    shorter way than the newest
    """

    grid: Row[Any]
    route: Row[Any]
    buildings: list[Row[Any]]
    streets: list[Mapping[str, Any]]
    versions: list[Row[Any]]
    looking: bool = False

    @property
    def is_newest(self) -> bool:
        """Tell whether it is the version that is walked."""
        return bool(self.route.version == self.versions[0].version)


VERSIONS = """
    SELECT r.id, r.version, r.length_metres, r.planner, a.display_name AS made_by, r.created_at
    FROM route AS r LEFT JOIN account AS a ON a.id = r.made_by WHERE r.grid_id = :grid
"""


# What the worker hasn't given a solver yet, or that one still looks at.
LOOKING = """
    EXISTS (SELECT FROM outbox AS e WHERE e.topic = 'route_computed' AND e.finished_at IS NULL
            AND e.payload -> 'grid_id' = to_jsonb(g.id))
"""


def routes_for(asker: Asker) -> list[Row[Any]]:
    """Return the newest route of each grid the asker works in, by number; for its lead and coordinators.

    Fields: grid_number, version, length_metres, planner, made_by, created_at (the last five None for a grid whose route
    isn't planned yet), buildings, delivery_point (or None), looking (the worker still looks for a shorter way).
    """
    return rows(
        f"""
        SELECT g.number AS grid_number, d.name AS delivery_point, r.version, r.length_metres, r.planner,
               a.display_name AS made_by, r.created_at,
               (SELECT count(*) FROM building AS b WHERE b.grid_id = g.id) AS buildings, {LOOKING} AS looking
        FROM grid AS g
        LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
        LEFT JOIN LATERAL (SELECT * FROM route WHERE grid_id = g.id ORDER BY version DESC LIMIT 1) AS r ON true
        LEFT JOIN account AS a ON a.id = r.made_by
        WHERE g.community_id = :community AND (:everywhere OR g.id = :own) ORDER BY g.number
        """,
        community=asker.community_id,
        everywhere=asker.role == Role.COORDINATOR,
        own=asker.grid_id,
    )


def route_for(asker: Asker, *, grid: int, version: int | None = None) -> RouteView:
    """Return a grid's route (the grid by number), by default the newest. For its lead and coordinators.

    Raises NotFoundError for another grid's, for a version that isn't there, and before the first was planned.
    """
    found = row(
        f"""
        SELECT g.id, g.number, g.name, g.outline, d.name AS delivery_point, d.longitude, d.latitude, {LOOKING} AS looking
        FROM grid AS g LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
        WHERE g.community_id = :community AND g.number = :number AND (:everywhere OR g.id = :own)
        """,
        community=asker.community_id,
        number=grid,
        everywhere=asker.role == Role.COORDINATOR,
        own=asker.grid_id,
    )
    if found is None:
        raise NotFoundError("there is no such grid", grid=grid)
    versions = rows(f"{VERSIONS} ORDER BY r.version DESC LIMIT :shown", grid=found.id, shown=VERSIONS_SHOWN)
    route = versions[0] if version is None and versions else _version(found.id, version)
    return RouteView(found, route, _buildings(route.id), _streets(asker.community_id), versions, found.looking)


def _version(grid_id: int, version: int | None) -> Row[Any]:
    route = row(f"{VERSIONS} AND r.version = :version", grid=grid_id, version=version)
    if route is None:
        raise NotFoundError("there is no such version of this route", version=version)
    return route


def _buildings(route_id: int) -> list[Row[Any]]:
    return rows(
        """
        SELECT b.id, r.position, b.name, b.number, b.longitude, b.latitude, b.outline,
               (SELECT count(*) FROM household AS h WHERE h.building_id = b.id AND h.active) AS households
        FROM route_building AS r JOIN building AS b ON b.id = r.building_id WHERE r.route_id = :route ORDER BY r.position
        """,
        route=route_id,
    )


def _streets(community_id: int) -> list[Mapping[str, Any]]:
    found = rows("SELECT line FROM street WHERE community_id = :community ORDER BY name", community=community_id)
    return [street.line for street in found]
