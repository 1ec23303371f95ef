"""Reads about places."""

from __future__ import annotations

from supplyhub.db import rows, scalar
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


def point_named(community_id: int, name: str) -> int:
    """Return the id of a delivery point. Raises NotFoundError."""
    found = scalar(
        "SELECT id FROM delivery_point WHERE community_id = :community AND name = :name",
        community=community_id,
        name=name.strip(),
    )
    if found is None:
        raise NotFoundError("there is no such delivery point", delivery_point=name)
    return int(found)


def heavy_grams_of(community_id: int) -> int:
    """Return from which weight on, in grams, a parcel of a community is heavy."""
    return int(scalar("SELECT heavy_grams FROM community WHERE id = :c", c=community_id))


def points_of(community_id: int) -> list[str]:
    """Return the names of a community's delivery points, in the order in which they were first named."""
    return [
        point.name
        for point in rows("SELECT name FROM delivery_point WHERE community_id = :c ORDER BY id", c=community_id)
    ]


def grids_numbered(community_id: int) -> list[int]:
    """Return the numbers of a community's grids, in order."""
    return [
        grid.number for grid in rows("SELECT number FROM grid WHERE community_id = :c ORDER BY number", c=community_id)
    ]
