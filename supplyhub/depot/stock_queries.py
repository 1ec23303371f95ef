"""Reads of the stock: lots and where their units are, how they came there, counts against the book. All by community."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, scalar
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Where units are still in the depot's hands.
HERE = ("inbound", "shelf", "packed", "returned", "quarantine")

LOT = """
    SELECT l.id, p.sku, p.barcode, p.name_zh, p.name_en, p.unit, p.picture, p.category, l.lot_number, l.purpose,
           l.expires_on, l.expires_on - (now() AT TIME ZONE m.timezone)::date AS days_left, c.number AS cycle_number, l.received,
           s.inbound, s.shelf, s.packed, s.handed_over, s.delivered, s.returned, s.quarantine, s.waste,
           r.delivery_note, r.received_at, coalesce(r.source, f.name) AS source
    FROM lot AS l
    JOIN product AS p ON p.id = l.product_id
    JOIN community AS m ON m.id = p.community_id
    JOIN cycle AS c ON c.id = l.serves_cycle_id
    JOIN receipt AS r ON r.id = l.receipt_id
    LEFT JOIN purchase_order AS o ON o.id = r.purchase_order_id
    LEFT JOIN platform AS f ON f.id = o.platform_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity) FILTER (WHERE place = 'inbound'), 0)::bigint AS inbound,
               coalesce(sum(quantity) FILTER (WHERE place = 'shelf'), 0)::bigint AS shelf,
               coalesce(sum(quantity) FILTER (WHERE place = 'packed'), 0)::bigint AS packed,
               coalesce(sum(quantity) FILTER (WHERE place = 'handed_over'), 0)::bigint AS handed_over,
               coalesce(sum(quantity) FILTER (WHERE place = 'delivered'), 0)::bigint AS delivered,
               coalesce(sum(quantity) FILTER (WHERE place = 'returned'), 0)::bigint AS returned,
               coalesce(sum(quantity) FILTER (WHERE place = 'quarantine'), 0)::bigint AS quarantine,
               coalesce(sum(quantity) FILTER (WHERE place = 'waste'), 0)::bigint AS waste
        FROM stock_level WHERE lot_id = l.id
    ) AS s
    WHERE p.community_id = :community
"""
STANDS_THERE = """
    AND EXISTS (SELECT FROM stock_level AS t WHERE t.lot_id = l.id AND t.quantity > 0 AND t.place = ANY (:places))
    AND (:words = '' OR strpos(lower(concat_ws(' ', p.sku, p.name_zh, p.name_en, p.barcode, l.lot_number)), :words) > 0)
"""


def stock_for(
    asker: Asker, *, places: Sequence[str] = HERE, words: str = "", limit: int = 500, offset: int = 0
) -> list[Row[Any]]:
    """Return the lots of which something is at one of the places, expiring first.

    `words`: a part of a product's name, SKU or barcode, or of a lot number. Fields: id, sku, barcode, name_zh, name_en,
    unit, picture, category, lot_number, purpose, expires_on, days_left (negative when expired), cycle_number (that it
    serves), received, units at each place (inbound, shelf, packed, handed_over, delivered, returned, quarantine,
    waste), delivery_note, received_at, source (donor, sender or platform; or None).
    """
    return rows(
        f"{LOT} {STANDS_THERE} ORDER BY l.expires_on, p.sku, l.id LIMIT :limit OFFSET :offset",
        community=asker.community_id,
        places=list(places),
        words=words.strip().lower(),
        limit=limit,
        offset=offset,
    )


def count_stock_for(asker: Asker, *, places: Sequence[str] = HERE, words: str = "") -> int:
    """Return how many lots `stock_for` finds."""
    return int(
        scalar(
            f"""
            SELECT count(*) FROM lot AS l JOIN product AS p ON p.id = l.product_id
            WHERE p.community_id = :community {STANDS_THERE}
            """,
            community=asker.community_id,
            places=list(places),
            words=words.strip().lower(),
        )
    )


def units_by_place(asker: Asker) -> dict[str, int]:
    """Return how many units stand at each place of the depot; places that are empty aren't named."""
    found = rows(
        """
        SELECT s.place, sum(s.quantity)::bigint AS units
        FROM stock_level AS s JOIN lot AS l ON l.id = s.lot_id JOIN product AS p ON p.id = l.product_id
        WHERE p.community_id = :community AND s.place = ANY (:places) AND s.quantity > 0 GROUP BY s.place
        """,
        community=asker.community_id,
        places=list(HERE),
    )
    return {level.place: level.units for level in found}


