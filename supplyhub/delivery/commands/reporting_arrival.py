"""A parcel that counts as delivered did not arrive: somebody of the house says so, and the lead looks into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import row, rows, transaction
from supplyhub.delivery.arrivals import REPORTABLE_HOURS
from supplyhub.delivery.inbox import about, open_items
from supplyhub.delivery.states import InboxKind, StopOutcome
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.anchors import anchored_building

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

LONGEST_NOTE = 200


def report_not_arrived(asker: Asker, parcel_code: str, *, note: str = "") -> bool:
    """Report that a delivered parcel did not arrive, for the lead to look into; tell whether it is the first to say so.

    For the household, the anchor household of its building and the grid's lead, within a day of the delivery. Raises
    NotFoundError for everybody else, ConflictError for a parcel that isn't delivered or was so long ago, InvalidError for
    a note of more than 200 characters.
    """
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidError("the note is too long", note=len(note))
    with transaction():
        stop = _stop_for_update(asker, parcel_code)
        reported = rows(
            "INSERT INTO arrival_report (stop_id, grid_id, reported_by, note) SELECT :stop, :grid, :by, :note"
            " WHERE :may ON CONFLICT DO NOTHING RETURNING stop_id",
            stop=stop.id,
            grid=stop.grid_id,
            by=asker.account_id,
            note=note,
            may=stop.in_time and not stop.reported,
        )
        if not reported and not stop.reported:
            raise ConflictError("this can be reported for a day after the delivery", outcome=stop.outcome)
        if reported:
            open_items(InboxKind.NOT_ARRIVED, [about(stop)])
        return bool(reported)


def _stop_for_update(asker: Asker, parcel_code: str) -> Row[Any]:
    """Lock the stop of a parcel of the asker's own, of the anchor's building, or of the lead's grid."""
    stop = row(
        """
        SELECT s.id, s.ticket_id, s.grid_id, t.cycle_id, s.outcome, r.stop_id IS NOT NULL AS reported,
               coalesce(s.outcome = :delivered AND s.happened_at > clock_timestamp() - make_interval(hours => :hours), false)
                 AS in_time
        FROM stop AS s
        JOIN parcel AS p ON p.id = s.parcel_id
        JOIN orders AS o ON o.id = s.order_id
        JOIN ticket AS t ON t.id = s.ticket_id
        JOIN grid AS g ON g.id = s.grid_id
        LEFT JOIN arrival_report AS r ON r.stop_id = s.id
        WHERE p.code = :code AND g.community_id = :community
          AND (o.household_id = :home OR o.building_id = :building OR s.grid_id = :grid)
        FOR UPDATE OF s
        """,
        code=read_code(parcel_code),
        delivered=StopOutcome.DELIVERED,
        hours=REPORTABLE_HOURS,
        community=asker.community_id,
        home=asker.household_id,
        building=anchored_building(asker),
        grid=asker.grid_id if asker.role == Role.GRID_LEAD else None,
    )
    if stop is None:
        raise NotFoundError("no such parcel", parcel=parcel_code[:20])
    return stop
