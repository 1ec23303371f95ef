"""What happened on the way to the doors: the moments that a household sees of its order, and the doors that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import as_dict, row, rows
from supplyhub.delivery.modes import mode_of
from supplyhub.delivery.states import DeliveryMode
from supplyhub.people.states import Role
from supplyhub.places.levels import HOLDS

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def moments_of(order_id: int) -> dict[str, Any] | None:
    """Return an order's way. The caller has found the order through `ordering.queries.order_of`, which is scoped.

    Fields: bought_at (all goods of the cycle have come), packed_at, parcel (its code), parcel_state, bags, handed_over_at,
    badge (its code), happened_at, outcome, problem, doors_before (stops still to be made before this one), shared (the
    goods were shared out), mode (how it reaches the household, by the level of its grid as long as no ticket says it), point
    (where it is fetched, if so), slot_from, slot_to (when at the building's entrance); each None before its time.
    """
    found = row(
        f"""
        SELECT (SELECT CASE WHEN count(*) = count(u.received_at) THEN max(u.received_at) END
                FROM purchase_order AS u WHERE u.cycle_id = o.cycle_id) AS bought_at,
               p.packed_at, p.code AS parcel, p.state AS parcel_state, p.bags, t.handed_over_at, b.code AS badge,
               s.happened_at, s.outcome, s.problem,
               (SELECT count(*) FROM stop AS earlier
                WHERE earlier.ticket_id = s.ticket_id AND earlier.position < s.position AND earlier.outcome IS NULL
               ) AS doors_before,
               c.state IN ('staging', 'closed') AS shared, d.name AS point, w.starts_at AS slot_from,
               w.ends_at AS slot_to, s.mode AS planned, z.level, k.id IS NOT NULL AS in_care
        FROM orders AS o
        JOIN cycle AS c ON c.id = o.cycle_id
        LEFT JOIN parcel AS p ON p.order_id = o.id
        LEFT JOIN stop AS s ON s.parcel_id = p.id
        LEFT JOIN ticket AS t ON t.id = s.ticket_id AND t.handed_over_at IS NOT NULL
        LEFT JOIN badge AS b ON b.id = t.badge_id
        LEFT JOIN batch AS m ON m.id = p.batch_id
        JOIN grid AS g ON g.id = o.grid_id
        LEFT JOIN delivery_point AS d ON d.id = coalesce(m.delivery_point_id, g.delivery_point_id)
        LEFT JOIN care_case AS k ON k.household_id = o.household_id AND k.ended_at IS NULL
        {HOLDS.format(grid="o.grid_id")}
        LEFT JOIN slot AS w ON w.cycle_id = o.cycle_id AND w.building_id = o.building_id AND s.mode = 'entrance'
        WHERE o.id = :order
        """,
        order=order_id,
    )
    if found is None:
        return None
    by_level = DeliveryMode.DOOR if found.in_care else mode_of(found.level, has_point=found.point is not None)
    return as_dict(found) | {"mode": found.planned or by_level}


def is_fetched(household_id: int) -> bool:
    """Tell whether a household fetches its parcels at the delivery point, by the level of its grid now."""
    found = row(
        f"""
        SELECT z.level, g.delivery_point_id IS NOT NULL AS has_point, k.id IS NOT NULL AS in_care
        FROM household AS h
        JOIN building AS b ON b.id = h.building_id
        JOIN grid AS g ON g.id = b.grid_id
        LEFT JOIN care_case AS k ON k.household_id = h.id AND k.ended_at IS NULL
        {HOLDS.format(grid="g.id")}
        WHERE h.id = :household
        """,
        household=household_id,
    )
    return (
        found is not None
        and not found.in_care
        and mode_of(found.level, has_point=found.has_point) == DeliveryMode.POINT
    )


def came_and_wanted(order_id: int) -> dict[int, Row[Any]]:
    """Return, for the lines of an order that got less than they asked for, what came and what everybody wanted.

    By item id: came, wanted (units of the product in the cycle).
    """
    found = rows(
        """
        SELECT mine.item_id, sum(a.allocated)::bigint AS came, sum(a.ordered)::bigint AS wanted
        FROM allocation AS mine
        JOIN menu_item AS i ON i.id = mine.item_id
        JOIN offer AS o ON o.id = i.offer_id
        JOIN offer AS same ON same.product_id = o.product_id
        JOIN menu_item AS theirs ON theirs.offer_id = same.id AND theirs.for_care = i.for_care
        JOIN allocation AS a ON a.item_id = theirs.id AND a.cycle_id = mine.cycle_id
        WHERE mine.order_id = :order AND mine.allocated < mine.ordered
        GROUP BY mine.item_id
        """,
        order=order_id,
    )
    return {entry.item_id: entry for entry in found}


def failed_doors_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the doors of a cycle that could not be served, latest first: for the grid's lead and for coordinators.

    Fields: door (58-2-301), grid_number, problem, happened_at, ticket (its code), badge (its code), bags, state (of the
    parcel: handed_over while the volunteer still has it), household_id.
    """
    return rows(
        """
        SELECT coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               g.number AS grid_number, s.problem, s.happened_at, t.code AS ticket, k.code AS badge, p.bags, p.state,
               h.id AS household_id
        FROM stop AS s
        JOIN ticket AS t ON t.id = s.ticket_id
        JOIN parcel AS p ON p.id = s.parcel_id
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        JOIN grid AS g ON g.id = t.grid_id
        LEFT JOIN badge AS k ON k.id = t.badge_id
        WHERE t.cycle_id = :cycle AND s.outcome = 'failed' AND g.community_id = :community
          AND (CAST(:grid AS bigint) IS NULL OR t.grid_id = :grid)
        ORDER BY s.happened_at DESC
        """,
        cycle=cycle_id,
        community=asker.community_id,
        grid=None if asker.role == Role.COORDINATOR else asker.grid(),
    )
