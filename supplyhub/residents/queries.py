"""Reads about the register, scoped to the asker; and a few for the command line, which names its community."""

from __future__ import annotations

from supplyhub.db import rows, scalar
from supplyhub.errors import InvalidError
from supplyhub.files import plain
from supplyhub.residents.rules import unit_number


def lowest_grid(community_id: int) -> int | None:
    """Return the lowest number of a grid with active households; None for an empty register."""
    found = scalar(
        "SELECT min(g.number) FROM grid AS g JOIN building AS b ON b.grid_id = g.id"
        " JOIN household AS h ON h.building_id = b.id WHERE g.community_id = :community AND h.active",
        community=community_id,
    )
    return None if found is None else int(found)


def first_household(community_id: int, *, grid: int | None = None) -> int | None:
    """Return the first active household of a grid (by number), or of all placed ones, in walking order."""
    found = scalar(
        """
        SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id JOIN grid AS g ON g.id = b.grid_id
        WHERE h.community_id = :community AND h.active AND (CAST(:grid AS bigint) IS NULL OR g.number = :grid)
        ORDER BY g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door LIMIT 1
        """,
        community=community_id,
        grid=grid,
    )
    return None if found is None else int(found)


def household_called(community_id: int, text: str) -> int | None:
    """Return the active household called 47号楼/1单元/101 or 47-1-101, the latter only when it means one; else None.

    Raises InvalidError for a text that isn't three parts.
    """
    parts = [plain(part) for part in (text.split("/") if "/" in text else text.split("-"))]
    if len(parts) != 3:
        raise InvalidError("a door is building/unit/number, like 47号楼/1单元/101 or 47-1-101")
    building, unit, door = parts
    found = rows(
        """
        SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id
        WHERE h.community_id = :community AND h.active AND h.door = :door
          AND (h.unit = :unit OR h.unit_number = :unit_number AND h.unit_number > 0)
          AND (b.name = :building OR CAST(b.number AS text) = :building)
        ORDER BY (b.name = :building) DESC, h.id LIMIT 2
        """,
        community=community_id,
        building=building,
        unit=unit,
        unit_number=unit_number(unit),
        door=door,
    )
    return int(found[0].id) if len(found) == 1 or (found and "/" in text) else None
