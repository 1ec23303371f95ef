"""Law 1: what is promised is on offer, within the cap, before the cut-off."""

from supplyhub.audit.law import Check, Law
from supplyhub.audit.laws.draws import DRAWS
from supplyhub.audit.laws.packs import LAID_IN_AS_PROMISED, WITHIN_WHAT_WAS_GIVEN

OFFER = Law(
    1,
    "Offer",
    "供应",
    checks=(
        Check(
            # What was asked for in a draw is no live line before it is drawn.
            "reserved is the sum of live lines, within the quantity on offer",
            """
            SELECT i.id AS item, i.menu_id AS menu, i.offered, i.reserved, coalesce(l.units, 0) AS live_units
            FROM menu_item AS i
            LEFT JOIN (
              SELECT l.item_id, sum(l.quantity) AS units
              FROM order_line AS l JOIN orders AS o ON o.id = l.order_id JOIN menu AS m ON m.id = o.menu_id
              LEFT JOIN draw AS d ON d.menu_id = m.id
              WHERE o.state = 'placed' AND (m.mode <> 'draw' OR d.drawn_at IS NOT NULL) GROUP BY l.item_id
            ) AS l ON l.item_id = i.id
            WHERE i.reserved <> coalesce(l.units, 0) OR i.reserved > i.offered OR i.reserved < 0
            ORDER BY i.id
            """,
            "SELECT count(*) FROM menu_item",
        ),
        Check(
            "no household is above its cap",
            """
            SELECT l.order_id AS "order", l.item_id AS item, l.quantity, l.most, i.cap
            FROM order_line AS l JOIN menu_item AS i ON i.id = l.item_id
            WHERE greatest(l.quantity, l.most) > i.cap ORDER BY l.order_id, l.item_id
            """,
            "SELECT count(*) FROM order_line",
        ),
        Check(
            "no order outside the menu's hours",
            """
            SELECT o.id AS "order", o.menu_id AS menu, o.placed_at, o.changed_at, m.opens_at,
                   coalesce(m.late_until, m.cutoff_at) AS closes_at
            FROM orders AS o JOIN menu AS m ON m.id = o.menu_id
            WHERE greatest(o.placed_at, o.changed_at) >= coalesce(m.late_until, m.cutoff_at) OR o.placed_at < m.opens_at
            ORDER BY o.id
            """,
            "SELECT count(*) FROM orders",
        ),
        Check(
            "a cancelled order has no lines",
            """
            SELECT o.id AS "order", count(*) AS lines
            FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
            WHERE o.state = 'cancelled' GROUP BY o.id ORDER BY o.id
            """,
            "SELECT count(*) FROM orders WHERE state = 'cancelled'",
        ),
        *DRAWS,
        Check(
            # What was placed before and changed since had its other lines already.
            "an order placed after the cut-off has late items only",
            """
            SELECT o.id AS "order", l.item_id AS item, o.placed_at, m.cutoff_at, i.late_until
            FROM orders AS o JOIN menu AS m ON m.id = o.menu_id
            JOIN order_line AS l ON l.order_id = o.id JOIN menu_item AS i ON i.id = l.item_id
            WHERE o.placed_at >= m.cutoff_at AND o.placed_at >= coalesce(i.late_until, m.cutoff_at) AND NOT i.for_care
            ORDER BY o.id, l.item_id
            """,
            "SELECT count(*) FROM orders AS o JOIN menu AS m ON m.id = o.menu_id WHERE o.placed_at >= m.cutoff_at",
        ),
        Check(
            "a menu closes with the latest of its late items",
            """
            SELECT m.id AS menu, m.late_until, max(i.late_until) AS items_until
            FROM menu AS m JOIN menu_item AS i ON i.menu_id = m.id
            GROUP BY m.id HAVING m.late_until IS DISTINCT FROM max(i.late_until)
              OR min(i.late_until) <= m.cutoff_at OR max(i.late_until) IS NOT NULL AND m.mode = 'draw' ORDER BY m.id
            """,
            "SELECT count(*) FROM menu WHERE late_until IS NOT NULL",
        ),
        WITHIN_WHAT_WAS_GIVEN,
        LAID_IN_AS_PROMISED,
    ),
)
