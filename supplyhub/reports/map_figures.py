"""What the map says of a cycle, grid by grid and building by building. Each table is gone through once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import rows
from supplyhub.help.states import OPEN_SQL
from supplyhub.people.states import Role
from supplyhub.places.levels import HOLDS

if TYPE_CHECKING:
    from datetime import datetime

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a grid or a building is: each household is in one of ordered, declined, silent (law 9).

    packed: parcels packed or beyond; out: handed over or beyond; problems: doors where a parcel could not be left
    """

    households: int
    ordered: int
    declined: int
    parcels: int
    packed: int
    out: int
    delivered: int
    returned: int
    problems: int

    @property
    def silent(self) -> int:
        """Return how many households have said nothing."""
        return self.households - self.ordered - self.declined

    @property
    def on_way(self) -> int:
        """Return how many parcels are away from the depot and at no door yet."""
        return max(0, self.out - self.delivered - max(self.problems, self.returned))

    @property
    def stage(self) -> str:
        """Return how far most of it is: waiting (nobody ordered), ordered, packed, onway, delivered."""
        if self.parcels and self.delivered + self.problems >= self.parcels:
            return "delivered"
        return _first(onway=self.out, packed=self.packed, ordered=self.ordered)

    @property
    def worst(self) -> str:
        """Return the worst outcome of a door: problem, else the stage of the one that is least far."""
        planned, packed = self.parcels - self.packed, self.packed - self.out
        left = planned if self.parcels else self.ordered
        return _first(
            problem=self.problems + self.returned,
            ordered=left,
            packed=packed,
            onway=self.on_way,
            delivered=self.delivered,
        )

    def share(self, what: str) -> float:
        """Return which part has ordered or is silent, of households; is packed or delivered, of parcels: 0 to 1."""
        whole = self.households if what in {"ordered", "silent"} else self.parcels
        return float(getattr(self, what) / whole) if whole else 0.0


@dataclass(frozen=True, slots=True)
class GridCounts(Counts):
    """A grid's figures. level: the zone level that holds, or None; requests: open help requests, `overdue` of them late."""

    id: int
    number: int
    name: str
    level: str | None
    requests: int
    overdue: int


@dataclass(frozen=True, slots=True)
class BuildingCounts(Counts):
    """A building's figures."""

    id: int
    name: str
    number: int
    grid_id: int


@dataclass(frozen=True, slots=True)
class ProblemDoor:
    """A door where a parcel could not be left."""

    door: str
    building_id: int
    grid_number: int
    problem: str
    happened_at: datetime
    back: bool


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A help request that is open; nothing of what it says."""

    code: str
    kind: str
    state: str
    grid_number: int
    due_at: datetime
    late: bool


def _first(**found: int) -> str:
    return next((word for word, number in found.items() if number > 0), "waiting")


def in_all(found: list[GridCounts]) -> Counts:
    """Return the sums of some grids."""
    names = ("households", "ordered", "declined", "parcels", "packed", "out", "delivered", "returned", "problems")
    return Counts(**{name: sum(getattr(grid, name) for grid in found) for name in names})


def grid_counts(asker: Asker, *, cycle_id: int | None, grid_id: int | None = None) -> list[GridCounts]:
    """Return the figures of the grids that the asker works in, by number; without a cycle only what holds without one."""
    return [GridCounts(**grid._asdict()) for grid in rows(GRIDS, **_scope(asker, cycle_id, grid_id))]


def building_counts(asker: Asker, *, cycle_id: int | None, grid_id: int | None = None) -> list[BuildingCounts]:
    """Return the figures of the buildings of these grids, as the cycle has them, in walking order."""
    return [BuildingCounts(**each._asdict()) for each in rows(BUILDINGS, **_scope(asker, cycle_id, grid_id))]


def problem_doors(asker: Asker, *, cycle_id: int | None, grid_id: int | None, limit: int) -> list[ProblemDoor]:
    """Return the doors of a cycle where a parcel could not be left, the latest first."""
    return [ProblemDoor(**each._asdict()) for each in rows(PROBLEMS, **_scope(asker, cycle_id, grid_id), limit=limit)]


def due_requests(asker: Asker, *, grid_id: int | None, limit: int) -> list[OpenRequest]:
    """Return the open help requests, those due first before the others."""
    return [OpenRequest(**each._asdict()) for each in rows(REQUESTS, **_scope(asker, None, grid_id), limit=limit)]


def _scope(asker: Asker, cycle_id: int | None, grid_id: int | None) -> dict[str, object]:
    """Return the values of a statement: a lead has the own grid, whatever was asked for."""
    own = grid_id if asker.role == Role.COORDINATOR else asker.grid()
    return {"community": asker.community_id, "cycle": cycle_id, "grid": own}


ONLY = "(CAST(:grid AS bigint) IS NULL OR {} = :grid)"
# Where a building belongs: the cycle fixed it; before the first one the register says it.
PLACES = f"""
    SELECT c.building_id, c.grid_id FROM cycle_building AS c WHERE c.cycle_id = :cycle AND {ONLY.format("c.grid_id")}
    UNION ALL
    SELECT id, grid_id FROM building
    WHERE CAST(:cycle AS bigint) IS NULL AND community_id = :community AND grid_id IS NOT NULL AND {ONLY.format("grid_id")}
