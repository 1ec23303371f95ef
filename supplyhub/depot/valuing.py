"""What the goods of an order are worth, as they go on their way; the journal is told in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar
from supplyhub.payments.journal import book_changes
from supplyhub.payments.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

# A subquery, a row a kind of goods of orders o: order_id, item_id (the line they are for), goods_item_id (the item they are),
# units, price_fen, substitute. A line that isn't shared out yet counts with what it ordered and takes to fill a case.
GOODS = """
    SELECT l.order_id, l.item_id, l.item_id AS goods_item_id, coalesce(a.allocated, l.quantity + coalesce(f.units, 0)) AS units,
           l.unit_price_fen AS price_fen, false AS substitute
    FROM order_line AS l
    LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
    LEFT JOIN case_fill AS f ON f.order_id = l.order_id AND f.item_id = l.item_id
    UNION ALL
    SELECT order_id, item_id, substitute_item_id, units, unit_price_fen, true FROM substitution
"""

# A subquery beside an order o, its parcel p and that one's stop s, a row a line of it: item_id, substitute, goods_item_id,
# units (but what was missing when they were packed), fen, kept (units that were not left at the door; None for none). What is
# sold by weight costs by the grams packed.
LINES = f"""
    SELECT c.item_id, c.substitute, c.goods_item_id, c.units - coalesce(m.units, 0) AS units,
           CASE WHEN w.grams IS NULL THEN (c.units - coalesce(m.units, 0)) * c.price_fen
             ELSE round(w.grams::numeric * c.price_fen / d.unit_weight_grams)::bigint END AS fen,
           k.units AS kept
    FROM ({GOODS}) AS c
    JOIN menu_item AS i ON i.id = c.goods_item_id
    JOIN offer AS f ON f.id = i.offer_id
    JOIN product AS d ON d.id = f.product_id
    LEFT JOIN packing_short AS m ON m.parcel_id = p.id AND m.item_id = c.item_id AND m.substitute = c.substitute
    LEFT JOIN parcel_weight AS w ON w.parcel_id = p.id AND w.item_id = c.item_id AND w.substitute = c.substitute
    LEFT JOIN kept_back AS k ON k.entry_id = s.entry_id AND k.item_id = c.item_id AND k.substitute = c.substitute
    WHERE c.order_id = o.id
"""

# A subquery, a row an order: order_id, cycle_id, fen. Its goods, less what was not left at the door. A parcel that came back
# is worth nothing to its household. Credits make it less, never less than nothing. `{{orders}}` says which orders o it is for.
WORTH = f"""
    SELECT o.id AS order_id, o.cycle_id, greatest(0, CASE
             WHEN o.state = 'cancelled' OR p.state = 'returned' THEN 0 ELSE coalesce(goods.fen, 0)
           END - coalesce(credited.fen, 0))::bigint AS fen
    FROM orders AS o
    LEFT JOIN parcel AS p ON p.order_id = o.id
    LEFT JOIN stop AS s ON s.parcel_id = p.id
    LEFT JOIN LATERAL (
        SELECT sum(CASE WHEN kept IS NULL THEN fen ELSE round(fen::numeric * (units - kept) / units) END) AS fen
        FROM ({LINES}) AS line
    ) AS goods ON true
    LEFT JOIN LATERAL (
        SELECT sum(amount_fen) AS fen FROM credit WHERE order_id = o.id AND state = 'given'
    ) AS credited ON true
    WHERE {{orders}}
"""

# A subquery, a row an order: order_id, fen; what the journal says it is worth.
BOOKED = """
    SELECT p.order_id, sum(p.amount_fen) AS fen FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
    WHERE p.account = 'household' AND e.kind IN ('ordered', 'shared', 'packed', 'returned', 'credited') AND {orders}
    GROUP BY p.order_id
"""

ORDERED = """
    SELECT o.id AS order_id, o.total_fen + coalesce(f.fen, 0) AS fen
    FROM orders AS o
    LEFT JOIN (
        SELECT f.order_id, sum(f.units * l.unit_price_fen)::bigint AS fen
        FROM case_fill AS f JOIN order_line AS l ON l.order_id = f.order_id AND l.item_id = f.item_id
        WHERE f.cycle_id = :cycle GROUP BY f.order_id
    ) AS f ON f.order_id = o.id
    WHERE o.cycle_id = :cycle AND o.state = 'placed'
"""

# Of all lines only those that got less than they asked for, and what stands in for them.
SHARED = """
    SELECT order_id, sum(fen)::bigint AS fen FROM (
        SELECT a.order_id, (a.allocated - a.ordered) * l.unit_price_fen AS fen
        FROM allocation AS a JOIN order_line AS l ON l.order_id = a.order_id AND l.item_id = a.item_id
        WHERE a.cycle_id = :cycle AND a.allocated < a.ordered
        UNION ALL
        SELECT order_id, units * unit_price_fen FROM substitution WHERE cycle_id = :cycle
    ) AS change GROUP BY order_id
"""


def book_ordered(cycle_id: int) -> None:
    """Book what every order of a cycle is worth, once, after its orders are final. In the caller's transaction."""
    scalar("SELECT id FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=cycle_id)
    booked = "SELECT count(*) FROM journal_entry WHERE cycle_id = :cycle AND kind = 'ordered'"
    if not scalar(booked, cycle=cycle_id):
        book_changes(cycle_id, EntryKind.ORDERED, ORDERED)


def book_shared(cycle_id: int) -> None:
    """Book what the sharing-out took from orders, and gave them instead. In its transaction, once."""
    book_ordered(cycle_id)
    book_changes(cycle_id, EntryKind.SHARED, SHARED)


def book_worth(
    cycle_id: int, kind: EntryKind, orders: Sequence[int], *, by: int | None = None, credit: int | None = None
) -> None:
    """Book what some orders of a cycle are worth now, against what is booked. In the transaction of the goods.

    Nothing is booked before the orders of the cycle are: they then come as they are. The orders are locked first: two
    changes of one order are booked one after the other.
    """
    execute("SELECT FROM orders WHERE id = ANY (:orders) ORDER BY id FOR NO KEY UPDATE", orders=list(orders))
    changes = f"""
        SELECT w.order_id, w.fen - b.fen AS fen
        FROM ({WORTH.format(orders="o.id = ANY (:orders)")}) AS w
        JOIN ({BOOKED.format(orders="p.order_id = ANY (:orders)")}) AS b USING (order_id)
    """
    book_changes(cycle_id, kind, changes, by=by, credit=credit, orders=list(orders))
