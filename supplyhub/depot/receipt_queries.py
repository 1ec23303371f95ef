"""Reads of deliveries: what came by which note, what was wrong with it. Scoped to the asker's community."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

RECEIPT = """
    SELECT r.id, r.kind, r.cycle_id, c.number AS cycle_number, c.state AS cycle_state, r.purchase_order_id,
           coalesce(p.name, r.source) AS source, r.delivery_note, r.received_at, a.display_name AS received_by, l.lines,
           l.units, f.faults
    FROM receipt AS r
    JOIN cycle AS c ON c.id = r.cycle_id
    JOIN account AS a ON a.id = r.received_by
    LEFT JOIN purchase_order AS o ON o.id = r.purchase_order_id
    LEFT JOIN platform AS p ON p.id = o.platform_id
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT product_id) AS lines, coalesce(sum(received), 0)::bigint AS units
        FROM lot WHERE receipt_id = r.id
    ) AS l
    CROSS JOIN LATERAL (SELECT count(*) AS faults FROM receipt_fault WHERE receipt_id = r.id) AS f
    WHERE c.community_id = :community
"""


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt (see `receipts_for`) with what came and what was wrong.

    lots: id, product_id, sku, name_zh, name_en, unit, picture, received, damaged, expires_on, lot_number, purpose
    faults: id, fault, quantity, note, photo_id, noted_at, noted_by (a display name), lot_id, sku, name_zh, name_en, unit
    (of the product, or None)
    """

    receipt: Row[Any]
    lots: list[Row[Any]]
    faults: list[Row[Any]]


def receipts_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return a cycle's receipts, the latest first.

    Fields: id, kind, cycle_id, cycle_number, cycle_state, purchase_order_id, source (platform, sender or donor; or None),
    delivery_note, received_at, received_by (a display name), lines (products), units, faults.
    """
    return rows(f"{RECEIPT} AND r.cycle_id = :cycle ORDER BY r.id DESC", community=asker.community_id, cycle=cycle_id)


def receipt_for(asker: Asker, receipt_id: int) -> ReceiptView:
    """Return a receipt with its lots and faults. Raises NotFoundError."""
    receipt = row(f"{RECEIPT} AND r.id = :id", community=asker.community_id, id=receipt_id)
    if receipt is None:
        raise NotFoundError("no such receipt", receipt=receipt_id)
    lots = rows(
        """
        SELECT l.id, l.product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, p.category, l.received, l.expires_on,
               l.lot_number, l.purpose,
               (SELECT coalesce(sum(quantity), 0)::bigint FROM receipt_fault WHERE lot_id = l.id) AS damaged
        FROM lot AS l JOIN product AS p ON p.id = l.product_id WHERE l.receipt_id = :id ORDER BY p.sku, l.id
        """,
        id=receipt_id,
    )
    faults = rows(
        """
        SELECT f.id, f.fault, f.quantity, f.note, f.photo_id, f.noted_at, a.display_name AS noted_by, f.lot_id, p.sku,
               p.name_zh, p.name_en, p.unit
        FROM receipt_fault AS f JOIN account AS a ON a.id = f.noted_by
        LEFT JOIN lot AS l ON l.id = f.lot_id
        LEFT JOIN product AS p ON p.id = coalesce(l.product_id, f.product_id)
        WHERE f.receipt_id = :id ORDER BY f.id
        """,
        id=receipt_id,
    )
    return ReceiptView(receipt, lots, faults)


def damaged_of(purchase_order_id: int) -> dict[int, int]:
    """Return how many units of each purchase order line came damaged; lines without any are missing."""
    found = rows(
        """
        SELECT l.purchase_order_line_id AS line_id, sum(f.quantity)::bigint AS units
        FROM receipt AS r JOIN lot AS l ON l.receipt_id = r.id JOIN receipt_fault AS f ON f.lot_id = l.id
        WHERE r.purchase_order_id = :id GROUP BY 1
        """,
        id=purchase_order_id,
    )
    return {line.line_id: line.units for line in found}


def photo_of_fault(asker: Asker, fault_id: int) -> Row[Any]:
    """Return media_type and content of the photo of a fault. Raises NotFoundError, also for a fault without one."""
    photo = row(
        """
        SELECT h.media_type, h.content FROM receipt_fault AS f JOIN photo AS h ON h.id = f.photo_id
        WHERE f.id = :id AND h.community_id = :community
        """,
        id=fault_id,
        community=asker.community_id,
    )
    if photo is None:
        raise NotFoundError("no photo of such a fault", fault=fault_id)
    return photo


def products_for(asker: Asker) -> list[Row[Any]]:
    """Return the community's products by SKU, for choosing: id, sku, barcode, name_zh, name_en, unit."""
    return rows(
        "SELECT id, sku, barcode, name_zh, name_en, unit FROM product WHERE community_id = :community ORDER BY sku",
        community=asker.community_id,
    )