"""
# Law 9, as `ordering.queries.STANDING` says it door by door; but the orders are counted by themselves and those of homes
# that are no more taken off, for joining a city's homes with its orders takes longer than both.
HOMES = """
    SELECT {by}, sum(homes)::bigint AS households, sum(ordered)::bigint AS ordered, sum(declined)::bigint AS declined FROM (
        SELECT p.{by}, count(*) AS homes, 0 AS ordered, 0 AS declined
        FROM places AS p JOIN household AS h ON h.building_id = p.building_id AND h.active GROUP BY p.{by}
        UNION ALL
        SELECT o.{by}, 0, count(*), 0 FROM orders AS o
        WHERE o.cycle_id = :cycle AND o.state = 'placed' AND {only} GROUP BY o.{by}
        UNION ALL
        SELECT o.{by}, 0, -count(*), 0 FROM household AS h JOIN orders AS o ON o.household_id = h.id
        WHERE NOT h.active AND o.cycle_id = :cycle AND o.state = 'placed' AND {only} GROUP BY o.{by}
        UNION ALL
        SELECT p.{by}, 0, 0, count(*) FROM declined AS d
        JOIN household AS h ON h.id = d.household_id AND h.active JOIN places AS p ON p.building_id = h.building_id
        WHERE d.cycle_id = :cycle AND NOT EXISTS (
            SELECT FROM orders AS o WHERE o.cycle_id = :cycle AND o.household_id = h.id AND o.state = 'placed')
        GROUP BY p.{by}
    ) AS counted GROUP BY {by}
"""
PARCELS = """
    count(*) AS parcels, count(*) FILTER (WHERE p.state <> 'planned') AS packed,
    count(*) FILTER (WHERE p.state NOT IN ('planned', 'packed')) AS out,
    count(*) FILTER (WHERE p.state = 'delivered') AS delivered, count(*) FILTER (WHERE p.state = 'returned') AS returned
"""
SAID = """
    coalesce(h.households, 0) AS households, coalesce(h.ordered, 0) AS ordered, coalesce(h.declined, 0) AS declined,
    coalesce(p.parcels, 0) AS parcels, coalesce(p.packed, 0) AS packed, coalesce(p.out, 0) AS out,
    coalesce(p.delivered, 0) AS delivered, coalesce(p.returned, 0) AS returned, coalesce(f.problems, 0) AS problems
"""
GRIDS = f"""
    WITH places AS ({PLACES}), h AS ({HOMES.format(by="grid_id", only=ONLY.format("o.grid_id"))}), p AS (
        SELECT p.grid_id, {PARCELS} FROM parcel AS p WHERE p.cycle_id = :cycle AND {ONLY.format("p.grid_id")}
        GROUP BY p.grid_id
    ), f AS (
        SELECT t.grid_id, count(*) AS problems FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id
        WHERE t.cycle_id = :cycle AND s.outcome = 'failed' AND {ONLY.format("t.grid_id")} GROUP BY t.grid_id
    ), r AS (
        SELECT grid_id, count(*) AS requests, count(*) FILTER (WHERE due_at < clock_timestamp()) AS overdue
        FROM help_request WHERE community_id = :community AND state IN {OPEN_SQL} GROUP BY grid_id
    )
    SELECT g.id, g.number, g.name, z.level, {SAID}, coalesce(r.requests, 0) AS requests, coalesce(r.overdue, 0) AS overdue
    FROM grid AS g
    LEFT JOIN h ON h.grid_id = g.id
    LEFT JOIN p ON p.grid_id = g.id
    LEFT JOIN f ON f.grid_id = g.id
    LEFT JOIN r ON r.grid_id = g.id
    {HOLDS.format(grid="g.id")}
    WHERE g.community_id = :community AND {ONLY.format("g.id")}
    ORDER BY g.number
"""
BUILDINGS = f"""
    WITH places AS ({PLACES}), h AS ({HOMES.format(by="building_id", only=ONLY.format("o.grid_id"))}), p AS (
        SELECT o.building_id, {PARCELS} FROM parcel AS p JOIN orders AS o ON o.id = p.order_id
        WHERE p.cycle_id = :cycle AND {ONLY.format("p.grid_id")} GROUP BY o.building_id
    ), f AS (
        SELECT o.building_id, count(*) AS problems
        FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id JOIN orders AS o ON o.id = s.order_id
        WHERE t.cycle_id = :cycle AND s.outcome = 'failed' AND {ONLY.format("t.grid_id")} GROUP BY o.building_id
    )
    SELECT b.id, b.name, b.number, places.grid_id, {SAID}
    FROM places
    JOIN building AS b ON b.id = places.building_id AND b.community_id = :community
    LEFT JOIN h ON h.building_id = b.id
    LEFT JOIN p ON p.building_id = b.id
    LEFT JOIN f ON f.building_id = b.id
    ORDER BY b.route_position, b.number, b.name
"""
PROBLEMS = f"""
    SELECT coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
           b.id AS building_id, g.number AS grid_number, s.problem, s.happened_at, p.state = 'returned' AS back
    FROM ticket AS t
    JOIN stop AS s ON s.ticket_id = t.id AND s.outcome = 'failed'
    JOIN parcel AS p ON p.id = s.parcel_id
    JOIN orders AS o ON o.id = s.order_id
    JOIN household AS h ON h.id = o.household_id
    JOIN building AS b ON b.id = o.building_id
    JOIN grid AS g ON g.id = t.grid_id AND g.community_id = :community
    WHERE t.cycle_id = :cycle AND {ONLY.format("t.grid_id")}
    ORDER BY s.happened_at DESC, s.id DESC LIMIT :limit
"""
REQUESTS = f"""
    SELECT r.code, r.kind, r.state, g.number AS grid_number, r.due_at, r.due_at < clock_timestamp() AS late
    FROM help_request AS r JOIN grid AS g ON g.id = r.grid_id
    WHERE r.community_id = :community AND r.state IN {OPEN_SQL} AND {ONLY.format("r.grid_id")}
    ORDER BY r.due_at, r.id LIMIT :limit
"""
