"""Reads about places."""

from __future__ import annotations

from supplyhub.db import scalar
from supplyhub.errors import NotFoundError


def find_community(name: str | None = None) -> int | None:
    """Return the id of the community called `name`; without a name, of the oldest; None when there is none."""
    found = scalar(
        "SELECT id FROM community WHERE CAST(:name AS text) IS NULL OR name = :name ORDER BY id LIMIT 1", name=name
    )
    return None if found is None else int(found)


def grid_numbered(community_id: int, number: int) -> int:
    """Return the id of a grid. Raises NotFoundError."""
    found = scalar(
        "SELECT id FROM grid WHERE community_id = :community AND number = :number",
        community=community_id,
        number=number,
    )
    if found is None:
        raise NotFoundError(f"there is no grid {number}", grid=number)
    return int(found)