def lot_for(asker: Asker, lot_id: int) -> Row[Any]:
    """Return a lot; fields as in `stock_for`. Raises NotFoundError."""
    found = row(f"{LOT} AND l.id = :lot", community=asker.community_id, lot=lot_id)
    if found is None:
        raise NotFoundError("no such lot", lot=lot_id)
    return found


def movements_of(asker: Asker, lot_id: int, *, limit: int = 100, offset: int = 0) -> list[Row[Any]]:
    """Return a lot's movements, newest first; those of parcels that went together are one row. Raises NotFoundError.

    Fields: from_place, to_place, quantity, parcels (how many), parcel (the code of the only one, or None), reason, note,
    moved_at, moved_by, second_by (display names or None), stocktake_id.
    """
    lot_for(asker, lot_id)
    return rows(
        """
        SELECT m.from_place, m.to_place, sum(m.quantity)::bigint AS quantity, count(m.parcel_id) AS parcels,
               CASE WHEN count(m.parcel_id) = 1 THEN min(p.code) END AS parcel, m.reason, m.note,
               max(m.moved_at) AS moved_at, a.display_name AS moved_by, b.display_name AS second_by, m.stocktake_id
        FROM movement AS m
        LEFT JOIN parcel AS p ON p.id = m.parcel_id
        LEFT JOIN account AS a ON a.id = m.moved_by
        LEFT JOIN account AS b ON b.id = m.second_by
        WHERE m.lot_id = :lot
        GROUP BY m.from_place, m.to_place, m.reason, m.note, m.stocktake_id, a.display_name, b.display_name,
                 CASE WHEN m.parcel_id IS NULL THEN m.id END, date_trunc('minute', m.moved_at)
        ORDER BY max(m.id) DESC LIMIT :limit OFFSET :offset
        """,
        lot=lot_id,
        limit=limit,
        offset=offset,
    )


def lots_for_update(asker: Asker, lot_ids: Sequence[int]) -> list[Row[Any]]:
    """Lock lots against everybody who takes from them, and their cycles against being shared out meanwhile.

    Fields: id, expires_on, today (in the community). Raises NotFoundError with the `lots` that the asker's community lacks.
    """
    found = rows(
        """
        SELECT l.id, l.expires_on, (now() AT TIME ZONE m.timezone)::date AS today
        FROM lot AS l
        JOIN product AS p ON p.id = l.product_id
        JOIN community AS m ON m.id = p.community_id
        WHERE l.id = ANY (:lots) AND p.community_id = :community ORDER BY l.id FOR NO KEY UPDATE OF l
        """,
        lots=sorted(set(lot_ids)),
        community=asker.community_id,
    )
    # In a second statement: which cycle a lot serves may have changed while its lock was waited for.
    execute(
        """
        SELECT FROM cycle WHERE id IN (SELECT serves_cycle_id FROM lot WHERE id = ANY (:lots)) ORDER BY id FOR SHARE
        """,
        lots=[lot.id for lot in found],
    )
    unknown = sorted(set(lot_ids) - {lot.id for lot in found})
    if unknown:
        raise NotFoundError("no such lots", lots=unknown)
    return found


def moves_at(place: str, lot_ids: Sequence[int]) -> dict[int, int]:
    """Return how many times units of each lot came to or left a place; those that never did aren't named."""
    found = rows(
        """
        SELECT lot_id, count(*) AS moves FROM movement
        WHERE lot_id = ANY (:lots) AND :place IN (from_place, to_place) GROUP BY lot_id
        """,
        place=place,
        lots=list(lot_ids),
    )
    return {lot.lot_id: lot.moves for lot in found}


def levels_at(place: str, lot_ids: Sequence[int]) -> dict[int, int]:
    """Return how many units of each lot stand at a place; those of which none ever stood there aren't named."""
    found = rows(
        "SELECT lot_id, quantity FROM stock_level WHERE place = :place AND lot_id = ANY (:lots)",
        place=place,
        lots=list(lot_ids),
    )
    return {level.lot_id: level.quantity for level in found}
