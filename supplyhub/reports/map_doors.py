"""The doors of a building, and how each of them stands in a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def building_for(asker: Asker, building_id: int, *, cycle_id: int | None) -> Row[Any]:
    """Return a building: id, name, number, floors, grid_id, grid_number. For the grid's lead and coordinators.

    Which grid it belongs to, the cycle fixed; before the first one the register says it. Raises NotFoundError.
    """
    found = row(
        """
        SELECT b.id, b.name, b.number, b.floors, g.id AS grid_id, g.number AS grid_number
        FROM building AS b
        LEFT JOIN cycle_building AS c ON c.building_id = b.id AND c.cycle_id = :cycle
        JOIN grid AS g ON g.id = CASE WHEN CAST(:cycle AS bigint) IS NULL THEN b.grid_id ELSE c.grid_id END
        WHERE b.id = :building AND b.community_id = :community AND (CAST(:own AS bigint) IS NULL OR g.id = :own)
        """,
        building=building_id,
        cycle=cycle_id,
        community=asker.community_id,
        own=None if asker.role == Role.COORDINATOR else asker.grid(),
    )
    if found is None:
        raise NotFoundError("there is no such building", building=building_id)
    return found


def doors_of(building_id: int, *, cycle_id: int | None) -> list[Row[Any]]:
    """Return the doors of a building that the caller has found by `building_for`, in walking order. Nobody's name.

    Fields: household_id, door (58-2-301), unit_number, standing (ordered, declined, silent), parcel_state, bags, outcome,
    problem, happened_at (each None before its time), in_care (has an entry in the care register).
    """
    return rows(
        """
        SELECT h.id AS household_id, h.unit_number,
               coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               CASE WHEN o.id IS NOT NULL THEN 'ordered' WHEN d.household_id IS NOT NULL THEN 'declined' ELSE 'silent'
               END AS standing,
               p.state AS parcel_state, p.bags, s.outcome, s.problem, s.happened_at,
               EXISTS (SELECT FROM care_case AS k WHERE k.household_id = h.id AND k.ended_at IS NULL) AS in_care
        FROM household AS h
        JOIN building AS b ON b.id = h.building_id
        LEFT JOIN orders AS o ON o.cycle_id = :cycle AND o.household_id = h.id AND o.state = 'placed'
        LEFT JOIN declined AS d ON d.cycle_id = :cycle AND d.household_id = h.id
        LEFT JOIN parcel AS p ON p.order_id = o.id
        LEFT JOIN stop AS s ON s.parcel_id = p.id
        WHERE h.building_id = :building AND h.active
        ORDER BY h.unit_number, h.floor, h.door
        """,
        building=building_id,
        cycle=cycle_id,
    )
