"""Reads of the depot: purchase orders, shortages, batches, stock. No phone, no name of a household, no care.

All of them are scoped to the asker's community; rows carry the fields that their docstrings name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

PURCHASE_ORDER = """
    SELECT o.id, o.cycle_id, p.name AS platform, o.state, o.created_at, o.sent_at, o.received_at,
           l.lines, l.cases, l.units, l.cost_fen, coalesce(r.units, 0) AS received_units, coalesce(r.lines, 0) AS lines_seen
    FROM purchase_order AS o
    JOIN cycle AS c ON c.id = o.cycle_id
    JOIN platform AS p ON p.id = o.platform_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, sum(cases)::bigint AS cases, sum(quantity)::bigint AS units,
               sum(quantity * cost_fen)::bigint AS cost_fen
        FROM purchase_order_line WHERE purchase_order_id = o.id
    ) AS l
    LEFT JOIN LATERAL (
        SELECT sum(lot.received)::bigint AS units, count(DISTINCT lot.purchase_order_line_id) AS lines
        FROM receipt JOIN lot ON lot.receipt_id = receipt.id WHERE receipt.purchase_order_id = o.id
    ) AS r ON true
    WHERE c.community_id = :community
"""


@dataclass(frozen=True, slots=True)
class PurchaseOrderView:
    """A purchase order with its lines and what has come so far.

    lines: id, sku, name_zh, name_en, unit, picture, demand, from_shelf, case_size, cases, quantity, cost_fen (a unit),
    received, usual_expiry (a date: today + shelf life)
    receipts: id, delivery_note, received_at, received_by (a display name), lines, units
    """

    order: Row[Any]
    lines: list[Row[Any]]
    receipts: list[Row[Any]]


def purchase_orders_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return a cycle's purchase orders by platform.

    Fields: id, cycle_id, platform, state, created_at, sent_at, received_at, lines, cases, units, cost_fen (all units),
    received_units, lines_seen (lines of which something came).
    """
    return rows(
        f"{PURCHASE_ORDER} AND o.cycle_id = :cycle ORDER BY p.name",
        community=asker.community_id,
        cycle=cycle_id,
    )


def purchase_order_for(asker: Asker, purchase_order_id: int) -> PurchaseOrderView:
    """Return a purchase order with lines and receipts. Raises NotFoundError."""
    order = row(
        f"{PURCHASE_ORDER} AND o.id = :id",
        community=asker.community_id,
        id=purchase_order_id,
    )
    if order is None:
        raise NotFoundError("no such purchase order", purchase_order=purchase_order_id)
    lines = purchase_lines_of([purchase_order_id])
    receipts = rows(
        """
        SELECT r.id, r.delivery_note, r.received_at, a.display_name AS received_by, count(lot.id) AS lines,
               coalesce(sum(lot.received), 0)::bigint AS units
        FROM receipt AS r JOIN account AS a ON a.id = r.received_by LEFT JOIN lot ON lot.receipt_id = r.id
        WHERE r.purchase_order_id = :id GROUP BY r.id, a.display_name ORDER BY r.id
        """,
        id=purchase_order_id,
    )
    return PurchaseOrderView(order, lines, receipts)


def purchase_lines_of(purchase_order_ids: list[int]) -> list[Row[Any]]:
    """Return the lines of some purchase orders by SKU, each with its `purchase_order_id`; see PurchaseOrderView."""
    return rows(
        """
        SELECT l.id, l.purchase_order_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, l.demand, l.from_shelf,
               l.case_size, l.cases, l.quantity, l.cost_fen, coalesce(r.received, 0) AS received,
               (now() AT TIME ZONE m.timezone)::date + p.shelf_life_days::integer AS usual_expiry
        FROM purchase_order_line AS l
        JOIN offer AS o ON o.id = l.offer_id
        JOIN product AS p ON p.id = o.product_id
        JOIN community AS m ON m.id = p.community_id
        LEFT JOIN LATERAL (
            SELECT sum(received)::bigint AS received FROM lot WHERE purchase_order_line_id = l.id
        ) AS r ON true
        WHERE l.purchase_order_id = ANY (:orders) ORDER BY p.sku
        """,
        orders=purchase_order_ids,
    )


