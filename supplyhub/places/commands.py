"""What people decide about places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar, transaction
from supplyhub.places.queries import find_community

if TYPE_CHECKING:
    from supplyhub.places.states import ZoneLevel

COMMUNITY = "社区"
DEPOT = "物资暂存中转站"


def ensure_community(*, timezone: str, name: str | None = None) -> int:
    """Return the id of the community called `name`, or of the only one; made with its depot when there is none."""
    with transaction():
        # Two first commands at once: the second waits and finds the community.
        execute("SELECT pg_advisory_xact_lock(hashtext('supplyhub.community'))")
        found = find_community(name)
        if found is None:
            found = int(
                scalar(
                    "INSERT INTO community (name, timezone) VALUES (:name, :timezone) RETURNING id",
                    name=name or COMMUNITY,
                    timezone=timezone,
                )
            )
            execute("INSERT INTO depot (community_id, name) VALUES (:community, :name)", community=found, name=DEPOT)
    return found


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
