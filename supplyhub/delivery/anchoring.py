"""Parcels that were left with an anchor household (中心户): where a household finds its own, and what an anchor keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# How long an anchor's page still shows what was passed on.
SHOWN_DAYS = 7


def parcels_left_with(asker: Asker) -> list[Row[Any]]:
    """Return the parcels that a household keeps for its neighbours, or passed on of late; those it still has first.

    Fields: code (the parcel's), bags, order_number, building_number, building_name, unit, unit_number, door, left_at,
    passed_at (or None). Also those of before its task as anchor ended: the parcels are still there.
    """
    return rows(
        """
        SELECT p.code, p.bags, n.number AS order_number, b.number AS building_number, b.name AS building_name, h.unit,
               h.unit_number, h.door, c.left_at, c.passed_at
        FROM anchor_household AS a
        JOIN anchor_custody AS c ON c.anchor_id = a.id
        JOIN stop AS s ON s.id = c.stop_id
        JOIN parcel AS p ON p.id = s.parcel_id
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE a.household_id = :home AND (c.passed_at IS NULL OR c.passed_at > now() - make_interval(days => :days))
        ORDER BY c.passed_at IS NOT NULL, c.passed_at DESC, h.unit_number, h.floor, h.door, c.left_at
        """,
        home=asker.household(),
        days=SHOWN_DAYS,
    )


def left_of(order_id: int) -> Row[Any] | None:
    """Return where an order's parcel was left instead of at its door, None when it wasn't. Ask whose the order is first.

    Fields: parcel (its code), left_at, passed_at (or None), and of the anchor household: building_number, building_name,
    unit, unit_number, door.
    """
    return row(
        """
        SELECT p.code AS parcel, c.left_at, c.passed_at, b.number AS building_number, b.name AS building_name, h.unit,
               h.unit_number, h.door
        FROM stop AS s
        JOIN parcel AS p ON p.id = s.parcel_id
        JOIN anchor_custody AS c ON c.entry_id = s.entry_id
        JOIN anchor_household AS a ON a.id = c.anchor_id
        JOIN household AS h ON h.id = a.household_id
        JOIN building AS b ON b.id = h.building_id
        WHERE p.order_id = :order
        """,
        order=order_id,
    )


def kept_back_of(order_id: int) -> list[Row[Any]]:
    """Return what of an order was not left at its door with the rest. Ask whose the order is first.

    Fields: name_zh, name_en, unit, units, problem.
    """
    return rows(
        """
        SELECT d.name_zh, d.name_en, d.unit, k.units, k.problem
        FROM parcel AS p
        JOIN stop AS s ON s.parcel_id = p.id
        JOIN kept_back AS k ON k.entry_id = s.entry_id
        LEFT JOIN substitution AS u ON k.substitute AND u.order_id = k.order_id AND u.item_id = k.item_id
        JOIN menu_item AS i ON i.id = coalesce(u.substitute_item_id, k.item_id)
        JOIN offer AS f ON f.id = i.offer_id
        JOIN product AS d ON d.id = f.product_id
        WHERE p.order_id = :order ORDER BY d.sku
        """,
        order=order_id,
    )
