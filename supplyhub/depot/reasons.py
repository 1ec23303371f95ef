"""What each line of an order got of what came, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def lines_with_reasons(asker: Asker, order_id: int) -> list[Row[Any]]:
    """Return an order's lines with their products and, once shared out, what was allocated and why."""
    return rows(
        """
        SELECT p.name_zh, p.name_en, p.unit, p.picture, l.item_id, l.quantity, l.unit_price_fen, al.allocated, al.reason
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id JOIN menu_item AS i ON i.id = l.item_id
        JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        LEFT JOIN allocation AS al ON al.order_id = l.order_id AND al.item_id = l.item_id
        WHERE o.id = :order AND (CAST(:home AS bigint) IS NULL OR o.household_id = :home)
          AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
        ORDER BY i.position
        """,
        order=order_id,
        home=asker.household_id if asker.role == Role.RESIDENT else None,
        grid=asker.grid_id if asker.role == Role.GRID_LEAD else None,
    )
