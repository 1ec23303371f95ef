"""The map part of the register in the database: read whole, written by sets, in the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows
from supplyhub.places.placing import Placement, Point, Unplaced, inner_point
from supplyhub.places.planning import BuildingFacts, Changes, GridFacts, MicroGridFacts, PlaceFacts, changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class PlaceChanges:
    """What an import changes on the map."""

    grids: Changes[int, GridFacts]
    micro_grids: Changes[tuple[int, int], MicroGridFacts]
    buildings: Changes[str, BuildingFacts]
    streets: Changes[str, dict[str, Any]]
    # Numbers of the grids whose buildings came, went or moved: their routes must be planned anew.
    grids_to_route: frozenset[int]

    def counts(self) -> dict[str, int]:
        """Return the number of rows added and changed, by table."""
        tables: dict[str, Changes[Any, Any]] = {
            "grids": self.grids,
            "micro_grids": self.micro_grids,
            "buildings": self.buildings,
            "streets": self.streets,
        }
        added = {f"{name}_added": len(table.added) for name, table in tables.items()}
        return added | {f"{name}_changed": len(table.changed) for name, table in tables.items()}


def known_places(community_id: int) -> PlaceFacts:
    """Return all places of a community."""
    return PlaceFacts(
        grids={
            found.number: GridFacts(found.name, found.outline, found.delivery_point)
            for found in rows(
                "SELECT g.number, g.name, g.outline, p.name AS delivery_point FROM grid AS g"
                " LEFT JOIN delivery_point AS p ON p.id = g.delivery_point_id WHERE g.community_id = :community",
                community=community_id,
            )
        },
        micro_grids={
            (found.grid, found.number): MicroGridFacts(found.name, found.outline)
            for found in rows(
                "SELECT g.number AS grid, m.number, m.name, m.outline FROM micro_grid AS m"
                " JOIN grid AS g ON g.id = m.grid_id WHERE g.community_id = :community",
                community=community_id,
            )
        },
        buildings=_known_buildings(community_id),
        streets={
            found.name: found.line
            for found in rows("SELECT name, line FROM street WHERE community_id = :community", community=community_id)
        },
    )


def _known_buildings(community_id: int) -> dict[str, BuildingFacts]:
    found = rows(
        """
        SELECT b.name, b.number, b.floors, b.outline, b.longitude, b.latitude, b.unplaced_reason,
               g.number AS grid, m.number AS micro_grid
        FROM building AS b LEFT JOIN grid AS g ON g.id = b.grid_id LEFT JOIN micro_grid AS m ON m.id = b.micro_grid_id
        WHERE b.community_id = :community ORDER BY b.id
        """,
        community=community_id,
    )
    return {
        row.name: BuildingFacts(
            number=row.number,
            placement=Placement(
                row.grid,
                None if row.micro_grid is None else (row.grid, row.micro_grid),
                Unplaced(row.unplaced_reason) if row.unplaced_reason else None,
            ),
            floors=row.floors,
            outline=row.outline,
            longitude=row.longitude,
            latitude=row.latitude,
        )
        for row in found
    }


def compare_places(known: PlaceFacts, wanted: PlaceFacts) -> PlaceChanges:
    """Return what must be written. What isn't wanted any more stays: orders may refer to it."""
    buildings = changes(known.buildings, wanted.buildings)
    to_route: set[int | None] = set()
    for name, facts in {**buildings.added, **buildings.changed}.items():
        before = known.buildings.get(name)
        spot = (facts.placement.grid, facts.longitude, facts.latitude)
        if before is None:
            to_route.add(facts.placement.grid)
        elif spot != (before.placement.grid, before.longitude, before.latitude):
            to_route |= {facts.placement.grid, before.placement.grid}
    return PlaceChanges(
        grids=changes(known.grids, wanted.grids),
        micro_grids=changes(known.micro_grids, wanted.micro_grids),
        buildings=buildings,
        streets=changes(known.streets, wanted.streets),
        grids_to_route=frozenset(grid for grid in to_route if grid is not None),
    )


def write_places(community_id: int, found: PlaceChanges, wanted: PlaceFacts) -> None:
    """Write added and changed places, a statement a table."""
    grids = {**found.grids.added, **found.grids.changed}
    _write_delivery_points(community_id, grids, wanted)
    _write_grids(community_id, grids)
    _write_micro_grids(community_id, {**found.micro_grids.added, **found.micro_grids.changed})
    _write_buildings(community_id, {**found.buildings.added, **found.buildings.changed})
    execute(
        """
        INSERT INTO street (community_id, name, line)
        SELECT :community, r.name, r.line FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(name text, line jsonb)
        ON CONFLICT (community_id, name) DO UPDATE SET line = excluded.line
        """,
        community=community_id,
        rows=_json(
            {"name": name, "line": line} for name, line in {**found.streets.added, **found.streets.changed}.items()
        ),
    )


