"""A menu as one household stands before it, and what it had before. The caller has found the door through a scoped query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row


def shelf_for(menu_id: int, household_id: int) -> list[Row[Any]]:
    """Return a menu's items in its order with what the household ordered of each: one query for the whole page.

    Of the item: what it is, other names (and how they sound), price and cost in fen, offered, left, cap, withdrawn_at,
    late_until (its own cut-off), case_size.
    Of the household: ordered (units), ordered_at_fen, consent, substitute, most; each None without a line. The same in every
    row: order_id, version, state, total_fen, note and hold_until of its order (None without one), earlier (its last order of an
    earlier cycle, or None), edited (something was changed since the menu was published), has_pack (a care pack comes in this
    cycle), is_anchor (of its building).
    """
    return rows(
        """
        SELECT i.id, i.position, p.id AS product_id, p.name_zh, p.name_en, p.pinyin, p.category, p.unit, p.unit_weight_grams,
               p.picture, i.price_fen, i.cost_fen, i.offered, i.offered - i.reserved AS left, i.cap, i.withdrawn_at,
               i.late_until, f.case_size,
               ARRAY(SELECT a.alias FROM product_alias AS a WHERE a.product_id = p.id ORDER BY a.id) AS aliases,
               ARRAY(SELECT a.pinyin FROM product_alias AS a WHERE a.product_id = p.id ORDER BY a.id) AS aliases_said,
               l.quantity AS ordered, l.unit_price_fen AS ordered_at_fen, l.consent, l.substitute_item_id AS substitute,
               l.most,
               o.id AS order_id, o.version, o.state, o.total_fen, o.note, o.hold_until,
               (SELECT e.id FROM orders AS e
                WHERE e.household_id = :home AND e.state = 'placed' AND e.channel <> 'care_pack'
                  AND e.cycle_id < (SELECT cycle_id FROM menu WHERE id = :menu)
                ORDER BY e.cycle_id DESC LIMIT 1) AS earlier,
               EXISTS (SELECT FROM menu_edit WHERE menu_id = :menu) AS edited,
               EXISTS (SELECT FROM care_pack_share AS s JOIN care_pack AS k ON k.id = s.pack_id
                       WHERE s.household_id = :home AND s.declined_at IS NULL AND s.dropped_at IS NULL
                         AND k.cycle_id = (SELECT cycle_id FROM menu WHERE id = :menu)) AS has_pack,
               EXISTS (SELECT FROM anchor_household AS n JOIN household AS h ON h.id = n.household_id AND h.active
                       WHERE n.household_id = :home AND n.ended_at IS NULL) AS is_anchor
        FROM menu_item AS i JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        LEFT JOIN orders AS o ON o.menu_id = i.menu_id AND o.household_id = :home
        LEFT JOIN order_line AS l ON l.order_id = o.id AND l.item_id = i.id
        WHERE i.menu_id = :menu AND NOT i.for_care ORDER BY i.position
        """,
        menu=menu_id,
        home=household_id,
    )


def lines_before(order_id: int) -> list[Row[Any]]:
    """Return what an order asked for, by product, no care pack: product_id, name_zh, name_en, quantity."""
    return rows(
        """
        SELECT p.id AS product_id, p.name_zh, p.name_en, l.quantity
        FROM order_line AS l JOIN menu_item AS i ON i.id = l.item_id JOIN offer AS f ON f.id = i.offer_id
        JOIN product AS p ON p.id = f.product_id
        WHERE l.order_id = :order AND NOT i.for_care ORDER BY i.position
        """,
        order=order_id,
    )


def withdrawn_lines(order_id: int) -> list[Row[Any]]:
    """Return the lines that an order lost because their items were withdrawn: what, quantity, unit_price_fen, withdrawn_at."""
    return rows(
        """
        SELECT w.item_id, p.name_zh, p.name_en, p.unit, w.quantity, w.unit_price_fen, w.withdrawn_at
        FROM withdrawn_line AS w JOIN menu_item AS i ON i.id = w.item_id JOIN offer AS f ON f.id = i.offer_id
        JOIN product AS p ON p.id = f.product_id
        WHERE w.order_id = :order ORDER BY w.withdrawn_at, i.position
        """,
        order=order_id,
    )
