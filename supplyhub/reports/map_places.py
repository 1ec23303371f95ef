"""The depot and the delivery points in words: for those who can't use a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import rows
from supplyhub.places.depot_place import depot_place

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Place:
    """The depot (kind `depot`, with the building nearest to it, empty while it has no place) or a delivery point."""

    kind: str
    name: str
    near: str = ""
    grids: tuple[int, ...] = ()


def places_for(asker: Asker, number: int | None) -> list[Place]:
    """Return the depot, then the delivery points with the grids that fetch there; of one grid by number, its own."""
    depot = depot_place(asker.community_id)
    points = rows(
        """
        SELECT d.name, array_remove(array_agg(g.number ORDER BY g.number), NULL) AS grids FROM delivery_point AS d
        LEFT JOIN grid AS g ON g.delivery_point_id = d.id
        WHERE d.community_id = :community
        GROUP BY d.id HAVING CAST(:number AS bigint) IS NULL OR :number = ANY(array_agg(g.number)) ORDER BY d.id
        """,
        community=asker.community_id,
        number=number,
    )
    return [
        Place("depot", depot.name, near=depot.near),
        *(Place("point", point.name, grids=tuple(point.grids)) for point in points),
    ]
