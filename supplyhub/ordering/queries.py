"""Reads of orders, and of who ordered, declined or is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import as_dict, row, rows, scalar
from supplyhub.ordering.reach import check_reach
from supplyhub.people.states import Role
from supplyhub.residents.anchors import NEIGHBOUR_OF_ANCHOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

ORDER = """
    SELECT o.id, o.menu_id, o.cycle_id, o.household_id, o.version, o.state, o.total_fen, o.note, o.channel, o.placed_at,
           o.changed_at, o.hold_until, n.number, g.number AS grid_number, b.number AS building_number,
           b.name AS building_name, h.unit, h.unit_number, h.door, o.placed_by = h.account_id AS by_household,
           a.display_name AS placed_by_name,
           t.outcome, (
             SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'item', l.item_id, 'quantity', l.quantity, 'unit_price_fen', l.unit_price_fen, 'consent', l.consent,
                      'substitute', l.substitute_item_id, 'most', l.most) ORDER BY i.position), '[]')
             FROM order_line AS l JOIN menu_item AS i ON i.id = l.item_id WHERE l.order_id = o.id AND NOT i.for_care
           ) AS lines
    FROM orders AS o
    JOIN grid AS g ON g.id = o.grid_id
    JOIN household AS h ON h.id = o.household_id
    JOIN building AS b ON b.id = h.building_id
    JOIN account AS a ON a.id = o.placed_by
    LEFT JOIN order_number AS n ON n.order_id = o.id
    LEFT JOIN order_outcome AS t ON t.order_id = o.id
"""
# One sort order everywhere: grid, place in the route, building, unit, floor, door.
SORT = "g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door"

# Law 9: each active household of a grid in a cycle is in exactly one of ordered, declined, silent. Who was given a care pack,
# and nothing else, has said nothing yet.
STANDING = """
    SELECT h.id AS household_id, h.account_id, h.unit, h.unit_number, h.floor, h.door, h.people_count,
           b.number AS building_number, b.name AS building_name, b.route_position, cb.grid_id, o.id AS order_id,
           CASE WHEN o.id IS NOT NULL THEN 'ordered' WHEN d.household_id IS NOT NULL THEN 'declined' ELSE 'silent'
           END AS standing,
           k.id IS NOT NULL AS in_care, k.priority AS care_priority
    FROM cycle_building AS cb
    JOIN building AS b ON b.id = cb.building_id
    JOIN household AS h ON h.building_id = b.id AND h.active
    LEFT JOIN orders AS o ON o.cycle_id = cb.cycle_id AND o.household_id = h.id AND o.state = 'placed'
         AND o.channel <> 'care_pack'
    LEFT JOIN declined AS d ON d.cycle_id = cb.cycle_id AND d.household_id = h.id
    LEFT JOIN care_case AS k ON k.household_id = h.id AND k.ended_at IS NULL
    WHERE cb.cycle_id = :cycle AND (CAST(:grid AS bigint) IS NULL OR cb.grid_id = :grid)
