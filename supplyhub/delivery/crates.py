"""Crates while they are packed: how far each is, which parcels it holds, who packed last. No name of a household."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import row, rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

CRATE = """
    SELECT k.id, k.code, k.number, t.batch_id, t.sequence AS ticket_number, t.code AS ticket,
           (SELECT count(*) FROM crate WHERE ticket_id = t.id) AS crates, k.first_position, k.last_position
    FROM crate AS k
    JOIN ticket AS t ON t.id = k.ticket_id
    JOIN cycle AS c ON c.id = t.cycle_id
    WHERE c.community_id = :community AND (t.state <> 'void' OR t.handed_over_at IS NOT NULL)
"""


def crates_to_pack(asker: Asker, batch_id: int) -> list[Row[Any]]:
    """Return the crates of a batch, by ticket and number; empty before tickets are issued.

    Fields: id, code, number (of `crates` of its ticket), ticket_number, ticket (its code), parcels, packed, bags,
    weight_grams, first_door, last_door, parcel_codes (in the order of the stops), and of the parcel that was packed last:
    packed_by, packed_at (or None).
    """
    return rows(
        f"""
        WITH crate_of_batch AS MATERIALIZED ({CRATE} AND t.batch_id = :batch)
        SELECT k.id, k.code, k.number, k.crates, k.ticket_number, k.ticket, p.*,
               (SELECT display_name FROM account WHERE id = p.packed_by_id) AS packed_by
        FROM crate_of_batch AS k
        JOIN ticket AS t ON t.batch_id = k.batch_id AND t.sequence = k.ticket_number
        CROSS JOIN LATERAL (
            SELECT count(*) AS parcels, count(*) FILTER (WHERE p.state <> 'planned') AS packed,
                   sum(p.bags)::bigint AS bags, sum(p.weight_grams)::bigint AS weight_grams, bool_or(p.fragile) AS fragile,
                   array_agg(p.code ORDER BY s.position) AS parcel_codes,
                   (array_agg(d.door ORDER BY s.position))[1] AS first_door,
                   (array_agg(d.door ORDER BY s.position DESC))[1] AS last_door,
                   max(p.packed_at) AS packed_at,
                   (array_agg(p.packed_by ORDER BY p.packed_at DESC NULLS LAST))[1] AS packed_by_id
            FROM stop AS s
            JOIN parcel AS p ON p.id = s.parcel_id
            JOIN orders AS o ON o.id = p.order_id
            JOIN household AS h ON h.id = o.household_id
            JOIN building AS b ON b.id = o.building_id
            CROSS JOIN LATERAL (
                SELECT coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door
            ) AS d
            WHERE s.ticket_id = t.id AND s.position BETWEEN k.first_position AND k.last_position
        ) AS p
        ORDER BY k.ticket_number, k.number
        """,
        batch=batch_id,
        community=asker.community_id,
    )


def crate_of_code(asker: Asker, code: str) -> Row[Any] | None:
    """Return the crate with a code, as typed: id, code, number, batch_id, ticket_number, ticket, crates; None without one."""
    return row(f"{CRATE} AND k.code = :code", code=read_code(code), community=asker.community_id)


def parcels_to_label(asker: Asker, batch_ids: list[int]) -> list[Row[Any]]:
    """Return the parcels of some batches by grid and in the one sort order, with what stands on their labels.

    Fields: batch_id, code, order_number, door, bags, weight_grams, fragile, state, position, parcels (of the batch), and the
    crate they go into: ticket_number, crate_number (None before tickets are issued).
    """
    return rows(
        """
        SELECT p.batch_id, p.code, n.number AS order_number, p.position, p.bags, p.weight_grams, p.fragile,
               p.state,
               coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               count(*) OVER (PARTITION BY p.batch_id) AS parcels, t.sequence AS ticket_number, k.number AS crate_number
        FROM parcel AS p
        JOIN cycle AS c ON c.id = p.cycle_id
        JOIN grid AS g ON g.id = p.grid_id
        JOIN orders AS o ON o.id = p.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        JOIN order_number AS n ON n.order_id = p.order_id
        LEFT JOIN stop AS s ON s.parcel_id = p.id
        LEFT JOIN ticket AS t ON t.id = s.ticket_id
        LEFT JOIN crate AS k ON k.ticket_id = t.id AND s.position BETWEEN k.first_position AND k.last_position
        WHERE p.batch_id = ANY (:batches) AND c.community_id = :community ORDER BY g.number, p.position
        """,
        batches=batch_ids,
        community=asker.community_id,
    )


def count_late(batch_id: int) -> int:
    """Return how many parcels of a batch came after it was cut into tickets: they have no stop yet."""
    found = rows(
        "SELECT count(*) AS late FROM parcel AS p WHERE p.batch_id = :batch"
        " AND NOT EXISTS (SELECT FROM stop AS s WHERE s.parcel_id = p.id)"
        " AND EXISTS (SELECT FROM ticket AS t WHERE t.batch_id = :batch)",
        batch=batch_id,
    )
    return int(found[0].late)
