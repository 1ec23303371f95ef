"""Reads of buying: purchase orders, their lines and what has come, and what the shelf still has of earlier cycles.

All of them are scoped to the asker's community; rows carry the fields that their docstrings name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

PURCHASE_ORDER = """
    SELECT o.id, o.cycle_id, c.number AS cycle_number, c.delivery_on, p.id AS platform_id, p.name AS platform,
           p.minimum_order_fen, o.state, o.created_at, o.sent_at, o.confirmed_at, o.received_at, o.closed_at,
           l.lines, l.cases, l.units, l.cost_fen, l.expected_units, l.expected_cost_fen,
           coalesce(r.units, 0) AS received_units, coalesce(r.lines, 0) AS lines_seen
    FROM purchase_order AS o
    JOIN cycle AS c ON c.id = o.cycle_id
    JOIN platform AS p ON p.id = o.platform_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, sum(cases)::bigint AS cases, sum(quantity)::bigint AS units,
               sum(quantity * cost_fen)::bigint AS cost_fen,
               sum(coalesce(confirmed_quantity, quantity))::bigint AS expected_units,
               sum(coalesce(confirmed_quantity, quantity) * coalesce(confirmed_cost_fen, cost_fen))::bigint
                   AS expected_cost_fen
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

    lines: see `purchase_lines_of`
    receipts: id, delivery_note, received_at, received_by (a display name), lines, units
    """

    order: Row[Any]
    lines: list[Row[Any]]
    receipts: list[Row[Any]]


def purchase_orders_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return a cycle's purchase orders by platform.

    Fields: id, cycle_id, cycle_number, delivery_on, platform_id, platform, minimum_order_fen, state, created_at, sent_at,
    confirmed_at, received_at, closed_at, lines, cases, units, cost_fen (all units as ordered), expected_units and
    expected_cost_fen (as confirmed, else as ordered), received_units, lines_seen (lines of which something came).
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
    """Return the lines of some purchase orders by SKU.

    Fields: id, purchase_order_id, product_id, sku, barcode (or None), name_zh, name_en, unit, picture, demand, from_shelf,
    case_size, cases, minimum_cases, filled, quantity, surplus (units that nobody ordered), cost_fen (a unit),
    confirmed_quantity and confirmed_cost_fen (or None), expected (as confirmed, else as ordered), received, usual_expiry (a
    date: today + shelf life).
    """
    return rows(
        """
        SELECT l.id, l.purchase_order_id, p.id AS product_id, p.sku, p.barcode, p.name_zh, p.name_en, p.unit, p.picture,
               l.demand, l.from_shelf, l.case_size, l.cases, l.minimum_cases, l.filled, l.quantity,
               l.quantity - l.demand + l.from_shelf - l.filled AS surplus, l.cost_fen, l.confirmed_quantity,
               l.confirmed_cost_fen, coalesce(l.confirmed_quantity, l.quantity) AS expected,
               coalesce(r.received, 0) AS received,
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


def surplus_for(asker: Asker, *, good_on: date | None = None) -> list[Row[Any]]:
    """Return what closed cycles left on the shelf for everybody and that is still good, by SKU: for the next menus.

    With `good_on` what expires before that day is left out: the cut-off takes over no more than is good on the delivery day.
    Fields: product_id, sku, name_zh, name_en, unit, picture, units, good_until (of what expires first).
    """
    return rows(
        """
        SELECT p.id AS product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, sum(s.quantity)::bigint AS units,
               min(l.expires_on) AS good_until
        FROM lot AS l
        JOIN cycle AS c ON c.id = l.serves_cycle_id AND c.state = 'closed'
        JOIN community AS m ON m.id = c.community_id
        JOIN product AS p ON p.id = l.product_id
        JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
        WHERE c.community_id = :community AND l.purpose = 'everybody'
          AND l.expires_on >= coalesce(CAST(:good_on AS date), (now() AT TIME ZONE m.timezone)::date)
        GROUP BY p.id ORDER BY p.sku
        """,
        community=asker.community_id,
        good_on=good_on,
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
