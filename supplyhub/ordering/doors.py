"""Finding doors: a household's own, and those a lead or coordinator looks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import row, rows
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.register import CONTACT, PHONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# A building that the register moved is still reached by the lead of the grid that a cycle under way has it in.
OF_GRID = """(b.grid_id = :grid OR EXISTS (
    SELECT FROM cycle_building AS cb JOIN cycle AS c ON c.id = cb.cycle_id
    WHERE cb.building_id = b.id AND cb.grid_id = :grid AND c.state <> 'closed'))"""
DOOR = f"""
    SELECT h.id, h.account_id, h.unit, h.unit_number, h.floor, h.door, h.people_count, h.active, b.number AS building_number,
           b.name AS building_name, b.grid_id, g.number AS grid_number
    FROM household AS h JOIN building AS b ON b.id = h.building_id LEFT JOIN grid AS g ON g.id = b.grid_id
    WHERE h.community_id = :community AND (CAST(:own AS bigint) IS NULL OR h.id = :own)
      AND (CAST(:grid AS bigint) IS NULL OR {OF_GRID})
"""
WALKING_ORDER = "g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door"


def _scope(asker: Asker) -> dict[str, object]:
    return {
        "community": asker.community_id,
        "own": asker.household() if asker.role == Role.RESIDENT else None,
        "grid": asker.grid() if asker.role in {Role.GRID_LEAD, Role.VOLUNTEER} else None,
    }


def door_for(asker: Asker, household_id: int) -> Row[Any]:
    """Return a household's door: the own one, one of the lead's grid (today's or a running cycle's), any for a coordinator.

    Raises NotFoundError.
    """
    found = row(f"{DOOR} AND h.id = :home", home=household_id, **_scope(asker))
    if found is None:
        raise NotFoundError("no such household", household=household_id)
    return found


def doors_matching(asker: Asker, text: str, *, limit: int = 60) -> list[Row[Any]]:
    """Return the doors that a typed text means, in walking order: 58, 58-2, 58-2-301, 58号楼2单元301; none for no number.

    Two numbers are a building and a unit, or a building and a door when it has no such unit.
    """
    numbers = re.findall(r"[0-9]+", text)[:3]
    if not numbers or any(len(number) > 6 for number in numbers):
        return []
    building, unit, door = ([*numbers, None, None])[:3]
    return rows(
        f"""{DOOR} AND h.active AND b.number = :building
            AND (CAST(:unit AS text) IS NULL OR h.unit_number::text = :unit
                 OR CAST(:door AS text) IS NULL AND h.door LIKE :unit || '%' AND NOT EXISTS (
                     SELECT FROM household AS u WHERE u.building_id = b.id AND u.unit_number::text = :unit))
            AND (CAST(:door AS text) IS NULL OR h.door LIKE :door || '%')
            ORDER BY {WALKING_ORDER} LIMIT :limit""",
        building=int(building or 0),
        unit=unit,
        door=door,
        limit=limit,
        **_scope(asker),
    )


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call at a door; an empty text for what the register doesn't know."""

    name: str
    phone: str


def contacts_for(asker: Asker, household_ids: Sequence[int], *, vault: Vault) -> dict[int, Contact]:
    """Return whom to call at some doors: for a lead in the own grid, and for a coordinator. Others' are left out."""
    if asker.role not in {Role.GRID_LEAD, Role.COORDINATOR}:
        raise NotAllowedError("only the grid's lead or a coordinator calls households", role=asker.role)
    found = rows(
        f"""
        SELECT h.id, h.contact_name_sealed, h.phone_sealed
        FROM household AS h JOIN building AS b ON b.id = h.building_id
        WHERE h.id = ANY (:homes) AND h.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR {OF_GRID})
        """,
        homes=list(household_ids),
        community=asker.community_id,
        grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
    )
    return {
        home.id: Contact(
            name=_opened(vault, home.contact_name_sealed, *CONTACT, home.id),
            phone=_opened(vault, home.phone_sealed, *PHONE, home.id),
        )
        for home in found
    }


def _opened(vault: Vault, sealed: bytes | None, *place: object) -> str:
    if sealed is None:
        return ""
    try:
        return vault.open(sealed, *place)
    except InvalidTag:
        # Altered or moved: the door is shown without its contact, rather than with another's.
        return ""
