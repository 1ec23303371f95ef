"""Where a grid takes over its goods, and how strictly it is closed. For the demo, until a page does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.places.states import ZoneLevel


def set_delivery_point(
    community_id: int, name: str, *, grids: Sequence[int], longitude: float, latitude: float
) -> None:
    """Put a delivery point on the map and let grids (by number) take over their goods there. Safe to repeat."""
    with transaction():
        execute(
            "INSERT INTO delivery_point (community_id, name, longitude, latitude)"
            " VALUES (:community, :name, :longitude, :latitude) ON CONFLICT (community_id, name)"
            " DO UPDATE SET longitude = excluded.longitude, latitude = excluded.latitude",
            community=community_id,
            name=name,
            longitude=longitude,
            latitude=latitude,
        )
        execute(
            "UPDATE grid AS g SET delivery_point_id = d.id FROM delivery_point AS d"
            " WHERE d.community_id = :community AND d.name = :name"
            " AND g.community_id = :community AND g.number = ANY(:grids) AND g.delivery_point_id IS DISTINCT FROM d.id",
            community=community_id,
            name=name,
            grids=list(grids),
        )


def set_zone_level(community_id: int, level: ZoneLevel) -> None:
    """Set the zone level of every grid of a community from now on; grids that have it already are left."""
    with transaction():
        execute(
            """
            INSERT INTO grid_zone_level (grid_id, level, valid_from)
            SELECT g.id, :level, clock_timestamp() FROM grid AS g
            WHERE g.community_id = :community AND :level IS DISTINCT FROM (
              SELECT z.level FROM grid_zone_level AS z
              WHERE z.grid_id = g.id AND z.valid_from <= clock_timestamp() ORDER BY z.valid_from DESC LIMIT 1)
            """,
            community=community_id,
            level=level,
        )
