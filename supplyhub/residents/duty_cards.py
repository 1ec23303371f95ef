"""A grid's duty card as somebody reads it: the lines, the anchor households, who is on duty now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.people.duty import lines_of, written_grid
from supplyhub.people.roster import on_duty_in_grid
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.people.duty import DutyLine


@dataclass(frozen=True, slots=True)
class DutyCard:
    """What stands on a card.

    `leads` are the names of the grid's leads, for a card that says nothing yet. `anchors` have building_number,
    building_name, unit, unit_number, door; `on_duty` have name and ends_at; `point_id` is the grid's delivery point, or None.
    """

    grid_id: int
    grid_number: int
    grid_name: str
    point_id: int | None
    lines: list[DutyLine]
    leads: list[str]
    anchors: list[Row[Any]]
    on_duty: list[Row[Any]]

    @property
    def on_duty_until(self) -> dict[str, Any]:
        """Return until when who is on duty now is, by name."""
        return {person.name: person.ends_at for person in self.on_duty}


def duty_card_for(asker: Asker, *, vault: Vault, grid: int | None = None) -> DutyCard:
    """Return the card of the asker's grid: where a resident lives, a lead or volunteer works; a coordinator names it.

    Raises NotFoundError for a grid that isn't the asker's, and for a resident whose building has none yet.
    """
    found = row("SELECT id, number, name, delivery_point_id FROM grid WHERE id = :grid", grid=_grid_of(asker, grid))
    if found is None:
        raise NotFoundError("this door has no grid yet")
    return DutyCard(
        found.id,
        found.number,
        found.name,
        found.delivery_point_id,
        lines_of(found.id, vault=vault),
        [lead.display_name for lead in rows(LEADS, grid=found.id)],
        rows(ANCHORS, grid=found.id),
        on_duty_in_grid(found.id),
    )


LEADS = "SELECT display_name FROM account WHERE grid_id = :grid AND role = 'grid_lead' AND active ORDER BY id"
ANCHORS = """
    SELECT b.number AS building_number, b.name AS building_name, h.unit, h.unit_number, h.door
    FROM anchor_household AS n JOIN household AS h ON h.id = n.household_id AND h.active
    JOIN building AS b ON b.id = n.building_id
    WHERE b.grid_id = :grid AND n.ended_at IS NULL ORDER BY b.route_position, b.number, b.name
"""


def _grid_of(asker: Asker, grid: int | None) -> int | None:
    if asker.role == Role.RESIDENT:
        home = row(
            "SELECT b.grid_id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE h.id = :home",
            home=asker.household(),
        )
        return home.grid_id if home else None
    if grid is not None:
        return written_grid(asker, grid)
    return asker.grid()
