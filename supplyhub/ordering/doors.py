"""Doors within somebody's reach: a household's own, an anchor's neighbours', a lead's and a coordinator's; whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import row, rows
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.anchors import NEIGHBOUR_OF_ANCHOR
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
    WHERE h.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR {OF_GRID})
      AND (CAST(:anchor AS bigint) IS NULL OR h.id = :anchor OR h.active AND {NEIGHBOUR_OF_ANCHOR})
"""
WALKING_ORDER = "g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door"


def scope(asker: Asker) -> dict[str, object]:
    """Return the values that keep DOOR within the asker's reach."""
    return {
        "community": asker.community_id,
        "anchor": asker.household() if asker.role == Role.RESIDENT else None,
        "grid": asker.grid() if asker.role in {Role.GRID_LEAD, Role.VOLUNTEER} else None,
    }


def door_for(asker: Asker, household_id: int) -> Row[Any]:
    """Return a household's door: the own one and, for an anchor, those of the building; one of the lead's grid (today's
    or a running cycle's); any for a coordinator. Raises NotFoundError.
    """
    found = row(f"{DOOR} AND h.id = :home", home=household_id, **scope(asker))
    if found is None:
        raise NotFoundError("no such household", household=household_id)
    return found


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
            name=opened(vault, home.contact_name_sealed, *CONTACT, home.id),
            phone=opened(vault, home.phone_sealed, *PHONE, home.id),
        )
        for home in found
    }


def opened(vault: Vault, sealed: bytes | None, *place: object) -> str:
    """Return what was sealed at this place; an empty text for nothing, and for what doesn't open."""
    if sealed is None:
        return ""
    try:
        return vault.open(sealed, *place)
    except InvalidTag:
        # Altered or moved: the door is shown without its contact, rather than with another's.
        return ""