def shortages_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return what is short of a cycle after it was shared out, the largest gap first; empty before.

    Fields: product_id, sku, name_zh, name_en, unit, picture, ordered, allocated, short, and how many lines got all
    (`full_lines`), a part (`part_lines`), nothing (`empty_lines`).
    """
    return rows(
        """
        SELECT p.id AS product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, sum(a.ordered)::bigint AS ordered,
               sum(a.allocated)::bigint AS allocated, sum(a.ordered - a.allocated)::bigint AS short,
               count(*) FILTER (WHERE a.allocated = a.ordered) AS full_lines,
               count(*) FILTER (WHERE a.allocated BETWEEN 1 AND a.ordered - 1) AS part_lines,
               count(*) FILTER (WHERE a.allocated = 0) AS empty_lines
        FROM allocation AS a
        JOIN cycle AS c ON c.id = a.cycle_id
        JOIN menu_item AS i ON i.id = a.item_id
        JOIN offer AS o ON o.id = i.offer_id
        JOIN product AS p ON p.id = o.product_id
        WHERE a.cycle_id = :cycle AND c.community_id = :community
        GROUP BY p.id HAVING sum(a.ordered - a.allocated) > 0 ORDER BY short DESC, p.sku
        """,
        cycle=cycle_id,
        community=asker.community_id,
    )


def stock_for(asker: Asker, *, limit: int = 500, offset: int = 0) -> list[Row[Any]]:
    """Return the lots of which something is still here, expiring first.

    Fields: id, sku, name_zh, name_en, unit, picture, expires_on, cycle_number (that it serves), received, and units at
    each place: inbound, shelf, packed, returned.
    """
    return rows(
        """
        SELECT l.id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, l.expires_on, c.number AS cycle_number, l.received,
               s.inbound, s.shelf, s.packed, s.returned
        FROM lot AS l
        JOIN product AS p ON p.id = l.product_id
        JOIN cycle AS c ON c.id = l.serves_cycle_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(quantity) FILTER (WHERE place = 'inbound'), 0)::bigint AS inbound,
                   coalesce(sum(quantity) FILTER (WHERE place = 'shelf'), 0)::bigint AS shelf,
                   coalesce(sum(quantity) FILTER (WHERE place = 'packed'), 0)::bigint AS packed,
                   coalesce(sum(quantity) FILTER (WHERE place = 'returned'), 0)::bigint AS returned
            FROM stock_level WHERE lot_id = l.id
        ) AS s
        WHERE p.community_id = :community AND s.inbound + s.shelf + s.packed + s.returned > 0
        ORDER BY l.expires_on, p.sku, l.id LIMIT :limit OFFSET :offset
        """,
        community=asker.community_id,
        limit=limit,
        offset=offset,
    )


def count_stock_for(asker: Asker) -> int:
    """Return how many lots `stock_for` finds."""
    return int(
        scalar(
            """
            SELECT count(DISTINCT l.id) FROM lot AS l
            JOIN product AS p ON p.id = l.product_id
            JOIN stock_level AS s ON s.lot_id = l.id AND s.quantity > 0
                 AND s.place IN ('inbound', 'shelf', 'packed', 'returned')
            WHERE p.community_id = :community
            """,
            community=asker.community_id,
        )
    )


def purchase_order_for_update(asker: Asker, purchase_order_id: int) -> Row[Any]:
    """Lock a purchase order; with `delivery_on` of its cycle and `today` in the community. Raises NotFoundError."""
    order = row(
        """
        SELECT o.id, o.cycle_id, o.state, c.delivery_on, (now() AT TIME ZONE m.timezone)::date AS today, m.timezone
        FROM purchase_order AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN community AS m ON m.id = c.community_id
        WHERE o.id = :id AND c.community_id = :community FOR NO KEY UPDATE OF o
        """,
        id=purchase_order_id,
        community=asker.community_id,
    )
    if order is None:
        raise NotFoundError("no such purchase order", purchase_order=purchase_order_id)
    return order
