"""Whether a parcel that counts as delivered has arrived: who says that it hasn't, and what became of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

REPORTABLE_HOURS = 24


def arrival_of(order_id: int) -> Row[Any] | None:
    """Return what was said of an order's delivered parcel; None before it is delivered. Ask whose the order is first.

    Fields: parcel (its code), until (how long it can be reported), may_report, reported_at, note, cleared_at
    and answer (how the lead's search ended); each None before its time.
    """
    return row(
        """
        SELECT p.code AS parcel, s.happened_at + make_interval(hours => :hours) AS until, r.reported_at, r.note, i.cleared_at,
               i.note AS answer,
               r.stop_id IS NULL AND s.happened_at > clock_timestamp() - make_interval(hours => :hours) AS may_report
        FROM parcel AS p
        JOIN stop AS s ON s.parcel_id = p.id
        LEFT JOIN arrival_report AS r ON r.stop_id = s.id
        LEFT JOIN inbox_item AS i ON i.stop_id = s.id AND i.kind = 'not_arrived'
        WHERE p.order_id = :order AND (s.outcome = 'delivered' OR r.stop_id IS NOT NULL)
        """,
        order=order_id,
        hours=REPORTABLE_HOURS,
    )
