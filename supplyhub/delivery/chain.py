"""The custody chain: through whose hands a batch's crates and a ticket's parcels went, and when. No doors, no residents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.delivery.queries import ticket_for
from supplyhub.depot.packing_queries import batch_for

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.delivery.queries import TicketView
    from supplyhub.people.asker import Asker

CHAIN = """
    WITH mine AS (SELECT * FROM ticket WHERE id = :ticket),
    crates AS (
        SELECT p.step, p.counted_at, p.counted_by, p.delivery_point_id FROM crate AS c
        JOIN crate_passage AS p ON p.crate_id = c.id WHERE c.ticket_id = :ticket
    )
    SELECT 'packed' AS step, max(p.packed_at) AS at, array_agg(DISTINCT a.display_name) AS who,
           count(*) AS number, 'parcels' AS counted, NULL AS place
    FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id LEFT JOIN account AS a ON a.id = p.packed_by
    WHERE s.ticket_id = :ticket AND p.packed_at IS NOT NULL HAVING count(*) > 0
    UNION ALL
    SELECT c.step, max(c.counted_at), array_agg(DISTINCT a.display_name), count(*), 'crates', d.name
    FROM crates AS c JOIN account AS a ON a.id = c.counted_by JOIN delivery_point AS d ON d.id = c.delivery_point_id
    GROUP BY c.step, d.name
    UNION ALL
    SELECT 'claimed', t.claimed_at, ARRAY[b.code], NULL, NULL, NULL FROM mine AS t JOIN badge AS b ON b.id = t.badge_id
    UNION ALL
    SELECT 'handed_over', h.handed_at, ARRAY[a.display_name, b.code], h.crates, 'crates', NULL
    FROM handover AS h JOIN account AS a ON a.id = h.handed_by JOIN badge AS b ON b.id = h.badge_id
    WHERE h.ticket_id = :ticket
    UNION ALL
    SELECT s.outcome, max(s.happened_at), ARRAY[b.code], count(*), 'doors', NULL
    FROM stop AS s JOIN mine AS t ON t.id = s.ticket_id JOIN badge AS b ON b.id = t.badge_id
    WHERE s.outcome IS NOT NULL GROUP BY s.outcome, b.code
    UNION ALL
    SELECT 'handed_back', t.finished_at, m.who, count(*), 'parcels', NULL
    FROM mine AS t JOIN stop AS s ON s.ticket_id = t.id JOIN parcel AS p ON p.id = s.parcel_id AND p.state = 'returned'
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT a.display_name) AS who FROM movement JOIN account AS a ON a.id = movement.moved_by
        WHERE movement.parcel_id = p.id AND movement.from_place = 'handed_over'
    ) AS m
    WHERE t.finished_at IS NOT NULL GROUP BY t.finished_at, m.who
    ORDER BY at
"""


def chain_of(asker: Asker, code: str) -> tuple[TicketView, list[Row[Any]]]:
    """Return a ticket with its custody chain, the earliest step first. Raises NotFoundError.

    Fields of a step: step (packed, left_depot, reached_point, claimed, handed_over, delivered, failed, handed_back), at,
    who (a list: names of staff, the badge; for handed_over both), number (None where nothing was counted) of `counted`
    (parcels, crates, doors), place (the delivery point, or None).
    """
    view = ticket_for(asker, code)
    return view, rows(CHAIN, ticket=view.ticket.id)


def crates_for(asker: Asker, batch_id: int) -> list[Row[Any]]:
    """Return a batch's crates in walking order, each with the steps of its chain. Raises NotFoundError.

    Fields: code, ticket (its code), ticket_state, sequence, number, parcels, unpacked (how many of them), left_at,
    left_by, reached_at, reached_by (names), handed_at, handed_by (a name), badge (its code); each None before its time.
    """
    batch = batch_for(asker, batch_id)
    return rows(
        """
        SELECT c.code, t.code AS ticket, t.state AS ticket_state, t.sequence, c.number,
               c.last_position - c.first_position + 1 AS parcels, u.unpacked,
               l.counted_at AS left_at, la.display_name AS left_by,
               r.counted_at AS reached_at, ra.display_name AS reached_by,
               h.handed_at, ha.display_name AS handed_by, b.code AS badge
        FROM ticket AS t
        JOIN crate AS c ON c.ticket_id = t.id
        CROSS JOIN LATERAL (
            SELECT count(*) AS unpacked FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
            WHERE s.ticket_id = t.id AND s.position BETWEEN c.first_position AND c.last_position AND p.state = 'planned'
        ) AS u
        LEFT JOIN crate_passage AS l ON l.crate_id = c.id AND l.step = 'left_depot'
        LEFT JOIN account AS la ON la.id = l.counted_by
        LEFT JOIN crate_passage AS r ON r.crate_id = c.id AND r.step = 'reached_point'
        LEFT JOIN account AS ra ON ra.id = r.counted_by
        LEFT JOIN handover AS h ON h.ticket_id = t.id
        LEFT JOIN account AS ha ON ha.id = h.handed_by
        LEFT JOIN badge AS b ON b.id = t.badge_id
        WHERE t.batch_id = :batch AND (t.state <> 'void' OR t.handed_over_at IS NOT NULL) ORDER BY t.sequence, c.number
        """,
        batch=batch.id,
    )


def loads_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return how far the crates of each batch of a cycle are, by delivery point and grid; batches without crates not.

    Fields: batch_id, grid_number, delivery_point (or None), crates, "left", reached, handed_over (crates of tickets that
    are), unpacked (crates of which a parcel isn't packed).
    """
    return rows(
        """
        SELECT b.id AS batch_id, g.number AS grid_number, d.name AS delivery_point, count(*) AS crates,
               count(l.crate_id) AS "left", count(r.crate_id) AS reached,
               count(*) FILTER (WHERE t.handed_over_at IS NOT NULL) AS handed_over,
               count(*) FILTER (WHERE b.state = 'packing' AND EXISTS (
                   SELECT FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
                   WHERE s.ticket_id = t.id AND s.position BETWEEN c.first_position AND c.last_position
                     AND p.state = 'planned')) AS unpacked
        FROM batch AS b
        JOIN grid AS g ON g.id = b.grid_id
        JOIN ticket AS t ON t.batch_id = b.id AND (t.state <> 'void' OR t.handed_over_at IS NOT NULL)
        JOIN crate AS c ON c.ticket_id = t.id
        LEFT JOIN delivery_point AS d ON d.id = b.delivery_point_id
        LEFT JOIN crate_passage AS l ON l.crate_id = c.id AND l.step = 'left_depot'
        LEFT JOIN crate_passage AS r ON r.crate_id = c.id AND r.step = 'reached_point'
        WHERE b.cycle_id = :cycle AND g.community_id = :community
        GROUP BY b.id, g.number, d.name ORDER BY d.name, g.number
        """,
        cycle=cycle_id,
        community=asker.community_id,
    )
