"""Whose orders somebody may enter: the own, those of the lead's grid in the cycle, an anchor's neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import row, scalar
from supplyhub.errors import NotFoundError
from supplyhub.ordering.errors import CannotOrderError
from supplyhub.people.states import Role
from supplyhub.residents.anchors import NEIGHBOUR_OF_ANCHOR

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

# The cycle that a menu or the caller names.
MEANT = "coalesce(CAST(:cycle AS bigint), (SELECT cycle_id FROM menu WHERE id = :menu))"
IN_CYCLE = f"""EXISTS (
    SELECT FROM cycle_building AS cb
    WHERE cb.building_id = h.building_id AND (CAST(:grid AS bigint) IS NULL OR cb.grid_id = :grid) AND cb.cycle_id = {MEANT})"""
# Values: community, grid (a lead's), anchor (a resident's household), cycle or menu. An anchor's neighbours are those
# who take part in a cycle under way; a lead looks back, too.
REACHED = f"""
    h.community_id = :community AND CASE
      WHEN CAST(:anchor AS bigint) IS NULL THEN CAST(:grid AS bigint) IS NULL OR {IN_CYCLE}
      ELSE h.active AND {NEIGHBOUR_OF_ANCHOR} AND {IN_CYCLE}
           AND EXISTS (SELECT FROM cycle WHERE id = {MEANT} AND state <> 'closed')
    END"""


def check_reach(asker: Asker, household_id: int, *, menu_id: int | None = None, cycle_id: int | None = None) -> None:
    """Refuse as unknown (NotFoundError) a household that isn't the asker's to order for in this menu or cycle."""
    if asker.household_id == household_id:
        return
    found = scalar(
        f"SELECT h.id FROM household AS h WHERE h.id = :home AND {REACHED}",
        home=household_id,
        community=asker.community_id,
        anchor=asker.household() if asker.role == Role.RESIDENT else None,
        grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
        cycle=cycle_id,
        menu=menu_id,
    )
    if found is None:
        raise NotFoundError("no such household", household=household_id)


def check_part(asker: Asker, cycle_id: int, household_id: int) -> None:
    """Refuse a cycle that is closed or another community's (NotFoundError), and a household that has no part in it."""
    cycle = row(
        """
        SELECT EXISTS (
          SELECT FROM household AS h JOIN cycle_building AS b ON b.building_id = h.building_id AND b.cycle_id = c.id
          WHERE h.id = :home AND h.active) AS has_part
        FROM cycle AS c WHERE c.id = :cycle AND c.community_id = :community AND c.state <> 'closed'
        """,
        cycle=cycle_id,
        community=asker.community_id,
        home=household_id,
    )
    if cycle is None:
        raise NotFoundError("no such cycle that is still under way", cycle=cycle_id)
    if not cycle.has_part:
        raise CannotOrderError(household=household_id)


def lock_household(household_id: int) -> None:
    """Lock a household, as placing its order does first: an order and a "no" of one household take turns."""
    scalar("SELECT id FROM household WHERE id = :home FOR NO KEY UPDATE", home=household_id)
