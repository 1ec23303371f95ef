"""What is owed for an order: derived from the journal, and until its orders are booked from its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

# A subquery, a row an order: order_id, value_fen (what it is worth), paid_fen (by anybody, less what went back), owed_fen
# (their difference; negative: too much was paid), booked (its value stands in the journal). `{orders}` says which orders o.
# The orders of cycles that closed before there was a journal are worth nothing in it.
BALANCE = """
    SELECT o.id AS order_id, v.fen AS value_fen, coalesce(b.paid, 0)::bigint AS paid_fen,
           (v.fen - coalesce(b.paid, 0))::bigint AS owed_fen, b.value IS NOT NULL AS booked
    FROM orders AS o
    JOIN cycle AS y ON y.id = o.cycle_id
    LEFT JOIN LATERAL (
        SELECT sum(p.amount_fen) FILTER (WHERE e.kind IN ('ordered', 'shared', 'packed', 'returned', 'credited')) AS value,
               -sum(p.amount_fen) FILTER (WHERE e.kind NOT IN ('ordered', 'shared', 'packed', 'returned', 'credited')) AS paid
        FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
        WHERE p.order_id = o.id AND p.account = 'household'
    ) AS b ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(b.value, CASE WHEN o.state = 'placed' AND y.state <> 'closed' THEN o.total_fen ELSE 0 END)::bigint AS fen
    ) AS v
    WHERE {orders}
"""


def balance_of(order_id: int) -> Row[Any] | None:
    """Return an order's value_fen, paid_fen, owed_fen and whether it is booked; None for no such order."""
    return row(BALANCE.format(orders="o.id = :order"), order=order_id)
