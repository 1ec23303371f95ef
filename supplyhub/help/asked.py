"""What a household has asked for, as its own pages show it: what was done in words for it, never what others noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.help.queries import steps_of
from supplyhub.help.states import HelpStepKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Who read it, who may, what colleagues noted and when it was late stays among those who handle it.
FOR_OTHERS = {
    HelpStepKind.NOTED,
    HelpStepKind.READ,
    HelpStepKind.NAMED,
    HelpStepKind.UNNAMED,
    HelpStepKind.OVERDUE,
    HelpStepKind.OVERDUE_SEEN,
    HelpStepKind.MERGED_IN,
}
SHOWN = 20


def told_steps(request: Row[Any]) -> list[Row[Any]]:
    """Return the steps of a request that its household reads, in order: fields as `queries.steps_of`."""
    return [step for step in steps_of(request) if step.step not in FOR_OTHERS]


def asked_for_others(asker: Asker) -> list[Row[Any]]:
    """Return what an anchor household asked for its neighbours, the newest first; what they said stays theirs.

    Fields: code, kind, state, opened_at, building_number, building_name, unit, unit_number, door.
    """
    return rows(
        """
        SELECT r.code, r.kind, r.state, r.opened_at, b.number AS building_number, b.name AS building_name, h.unit,
               h.unit_number, h.door
        FROM help_request AS r JOIN household AS h ON h.id = r.household_id JOIN building AS b ON b.id = h.building_id
        WHERE r.opened_by = :me AND r.household_id <> :home ORDER BY r.id DESC LIMIT :most
        """,
        me=asker.account_id,
        home=asker.household(),
        most=SHOWN,
    )
