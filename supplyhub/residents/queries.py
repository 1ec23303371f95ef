"""Reads about the register, scoped to the asker; and a few for the command line, which names its community."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import as_dict, row, rows, scalar
from supplyhub.errors import InvalidError
from supplyhub.files import plain
from supplyhub.people.states import Role
from supplyhub.residents.register import CONTACT
from supplyhub.residents.rules import said_door, shrunk_name, unit_number

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# Values: community, own_grid (NULL for all), grid (a number), unplaced.
HOUSEHOLDS = """
    FROM household AS h JOIN building AS b ON b.id = h.building_id
    LEFT JOIN grid AS g ON g.id = b.grid_id LEFT JOIN micro_grid AS m ON m.id = b.micro_grid_id
    WHERE h.community_id = :community AND h.active
      AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid)
      AND (CAST(:grid AS bigint) IS NULL OR g.number = :grid)
      AND (CAST(:unplaced AS boolean) IS NULL OR (b.grid_id IS NULL) = :unplaced)
"""


def grids_for(asker: Asker) -> list[Row[Any]]:
    """Return the grids that the asker works or lives in, by number; all for coordinator and depot.

    Fields: id, number, name, delivery_point, micro_grids, buildings, households (active), people.
    """
    return rows(
        """
        SELECT g.id, g.number, g.name, p.name AS delivery_point,
               (SELECT count(*) FROM micro_grid AS m WHERE m.grid_id = g.id) AS micro_grids,
               count(DISTINCT b.id) AS buildings, count(h.id) AS households,
               CAST(coalesce(sum(h.people_count), 0) AS bigint) AS people
        FROM grid AS g LEFT JOIN delivery_point AS p ON p.id = g.delivery_point_id
        LEFT JOIN building AS b ON b.grid_id = g.id LEFT JOIN household AS h ON h.building_id = b.id AND h.active
        WHERE g.community_id = :community AND (CAST(:own_grid AS bigint) IS NULL OR g.id = :own_grid)
        GROUP BY g.id, p.name ORDER BY g.number
        """,
        community=asker.community_id,
        own_grid=_own_grid(asker),
    )


def buildings_for(asker: Asker, *, limit: int, offset: int, unplaced: bool | None = None) -> list[Row[Any]]:
    """Return buildings by grid and route, those without a grid last; a grid lead's own ones only.

    Fields: id, name, number, floors, grid (number), micro_grid (number), unplaced_reason, households (active),
    longitude, latitude.
    """
    return rows(
        """
        SELECT b.id, b.name, b.number, b.floors, g.number AS grid, m.number AS micro_grid, b.unplaced_reason,
               b.longitude, b.latitude,
               (SELECT count(*) FROM household AS h WHERE h.building_id = b.id AND h.active) AS households
        FROM building AS b LEFT JOIN grid AS g ON g.id = b.grid_id LEFT JOIN micro_grid AS m ON m.id = b.micro_grid_id
        WHERE b.community_id = :community AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid)
          AND (CAST(:unplaced AS boolean) IS NULL OR (b.grid_id IS NULL) = :unplaced)
        ORDER BY g.number, b.route_position, b.number, b.name LIMIT :limit OFFSET :offset
        """,
        community=asker.community_id,
        own_grid=_own_grid(asker),
        unplaced=unplaced,
        limit=limit,
        offset=offset,
    )


def count_buildings_for(asker: Asker, *, unplaced: bool | None = None) -> int:
    """Return how many buildings `buildings_for` has."""
    return int(
        scalar(
            "SELECT count(*) FROM building AS b WHERE b.community_id = :community"
            " AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid)"
            " AND (CAST(:unplaced AS boolean) IS NULL OR (b.grid_id IS NULL) = :unplaced)",
            community=asker.community_id,
            own_grid=_own_grid(asker),
            unplaced=unplaced,
        )
    )


def households_for(
    asker: Asker, *, vault: Vault, limit: int, offset: int, grid: int | None = None, unplaced: bool | None = None
) -> list[dict[str, Any]]:
    """Return active households in walking order, those without a grid last; a grid lead's own ones only.

    Fields: id, door (as it is said), building, unit, door_number, floor, people, contact (shrunk: 黄**), care (has an entry
    in the care register), grid, micro_grid, unplaced_reason. Nobody gets a phone or a note here.
    """
    found = rows(
        f"""
        SELECT h.id, b.number AS building_number, b.name AS building, h.unit, h.unit_number, h.door AS door_number, h.floor,
               h.people_count AS people, h.contact_name_sealed, g.number AS grid, m.number AS micro_grid, b.unplaced_reason,
               EXISTS (SELECT FROM care_case AS c WHERE c.household_id = h.id AND c.ended_at IS NULL) AS care
        {HOUSEHOLDS}
        ORDER BY g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door LIMIT :limit OFFSET :offset
        """,
        **_which(asker, grid, unplaced),
        limit=limit,
        offset=offset,
    )
    return [_household(home, vault) for home in found]


def count_households_for(asker: Asker, *, grid: int | None = None, unplaced: bool | None = None) -> int:
    """Return how many households `households_for` has."""
    return int(scalar(f"SELECT count(*) {HOUSEHOLDS}", **_which(asker, grid, unplaced)))


def last_import(community_id: int) -> Row[Any] | None:
    """Return when the register was last loaded and what changed (summary), or None."""
    return row(
        "SELECT id, imported_at, summary FROM register_import WHERE community_id = :community ORDER BY id DESC LIMIT 1",
        community=community_id,
    )


def _household(home: Row[Any], vault: Vault) -> dict[str, Any]:
    said = said_door(home.building_number, home.building, home.unit_number, home.door_number)
    return as_dict(home) | {"door": said, "contact": _shrunk(home, vault)}


def _shrunk(home: Row[Any], vault: Vault) -> str:
    if home.contact_name_sealed is None:
        return ""
    try:
        return shrunk_name(vault.open(home.contact_name_sealed, *CONTACT, home.id))
    except InvalidTag:
        # Altered or moved in the database: shown as unreadable, written anew by the next import.
        return "?"


def _which(asker: Asker, grid: int | None, unplaced: bool | None) -> dict[str, object]:
    return {"community": asker.community_id, "own_grid": _own_grid(asker), "grid": grid, "unplaced": unplaced}


def _own_grid(asker: Asker) -> int | None:
    """Return the only grid that the asker sees; None for all of them; 0, which no grid has, for none."""
    if asker.role in {Role.COORDINATOR, Role.DEPOT}:
        return None
    if asker.role == Role.RESIDENT:
        found = scalar(
            "SELECT b.grid_id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE h.id = :home",
            home=asker.household(),
        )
        return int(found or 0)
    return asker.grid_id or 0


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
