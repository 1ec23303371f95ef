"""Reads of a delivery point: who fetches what there. Depot staff see doors as they stand on labels, and no names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.payments.collecting import TO_COLLECT

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def fetched_at_points(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the parcels of a cycle that are fetched at delivery points, in the one sort order; the asker's point only.

    Fields: parcel (its code), ticket_id, ticket (its code), ticket_state, delivery_point, grid_number, order_number, door
    (58-2-301), building (its name), bags, weight_grams, state (of the parcel), stop_id, outcome, happened_at, collect_fen
    (what is still to be paid here), taken_fen (what was paid here).
    """
    return rows(
        f"""
        SELECT p.code AS parcel, t.id AS ticket_id, t.code AS ticket, t.state AS ticket_state, d.name AS delivery_point,
               g.number AS grid_number, n.number AS order_number,
               coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               b.name AS building, p.bags, p.weight_grams, p.state, s.outcome, s.happened_at, s.id AS stop_id,
               CASE WHEN p.state <> 'returned' THEN c.fen ELSE 0 END AS collect_fen, coalesce(k.fen, 0)::bigint AS taken_fen
        FROM ticket AS t
        JOIN batch AS m ON m.id = t.batch_id
        JOIN delivery_point AS d ON d.id = m.delivery_point_id
        JOIN grid AS g ON g.id = t.grid_id
        JOIN stop AS s ON s.ticket_id = t.id
        JOIN parcel AS p ON p.id = s.parcel_id
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        JOIN order_number AS n ON n.order_id = s.order_id
        CROSS JOIN LATERAL ({TO_COLLECT.format(orders="o.id = s.order_id")}) AS c
        LEFT JOIN LATERAL (
            SELECT sum(amount_fen) AS fen FROM taking WHERE ticket_id = t.id AND order_id = s.order_id
        ) AS k ON true
        WHERE t.cycle_id = :cycle AND t.at_point AND g.community_id = :community
          AND (CAST(:point AS bigint) IS NULL OR d.id = :point)
        ORDER BY d.name, g.number, p.position
        """,
        cycle=cycle_id,
        community=asker.community_id,
        point=asker.delivery_point_id,
    )


def slots_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the time slots of a cycle's buildings: a lead's own grid, else all. By grid and time.

    Fields: grid_number, building (its name), starts_at, ends_at, parcels.
    """
    return rows(
        """
        SELECT g.number AS grid_number, b.name AS building, s.starts_at, s.ends_at, s.parcels
        FROM slot AS s JOIN grid AS g ON g.id = s.grid_id JOIN building AS b ON b.id = s.building_id
        WHERE s.cycle_id = :cycle AND g.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR g.id = :grid)
        ORDER BY g.number, s.starts_at, b.route_position
        """,
        cycle=cycle_id,
        community=asker.community_id,
        grid=asker.grid_id,
    )
