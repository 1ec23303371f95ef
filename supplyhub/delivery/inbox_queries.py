"""What a grid's lead has to clear, as its page shows it; and who is at work there and could take a ticket over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows, scalar

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

SHOWN_CLEARED = 20
SCOPE = "g.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR i.grid_id = :grid)"


def open_items_for(asker: Asker, *, limit: int = 200, offset: int = 0) -> list[Row[Any]]:
    """Return what is to be cleared in the asker's grid, of a coordinator in all: doors that wait for somebody first.

    Fields: id, kind, opened_at, cleared_at, cleared_by, note (the last three of what was cleared), cycle_id, grid_number,
    ticket (its code), ticket_state, badge (its code), volunteer (who has it), stops_left (its doors without outcome),
    first_building, heard_at (of its doors; its handover before the first); of a door: household_id, door (58-2-301), parcel
    (its code), bags, outcome, problem, happened_at, anchor (an anchor household has it), part (something was kept back), photo
    (the entry that it stands by, where that came with one); said, said_problem, said_at, said_anchor, said_part, said_photo
    (of the entry that contradicts), may_take (it may still stand instead), taken (it does); reporter, report_note (who says
    it has not arrived). Each None where it doesn't apply.
    """
    return rows(
        f"{ITEMS} WHERE {SCOPE} AND i.cleared_at IS NULL ORDER BY {URGENT}, i.opened_at, i.id LIMIT :limit"
        " OFFSET :offset",
        limit=limit,
        offset=offset,
        **_scope(asker),
    )


def cleared_items_for(asker: Asker, *, limit: int = SHOWN_CLEARED) -> list[Row[Any]]:
    """Return what was cleared last, by somebody or by itself; the fields stand at `open_items_for`."""
    return rows(
        f"{ITEMS} WHERE {SCOPE} AND i.cleared_at IS NOT NULL ORDER BY i.cleared_at DESC, i.id DESC LIMIT :limit",
        limit=limit,
        **_scope(asker),
    )


def count_open_items(asker: Asker) -> int:
    """Return how much is to be cleared."""
    return int(
        scalar(
            f"SELECT count(*) FROM inbox_item AS i JOIN grid AS g ON g.id = i.grid_id"
            f" WHERE i.cleared_at IS NULL AND {SCOPE}",
            **_scope(asker),
        )
    )


def at_work(grid_ids: list[int]) -> list[Row[Any]]:
    """Return the volunteers of some grids whose shift runs, with a live badge, those with the fewest doors left first.

    Fields: grid_id, badge (its code), name, doors (in hand or claimed, without outcome).
    """
    return rows(
        """
        SELECT b.grid_id, b.code AS badge, a.display_name AS name,
               (SELECT count(*) FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id
                WHERE t.badge_id = b.id AND t.state IN ('claimed', 'handed_over', 'under_way') AND s.outcome IS NULL) AS doors
        FROM badge AS b
        JOIN account AS a ON a.id = b.account_id AND a.active
        WHERE b.grid_id = ANY (:grids) AND b.state = 'live' AND b.valid_from <= clock_timestamp()
          AND b.valid_until > clock_timestamp()
          AND EXISTS (SELECT FROM shift AS s WHERE s.badge_id = b.id AND s.starts_at <= clock_timestamp()
                      AND s.ends_at > clock_timestamp())
        ORDER BY doors, b.number
        """,
        grids=grid_ids,
    )


def _scope(asker: Asker) -> dict[str, object]:
    return {"community": asker.community_id, "grid": asker.grid_id}


# Food that stands still comes before what has come to an end.
URGENT = """
    array_position(ARRAY['not_arrived', 'silent', 'unclaimed', 'entry_conflict', 'failed_door', 'kept_back', 'level_changed'],
                   i.kind)
"""

ITEMS = """
    SELECT i.id, i.kind, i.opened_at, i.cleared_at, c.display_name AS cleared_by, i.note, i.cycle_id, i.grid_id,
           g.number AS grid_number, t.code AS ticket, t.state AS ticket_state, b.code AS badge, v.display_name AS volunteer,
           left_over.stops AS stops_left, left_over.first_building, greatest(t.handed_over_at, heard.at) AS heard_at,
           h.id AS household_id, coalesce(nullif(u.number, 0)::text, u.name) || '-' || h.unit_number || '-' || h.door AS door,
           p.code AS parcel, p.bags, s.outcome, s.problem, s.happened_at, e.outcome AS said, e.problem AS said_problem,
           e.happened_at AS said_at, f.entry_id AS photo, CASE WHEN e.id <> s.entry_id THEN q.entry_id END AS said_photo,
           n.left_with IS NOT NULL AS anchor, EXISTS (SELECT FROM kept_back AS k WHERE k.entry_id = n.id) AS part,
           e.left_with IS NOT NULL AS said_anchor, EXISTS (SELECT FROM kept_back AS k WHERE k.entry_id = e.id) AS said_part,
           e.id IS NOT NULL AND w.state IN ('issued', 'claimed', 'handed_over', 'under_way') AND NOT w.at_point AS may_take,
           s.entry_id = e.id OR EXISTS (SELECT FROM entry_set_aside AS a WHERE a.entry_id = e.undoes) AS taken,
           y.display_name AS reporter, r.note AS report_note
    FROM inbox_item AS i
    JOIN grid AS g ON g.id = i.grid_id
    LEFT JOIN account AS c ON c.id = i.cleared_by
    LEFT JOIN stop AS s ON s.id = i.stop_id
    LEFT JOIN ticket AS w ON w.id = s.ticket_id
    LEFT JOIN ticket AS t ON t.id = coalesce(i.ticket_id, s.ticket_id)
    LEFT JOIN badge AS b ON b.id = t.badge_id
    LEFT JOIN account AS v ON v.id = b.account_id
    LEFT JOIN parcel AS p ON p.id = s.parcel_id
    LEFT JOIN orders AS o ON o.id = s.order_id
    LEFT JOIN household AS h ON h.id = o.household_id
    LEFT JOIN building AS u ON u.id = o.building_id
    LEFT JOIN delivery_entry AS e ON e.id = i.entry_id
    LEFT JOIN delivery_entry AS n ON n.id = s.entry_id
    LEFT JOIN door_photo AS f ON f.entry_id = s.entry_id
    LEFT JOIN door_photo AS q ON q.entry_id = i.entry_id
    LEFT JOIN arrival_report AS r ON r.stop_id = s.id AND i.kind = 'not_arrived'
    LEFT JOIN account AS y ON y.id = r.reported_by
    LEFT JOIN LATERAL (
        SELECT count(*) AS stops, (array_agg(x.name ORDER BY f.position))[1] AS first_building
        FROM stop AS f JOIN orders AS w ON w.id = f.order_id JOIN building AS x ON x.id = w.building_id
        WHERE f.ticket_id = t.id AND f.outcome IS NULL
    ) AS left_over ON true
    LEFT JOIN LATERAL (
        SELECT max(q.received_at) AS at FROM stop AS f JOIN delivery_entry AS q ON q.stop_id = f.id WHERE f.ticket_id = t.id
    ) AS heard ON true
"""
