"""Reads about badges, scoped to the asker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows, scalar
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

BADGES = """
    FROM badge AS b JOIN grid AS g ON g.id = b.grid_id JOIN account AS a ON a.id = b.account_id
    WHERE g.community_id = :community AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid)
      AND (CAST(:grid AS bigint) IS NULL OR g.number = :grid)
"""


def badges_for(asker: Asker, *, limit: int, offset: int, grid: int | None = None) -> list[Row[Any]]:
    """Return badges by grid and number, of one grid (by number) if it is given; a grid lead's own ones only.

    Fields: code, number, grid (number), account, name, state, valid_from, valid_until.
    """
    return rows(
        f"""
        SELECT b.code, b.number, g.number AS grid, b.account_id AS account, a.display_name AS name, b.state, b.valid_from,
               b.valid_until
        {BADGES} ORDER BY g.number, b.number LIMIT :limit OFFSET :offset
        """,
        **_which(asker, grid),
        limit=limit,
        offset=offset,
    )


def count_badges_for(asker: Asker, *, grid: int | None = None) -> int:
    """Return how many badges `badges_for` has."""
    return int(scalar(f"SELECT count(*) {BADGES}", **_which(asker, grid)))


def _which(asker: Asker, grid: int | None) -> dict[str, object]:
    everywhere = asker.role in {Role.COORDINATOR, Role.DEPOT}
    return {
        "community": asker.community_id,
        "own_grid": None if everywhere else asker.grid(),
        "grid": grid,
    }