"""


def order_of(asker: Asker, menu_id: int, household_id: int) -> dict[str, Any] | None:
    """Return a household's order in a menu with its lines, none of a care pack, or None.

    Others' households are unknown to the asker; an order that holds a care pack alone is known to its household and to staff.
    """
    if asker.role == Role.RESIDENT:
        check_reach(asker, household_id, menu_id=menu_id)
    found = row(
        f"{ORDER} WHERE o.menu_id = :menu AND o.household_id = :home AND g.community_id = :community"
        " AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid) AND (:known OR o.channel <> 'care_pack')",
        menu=menu_id,
        home=household_id,
        community=asker.community_id,
        grid=asker.grid_id if asker.role == Role.GRID_LEAD else None,
        known=asker.role != Role.RESIDENT or asker.household_id == household_id,
    )
    return as_dict(found) if found else None


def orders_of_household(asker: Asker, household_id: int, *, limit: int = 5) -> list[Row[Any]]:
    """Return a household's latest orders, newest cycle first.

    Fields: id, menu_id, number, state, channel, total_fen, cycle_number, delivery_on. An anchor learns of a neighbour's in
    cycles under way only, and of none that holds a care pack alone.
    """
    return rows(
        f"""
        SELECT o.id, o.menu_id, n.number, o.state, o.channel, o.total_fen, c.number AS cycle_number, c.delivery_on
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN household AS h ON h.id = o.household_id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home AND c.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
          AND (CAST(:anchor AS bigint) IS NULL OR h.id = :anchor
               OR c.state <> 'closed' AND h.active AND o.channel <> 'care_pack' AND {NEIGHBOUR_OF_ANCHOR})
        ORDER BY c.number DESC LIMIT :limit
        """,
        home=household_id,
        community=asker.community_id,
        anchor=asker.household() if asker.role == Role.RESIDENT else None,
        grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
        limit=limit,
    )


def ordered_among(household_ids: Sequence[int], *, menu_id: int) -> set[int]:
    """Return which of these households have a live order in a menu, more than a care pack."""
    found = rows(
        "SELECT household_id FROM orders WHERE menu_id = :menu AND household_id = ANY (:homes) AND state = 'placed'"
        " AND channel <> 'care_pack'",
        menu=menu_id,
        homes=list(household_ids),
    )
    return {order.household_id for order in found}


def orders_for(
    asker: Asker, *, cycle_id: int, grid_number: int | None = None, limit: int = 100, offset: int = 0
) -> list[Row[Any]]:
    """Return the orders of a cycle in the one sort order; a grid lead sees the own grid's."""
    return rows(
        f"{ORDER} WHERE {_ORDERS_SCOPE} ORDER BY {SORT} LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
        **_orders_bound(asker, cycle_id, grid_number),
    )


def count_orders_for(asker: Asker, *, cycle_id: int, grid_number: int | None = None) -> int:
    """Return how many orders `orders_for` has in all."""
    return int(
        scalar(
            f"SELECT count(*) FROM orders AS o JOIN grid AS g ON g.id = o.grid_id WHERE {_ORDERS_SCOPE}",
            **_orders_bound(asker, cycle_id, grid_number),
        )
    )


_ORDERS_SCOPE = """o.cycle_id = :cycle AND g.community_id = :community
    AND (CAST(:own AS bigint) IS NULL OR o.grid_id = :own) AND (CAST(:number AS bigint) IS NULL OR g.number = :number)"""


def _orders_bound(asker: Asker, cycle_id: int, grid_number: int | None) -> dict[str, object]:
    own = asker.grid() if asker.role == Role.GRID_LEAD else None
    return {"cycle": cycle_id, "community": asker.community_id, "own": own, "number": grid_number}


def standing_counts(asker: Asker, *, cycle_id: int, grid_id: int | None = None) -> dict[str, int]:
    """Return how many households ordered, declined and are silent in a cycle; together they are all of them."""
    grid = asker.grid() if asker.role == Role.GRID_LEAD else grid_id
    found = rows(
        f"SELECT standing, count(*) AS households FROM ({STANDING}) AS s"
        " WHERE EXISTS (SELECT FROM cycle WHERE id = :cycle AND community_id = :community) GROUP BY standing",
        cycle=cycle_id,
        grid=grid,
        community=asker.community_id,
    )
    return {"ordered": 0, "declined": 0, "silent": 0} | {entry.standing: entry.households for entry in found}


def households_standing(
    asker: Asker,
    *,
    cycle_id: int,
    standing: str = "silent",
    grid_id: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[Row[Any]]:
    """Return the households of a standing, those to be looked after first, then in the one sort order."""
    grid = asker.grid() if asker.role == Role.GRID_LEAD else grid_id
    return rows(
        f"SELECT s.* FROM ({STANDING}) AS s JOIN grid AS g ON g.id = s.grid_id"
        " WHERE s.standing = :standing AND g.community_id = :community"
        " ORDER BY s.care_priority, g.number, s.route_position, s.building_number, s.building_name, s.unit_number, s.floor,"
        " s.door LIMIT :limit OFFSET :offset",
        cycle=cycle_id,
        grid=grid,
        standing=standing,
        community=asker.community_id,
        limit=limit,
        offset=offset,
    )
