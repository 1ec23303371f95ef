"""Who is concerned by an item: how much of each was asked for, and whose lines ended with a withdrawn one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row


@dataclass(frozen=True, slots=True)
class Demand:
    """The orders that have an item, their units of it, and how many of them have nothing else."""

    orders: int = 0
    units: int = 0
    only: int = 0


def units_asked(menu_id: int) -> dict[int, int]:
    """Return the units that were asked for by item; in a draw nothing is reserved, but this is known."""
    found = rows(
        "SELECT l.item_id, sum(l.quantity) AS units FROM order_line AS l JOIN menu_item AS i ON i.id = l.item_id"
        " WHERE i.menu_id = :menu GROUP BY l.item_id",
        menu=menu_id,
    )
    return {item.item_id: int(item.units) for item in found}


def demand_for(item_id: int) -> Demand:
    """Return who would be concerned if an item were withdrawn."""
    found = row(
        """
        SELECT count(*) AS orders, coalesce(sum(l.quantity), 0) AS units,
               count(*) FILTER (WHERE NOT EXISTS (
                 SELECT FROM order_line AS x WHERE x.order_id = l.order_id AND x.item_id <> l.item_id)) AS only
        FROM order_line AS l WHERE l.item_id = :item
        """,
        item=item_id,
    )
    return Demand(found.orders, int(found.units), found.only) if found is not None else Demand()


def doors_withdrawn_from(menu_id: int) -> list[list[Row[Any]]]:
    """Return the doors whose lines ended, in walking order, each as its ended lines; a line knows its door and what it was.

    `state` is the order's: cancelled when it had nothing else, and nothing was ordered since.
    """
    found = rows(
        """
        SELECT h.id AS household_id, h.unit, h.unit_number, h.floor, h.door, b.number AS building_number,
               b.name AS building_name, o.state, p.name_zh, p.name_en, p.unit AS counted_by, w.quantity, w.withdrawn_at
        FROM withdrawn_line AS w JOIN orders AS o ON o.id = w.order_id
        JOIN household AS h ON h.id = o.household_id JOIN building AS b ON b.id = h.building_id
        JOIN menu_item AS i ON i.id = w.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        WHERE w.menu_id = :menu
        ORDER BY b.route_position, b.number, b.name, h.unit_number, h.floor, h.door, h.id, i.position
        """,
        menu=menu_id,
    )
    return [list(lines) for _, lines in groupby(found, key=attrgetter("household_id"))]
