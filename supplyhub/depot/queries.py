"""Reads of the depot: purchase orders, shortages, batches, stock. No phone, no name of a household, no care.

All of them are scoped to the asker's community; rows carry the fields that their docstrings name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows, scalar

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


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
