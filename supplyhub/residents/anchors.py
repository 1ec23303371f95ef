"""Anchor households (中心户): one a building, who order for the doors of their building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Whether the household `h` lives where the household :anchor is the live anchor. Whoever moved away, or was taken
# from the register, is an anchor no longer.
NEIGHBOUR_OF_ANCHOR = """EXISTS (
    SELECT FROM anchor_household AS n JOIN household AS own ON own.id = n.household_id AND own.active
    WHERE n.household_id = :anchor AND n.building_id = h.building_id AND n.ended_at IS NULL)"""
APPOINTERS = {Role.GRID_LEAD, Role.COORDINATOR}


class AnchorThereError(ConflictError):
    """The building has an anchor household already; `household` is its id."""

    code = "anchor_there"


def appoint_anchor(asker: Asker, household_id: int) -> None:
    """Make a household the anchor of its building; again changes nothing. For the grid's lead and a coordinator.

    Raises NotFoundError for a household that isn't theirs or not in the register, AnchorThereError for a second one.
    """
    with transaction():
        building = _building_for_update(asker, household_id)
        live = scalar(
            "SELECT household_id FROM anchor_household WHERE building_id = :building AND ended_at IS NULL",
            building=building,
        )
        if live == household_id:
            return
        if live is not None:
            raise AnchorThereError(household=live)
        execute(
            "INSERT INTO anchor_household (household_id, building_id, appointed_by) VALUES (:home, :building, :by)",
            home=household_id,
            building=building,
            by=asker.account_id,
        )


def end_anchor(asker: Asker, household_id: int) -> None:
    """End an anchor household's task; what it ordered for others stays. Raises NotFoundError when it has none."""
    with transaction():
        building = _building_for_update(asker, household_id, active=False)
        ended = scalar(
            "UPDATE anchor_household SET ended_at = clock_timestamp()"
            " WHERE building_id = :building AND household_id = :home AND ended_at IS NULL RETURNING id",
            building=building,
            home=household_id,
        )
        if ended is None:
            raise NotFoundError("this household is no anchor", household=household_id)


def anchored_building(asker: Asker) -> int | None:
    """Return the building that a household is the live anchor of; None for everybody else."""
    if asker.household_id is None:
        return None
    found = scalar(
        "SELECT n.building_id FROM anchor_household AS n JOIN household AS h ON h.id = n.household_id AND h.active"
        " WHERE n.household_id = :home AND n.ended_at IS NULL",
        home=asker.household_id,
    )
    return None if found is None else int(found)


def anchors_for(asker: Asker) -> list[Row[Any]]:
    """Return the live anchor households in walking order; a grid lead's own grid's.

    Fields: household_id, building_number, building_name, unit, unit_number, door, grid_number, households (active ones
    of the building), appointed_at.
    """
    return rows(
        """
        SELECT n.household_id, b.number AS building_number, b.name AS building_name, h.unit, h.unit_number, h.door,
               g.number AS grid_number, n.appointed_at,
               (SELECT count(*) FROM household AS d WHERE d.building_id = b.id AND d.active) AS households
        FROM anchor_household AS n JOIN household AS h ON h.id = n.household_id
        JOIN building AS b ON b.id = n.building_id LEFT JOIN grid AS g ON g.id = b.grid_id
        WHERE n.ended_at IS NULL AND h.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR b.grid_id = :grid)
        ORDER BY g.number, b.route_position, b.number, b.name
        """,
        community=asker.community_id,
        grid=_own_grid(asker),
    )


def _own_grid(asker: Asker) -> int | None:
    if asker.role not in APPOINTERS:
        raise NotAllowedError("anchor households are the grid lead's and the coordinator's matter", role=asker.role)
    return asker.grid() if asker.role == Role.GRID_LEAD else None


def _building_for_update(asker: Asker, household_id: int, *, active: bool = True) -> int:
    """Lock the building of a household that the asker is responsible for, so that appointing takes turns; return it."""
    found = row(
        """
        SELECT b.id FROM household AS h JOIN building AS b ON b.id = h.building_id
        WHERE h.id = :home AND h.community_id = :community AND (h.active OR NOT :active)
          AND (CAST(:grid AS bigint) IS NULL OR b.grid_id = :grid)
        FOR NO KEY UPDATE OF b
        """,
        home=household_id,
        community=asker.community_id,
        grid=_own_grid(asker),
        active=active,
    )
    if found is None:
        raise NotFoundError("no such household", household=household_id)
    return int(found.id)
