"""What people decide about places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.places.queries import find_community

if TYPE_CHECKING:
    from supplyhub.places.states import ZoneLevel

COMMUNITY = "社区"
LONGEST_NAME = 30
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


def rename_community(community_id: int, name: str) -> None:
    """Give a community the name that stands on cards, posters and sheets. Raises InvalidError, ConflictError."""
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise InvalidError(f"a community's name has 1 to {LONGEST_NAME} characters")
    with transaction():
        execute("SELECT pg_advisory_xact_lock(hashtext('supplyhub.community'))")
        taken = scalar("SELECT id FROM community WHERE name = :name AND id <> :id", name=name.strip(), id=community_id)
        if taken is not None:
            raise ConflictError("another community is called so", name=name.strip())
        execute("UPDATE community SET name = :name WHERE id = :id", name=name.strip(), id=community_id)


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
