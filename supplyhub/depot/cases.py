"""How full the cases of a menu's items are while orders still come: what a lead looks at before asking around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row


@dataclass(frozen=True, slots=True)
class Filling:
    """An item's cases as the orders of the whole community stand.

    needed: units ordered that the shelf doesn't cover; case_size; short: units that the last case lacks; willing: units
    that households would take on top, and how many of these in this grid (`here`). All but the last are of all grids.
    """

    needed: int
    case_size: int
    short: int
    willing: int
    here: int


def fillings_of(menu: Row[Any]) -> dict[int, Filling]:
    """Return how full the cases are, by item of a menu; items that nobody has to buy are left out.

    All grids buy together, so what counts is what all of them ordered, less what earlier cycles left usable on the shelf;
    asks of a draw count once they are drawn. One query.
    """
    found = rows(
        """
        WITH own AS (
            SELECT i.id, i.offer_id, f.product_id, f.case_size, f.minimum_cases
            FROM menu_item AS i JOIN offer AS f ON f.id = i.offer_id WHERE i.menu_id = :menu AND i.withdrawn_at IS NULL
        ), asked AS (
            SELECT i.offer_id, sum(i.reserved)::bigint AS units
            FROM menu AS m JOIN menu_item AS i ON i.menu_id = m.id
            WHERE m.cycle_id = :cycle AND i.offer_id IN (SELECT offer_id FROM own) GROUP BY i.offer_id
        ), shelf AS (
            SELECT l.product_id, sum(s.quantity)::bigint AS units
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf'
            JOIN cycle AS old ON old.id = l.serves_cycle_id AND old.state = 'closed'
            JOIN cycle AS new ON new.id = :cycle AND new.community_id = old.community_id
            WHERE l.purpose = 'everybody' AND l.expires_on >= new.delivery_on
              AND l.product_id IN (SELECT product_id FROM own) GROUP BY l.product_id
        ), willing AS (
            SELECT i.offer_id, sum(l.most - l.quantity)::bigint AS units,
                   coalesce(sum(l.most - l.quantity) FILTER (WHERE m.id = :menu), 0)::bigint AS here
            FROM menu AS m
            JOIN menu_item AS i ON i.menu_id = m.id AND i.offer_id IN (SELECT offer_id FROM own)
            JOIN order_line AS l ON l.item_id = i.id AND l.most IS NOT NULL
            JOIN orders AS o ON o.id = l.order_id AND o.state = 'placed'
            WHERE m.cycle_id = :cycle AND m.mode <> 'draw' GROUP BY i.offer_id
        )
        SELECT own.id, own.case_size, own.minimum_cases, a.units - coalesce(s.units, 0) AS needed,
               coalesce(w.units, 0) AS willing, coalesce(w.here, 0) AS here
        FROM own JOIN asked AS a USING (offer_id) LEFT JOIN shelf AS s USING (product_id)
        LEFT JOIN willing AS w USING (offer_id)
        WHERE a.units > coalesce(s.units, 0)
        """,
        menu=menu.id,
        cycle=menu.cycle_id,
    )
    return {
        item.id: Filling(
            item.needed,
            item.case_size,
            lacking(item.needed, item.case_size, item.minimum_cases),
            item.willing,
            item.here,
        )
        for item in found
    }


def lacking(needed: int, case_size: int, minimum_cases: int = 1) -> int:
    """Return how many units more make the cases full that are bought for `needed` units."""
    return max(-needed % case_size, case_size * minimum_cases - needed)
