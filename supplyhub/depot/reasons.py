"""What each line of an order got of what came, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def lines_with_reasons(asker: Asker, order_id: int) -> list[Row[Any]]:
    """Return an order's lines with their products and, once shared out, what became of each and why.

    Fields: name_zh, name_en, unit, picture, item_id, for_care (a line of a care pack), quantity, unit_price_fen, reason,
    allocated, got (allocated, less what broke or was gone at packing; the quantity before the sharing-out), grams (of what is
    charged by weight, once packed), charged_fen; and of the named substitute: stand_in_zh, stand_in_en, stand_in_unit, stand_in
    (units, 0 without), stand_in_price_fen, stand_in_fen.
    """
    return rows(
        """
        SELECT p.name_zh, p.name_en, p.unit, p.picture, l.item_id, i.for_care, l.quantity, l.unit_price_fen,
               al.allocated, al.reason, n.got, w.grams,
               coalesce((2 * l.unit_price_fen * w.grams + p.unit_weight_grams) / (2 * p.unit_weight_grams),
                        n.got * l.unit_price_fen) AS charged_fen,
               sp.name_zh AS stand_in_zh, sp.name_en AS stand_in_en, sp.unit AS stand_in_unit, n.stand_in,
               s.unit_price_fen AS stand_in_price_fen,
               coalesce((2 * s.unit_price_fen * sw.grams + sp.unit_weight_grams) / (2 * sp.unit_weight_grams),
                        n.stand_in * s.unit_price_fen, 0) AS stand_in_fen
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id JOIN menu_item AS i ON i.id = l.item_id
        JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        LEFT JOIN allocation AS al ON al.order_id = l.order_id AND al.item_id = l.item_id
        LEFT JOIN packing_short AS b ON b.order_id = l.order_id AND b.item_id = l.item_id AND NOT b.substitute
        LEFT JOIN parcel_weight AS w ON w.order_id = l.order_id AND w.item_id = l.item_id AND NOT w.substitute
        LEFT JOIN substitution AS s ON s.order_id = l.order_id AND s.item_id = l.item_id
        LEFT JOIN packing_short AS sb ON sb.order_id = s.order_id AND sb.item_id = s.item_id AND sb.substitute
        LEFT JOIN parcel_weight AS sw ON sw.order_id = s.order_id AND sw.item_id = s.item_id AND sw.substitute
        LEFT JOIN menu_item AS si ON si.id = s.substitute_item_id
        LEFT JOIN offer AS sf ON sf.id = si.offer_id
        LEFT JOIN product AS sp ON sp.id = sf.product_id
        CROSS JOIN LATERAL (
            SELECT coalesce(al.allocated, l.quantity) - coalesce(b.units, 0) AS got,
                   coalesce(s.units, 0) - coalesce(sb.units, 0) AS stand_in
        ) AS n
        WHERE o.id = :order AND (CAST(:home AS bigint) IS NULL OR o.household_id = :home)
          AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
        ORDER BY i.position
        """,
        order=order_id,
        home=asker.household_id if asker.role == Role.RESIDENT else None,
        grid=asker.grid_id if asker.role == Role.GRID_LEAD else None,
    )
