"""What people decide about places."""

from __future__ import annotations

from supplyhub.db import execute, scalar, transaction
from supplyhub.places.queries import find_community

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
