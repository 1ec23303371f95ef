"""Which households of a grid have still to pay: for its lead. Who pays for whom isn't said; what is covered is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.ordering.queries import SORT
from supplyhub.payments.balance import BALANCE

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# A subquery, a row a live order of a cycle in a grid: order_id, owes.
STANDING = f"""
    SELECT b.order_id, b.owed_fen > 0
           AND NOT EXISTS (SELECT FROM cover WHERE order_id = b.order_id AND ended_at IS NULL) AS owes
    FROM ({BALANCE.format(orders="o.cycle_id = :cycle AND o.grid_id = :grid AND o.state = 'placed'")}) AS b
"""


def owing_counts(asker: Asker, cycle_id: int) -> Row[Any]:
    """Return how many orders of the lead's grid in a cycle are paid, and how many unpaid; together they are all of them."""
    found = row(
        f"SELECT count(*) FILTER (WHERE NOT owes) AS paid, count(*) FILTER (WHERE owes) AS unpaid FROM ({STANDING}) AS s",
        cycle=cycle_id,
        grid=asker.grid(),
    )
    if found is None:
        raise LookupError(cycle_id)
    return found


def owing_homes(asker: Asker, cycle_id: int, *, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Return the households of the lead's grid that have still to pay; those whose goods soon go to others come first.

    Fields: household_id, the door, order_id, menu_id, hold_until. Not how much: that stands on the order.
    """
    return rows(
        f"""
        SELECT h.id AS household_id, h.unit, h.unit_number, h.floor, h.door, b.number AS building_number,
               b.name AS building_name, o.id AS order_id, o.menu_id, o.hold_until
        FROM ({STANDING}) AS s
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = h.building_id
        JOIN grid AS g ON g.id = o.grid_id
        WHERE s.owes ORDER BY o.hold_until NULLS LAST, {SORT} LIMIT :limit OFFSET :offset
        """,
        cycle=cycle_id,
        grid=asker.grid(),
        limit=limit,
        offset=offset,
    )