def _write_delivery_points(community_id: int, grids: Mapping[int, GridFacts], wanted: PlaceFacts) -> None:
    """Write new delivery points, in the middle of the grids that they serve as far as these are drawn."""
    served: dict[str, list[Point]] = {}
    for facts in wanted.grids.values():
        points = served.setdefault(facts.delivery_point or "", [])
        if facts.outline is not None:
            points.append(inner_point(facts.outline))
    names = dict.fromkeys(facts.delivery_point for _, facts in sorted(grids.items()) if facts.delivery_point)
    execute(
        """
        INSERT INTO delivery_point (community_id, name, longitude, latitude)
        SELECT :community, r.name, r.longitude, r.latitude
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(name text, longitude float8, latitude float8)
        ON CONFLICT (community_id, name) DO UPDATE
        SET longitude = coalesce(delivery_point.longitude, excluded.longitude),
            latitude = coalesce(delivery_point.latitude, excluded.latitude)
        """,
        community=community_id,
        rows=_json({"name": name, **_middle(served[name])} for name in names),
    )


def _middle(points: list[Point]) -> dict[str, float | None]:
    if not points:
        return {"longitude": None, "latitude": None}
    return {
        "longitude": round(sum(point.longitude for point in points) / len(points), 6),
        "latitude": round(sum(point.latitude for point in points) / len(points), 6),
    }


def _write_grids(community_id: int, grids: Mapping[int, GridFacts]) -> None:
    execute(
        """
        INSERT INTO grid (community_id, number, name, outline, delivery_point_id)
        SELECT :community, r.number, r.name, nullif(r.outline, 'null'), p.id
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(number bigint, name text, outline jsonb, point text)
        LEFT JOIN delivery_point AS p ON p.community_id = :community AND p.name = r.point
        ON CONFLICT (community_id, number) DO UPDATE
        SET name = excluded.name, outline = excluded.outline, delivery_point_id = excluded.delivery_point_id
        """,
        community=community_id,
        rows=_json(
            {"number": number, "name": facts.name, "outline": facts.outline, "point": facts.delivery_point}
            for number, facts in sorted(grids.items())
        ),
    )


def _write_micro_grids(community_id: int, micro_grids: Mapping[tuple[int, int], MicroGridFacts]) -> None:
    execute(
        """
        INSERT INTO micro_grid (grid_id, number, name, outline)
        SELECT g.id, r.number, r.name, nullif(r.outline, 'null')
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(grid bigint, number bigint, name text, outline jsonb)
        JOIN grid AS g ON g.community_id = :community AND g.number = r.grid
        ON CONFLICT (grid_id, number) DO UPDATE SET name = excluded.name, outline = excluded.outline
        """,
        community=community_id,
        rows=_json(
            {"grid": grid, "number": number, "name": facts.name, "outline": facts.outline}
            for (grid, number), facts in sorted(micro_grids.items())
        ),
    )


def _write_buildings(community_id: int, buildings: Mapping[str, BuildingFacts]) -> None:
    execute(
        """
        INSERT INTO building (community_id, name, number, floors, grid_id, micro_grid_id, unplaced_reason, outline,
                              longitude, latitude)
        SELECT :community, r.name, r.number, r.floors, g.id, m.id, r.reason, nullif(r.outline, 'null'),
               r.longitude, r.latitude
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
          AS r(name text, number bigint, floors bigint, grid bigint, micro_grid bigint, reason text, outline jsonb,
               longitude float8, latitude float8)
        LEFT JOIN grid AS g ON g.community_id = :community AND g.number = r.grid
        LEFT JOIN micro_grid AS m ON m.grid_id = g.id AND m.number = r.micro_grid
        ORDER BY r.number, r.name
        ON CONFLICT (community_id, name) DO UPDATE
        SET number = excluded.number, floors = excluded.floors, grid_id = excluded.grid_id,
            micro_grid_id = excluded.micro_grid_id, unplaced_reason = excluded.unplaced_reason,
            outline = excluded.outline, longitude = excluded.longitude, latitude = excluded.latitude
        """,
        community=community_id,
        rows=_json(_building_row(name, facts) for name, facts in buildings.items()),
    )


def _building_row(name: str, facts: BuildingFacts) -> dict[str, Any]:
    place = facts.placement
    return {
        "name": name,
        "number": facts.number,
        "floors": facts.floors,
        "grid": place.grid,
        "micro_grid": place.micro_grid[1] if place.micro_grid else None,
        "reason": place.reason,
        "outline": facts.outline,
        "longitude": facts.longitude,
        "latitude": facts.latitude,
    }


def _json(values: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
