"""The statements of the day's report: each goes through its tables once, whatever the number of grids.

Values: community, day, begins and ends (the day's moments), cycle (the day's, or NULL). Each returns the grid's number.
"""

from __future__ import annotations

from supplyhub.help.states import OPEN_SQL
from supplyhub.reports.map_figures import GRIDS

CYCLE = """
    SELECT id, number FROM cycle
    WHERE community_id = :community AND created_at < :ends AND (closed_at IS NULL OR closed_at >= :begins)
    ORDER BY delivery_on = :day DESC, number DESC LIMIT 1
"""
# Law 9, as the map has it.
STANDINGS = GRIDS
LESS = """
    FROM allocation AS a JOIN orders AS o ON o.id = a.order_id JOIN grid AS g ON g.id = o.grid_id
    WHERE a.cycle_id = :cycle AND a.allocated < a.ordered AND a.reason <> 'fill_short'
"""
SHORT = f"""
    SELECT g.number, count(*) AS short_lines, count(DISTINCT o.household_id) AS short_households {LESS} GROUP BY g.number
"""
REASONS = f"SELECT g.number, a.reason AS key, count(*) AS figure {LESS} GROUP BY g.number, a.reason"
HOMES = f"""
    SELECT g.number, a.reason AS key, count(DISTINCT o.household_id) AS figure {LESS} GROUP BY g.number, a.reason
"""
DOORS = """
    SELECT g.number, count(*) FILTER (WHERE s.outcome = 'delivered') AS delivered,
           count(*) FILTER (WHERE s.outcome = 'failed' AND s.happened_at >= :begins) AS failed,
           count(*) FILTER (WHERE s.outcome = 'failed' AND s.happened_at >= :begins AND p.state = 'returned') AS returned,
           count(*) FILTER (WHERE s.outcome = 'failed' AND c.state <> 'closed') AS problems_open,
           count(*) FILTER (WHERE s.outcome = 'delivered' AND EXISTS (
               SELECT FROM delivery_entry AS e WHERE e.stop_id = s.id AND e.outcome = 'failed')) AS problems_solved
    FROM stop AS s
    JOIN ticket AS t ON t.id = s.ticket_id
    JOIN cycle AS c ON c.id = t.cycle_id AND c.community_id = :community
    JOIN grid AS g ON g.id = t.grid_id
    JOIN parcel AS p ON p.id = s.parcel_id
    WHERE s.happened_at < :ends AND (s.happened_at >= :begins OR s.outcome = 'failed' AND c.state <> 'closed')
    GROUP BY g.number
"""
CALLS = """
    SELECT g.number,
           count(*) FILTER (WHERE k.due_on <= :day AND (k.done_at IS NULL OR k.done_at >= :begins)) AS calls_due,
           count(*) FILTER (WHERE k.done_at >= :begins AND k.done_at < :ends) AS calls_done
    FROM care_check AS k
    JOIN care_case AS m ON m.id = k.case_id
    JOIN household AS h ON h.id = m.household_id AND h.community_id = :community
    JOIN building AS b ON b.id = h.building_id
    JOIN grid AS g ON g.id = b.grid_id
    WHERE (k.done_at IS NULL AND m.ended_at IS NULL) OR k.done_at >= :begins
    GROUP BY g.number
"""
REQUESTS = f"""
    SELECT g.number, count(*) FILTER (WHERE r.opened_at >= :begins) AS requests_opened,
           count(*) FILTER (WHERE r.state = 'solved' AND r.ended_at >= :begins AND r.ended_at < :ends) AS requests_solved,
           count(*) FILTER (WHERE r.state <> 'solved' AND r.ended_at >= :begins AND r.ended_at < :ends) AS requests_ended,
           count(*) FILTER (WHERE r.state IN {OPEN_SQL} AND r.due_at < least(:ends, clock_timestamp())) AS requests_late
    FROM help_request AS r JOIN grid AS g ON g.id = r.grid_id
    WHERE r.community_id = :community AND r.opened_at < :ends AND (r.ended_at IS NULL OR r.ended_at >= :begins)
    GROUP BY g.number
"""
STILL_OPEN = f"""
    FROM help_request AS r JOIN grid AS g ON g.id = r.grid_id
    WHERE r.community_id = :community AND r.opened_at < :ends AND r.state IN {OPEN_SQL}
"""
KINDS = f"SELECT g.number, r.kind AS key, count(*) AS figure {STILL_OPEN} GROUP BY g.number, r.kind"
AGES = f"""
    SELECT g.number, a.key, count(*) AS figure
    FROM (SELECT r.grid_id, CASE WHEN least(:ends, clock_timestamp()) - r.opened_at < interval '1 day' THEN 'a_day'
                                 WHEN least(:ends, clock_timestamp()) - r.opened_at < interval '3 days' THEN 'three_days'
                                 ELSE 'longer' END AS key {STILL_OPEN}) AS a
    JOIN grid AS g ON g.id = a.grid_id GROUP BY g.number, a.key
"""
# Before the cut-off's booking an order is worth its total.
WORTH = """
    WITH booked AS (
        SELECT p.order_id, sum(p.amount_fen) AS fen
        FROM journal_entry AS e JOIN posting AS p ON p.entry_id = e.id AND p.account = 'household'
        WHERE e.cycle_id = :cycle AND e.kind IN ('ordered', 'shared', 'packed', 'returned', 'credited')
        GROUP BY p.order_id
    )
    SELECT g.number,
           sum(coalesce(b.fen, CASE WHEN o.state = 'placed' AND c.state <> 'closed' THEN o.total_fen END))::bigint AS sold_fen
    FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN grid AS g ON g.id = o.grid_id
    LEFT JOIN booked AS b ON b.order_id = o.id
    WHERE o.cycle_id = :cycle AND o.placed_at < :ends GROUP BY g.number
"""
MONEY = """
    SELECT g.number,
           -sum(p.amount_fen) FILTER (WHERE e.kind = 'paid_online')::bigint AS paid_online_fen,
           -sum(p.amount_fen) FILTER (WHERE e.kind = 'taken')::bigint AS paid_at_doors_fen,
           -sum(p.amount_fen) FILTER (WHERE e.kind = 'covered')::bigint AS covered_fen,
           sum(p.amount_fen) FILTER (WHERE e.kind IN ('refund_due', 'refund_changed'))::bigint AS given_back_fen
    FROM journal_entry AS e
    JOIN cycle AS c ON c.id = e.cycle_id AND c.community_id = :community
    JOIN posting AS p ON p.entry_id = e.id AND p.account = 'household'
    JOIN orders AS o ON o.id = p.order_id
    JOIN grid AS g ON g.id = o.grid_id
    WHERE e.booked_at >= :begins AND e.booked_at < :ends
    GROUP BY g.number
"""
VOLUNTEERS = """
    SELECT g.number, count(DISTINCT b.account_id) AS volunteers
    FROM ticket AS t
    JOIN cycle AS c ON c.id = t.cycle_id AND c.community_id = :community
    JOIN badge AS b ON b.id = t.badge_id
    JOIN grid AS g ON g.id = t.grid_id
    WHERE t.handed_over_at < :ends AND coalesce(t.finished_at, t.voided_at, :ends) >= :begins
    GROUP BY g.number
"""
HOURS = "round(sum(extract(epoch FROM least(r.ends_at, :ends) - greatest(r.starts_at, :begins))) {} / 3600)"
ON_DUTY = "r.community_id = :community AND r.cancelled_at IS NULL AND r.starts_at < :ends AND r.ends_at > :begins"
SHIFTS = f"""
    SELECT g.number, {HOURS.format("")} AS shift_hours
    FROM roster_shift AS r JOIN grid AS g ON g.id = r.grid_id WHERE {ON_DUTY} GROUP BY g.number
"""
# Of no grid: one row.
SHARED = f"""
    SELECT {HOURS.format("FILTER (WHERE r.delivery_point_id IS NOT NULL)")} AS point_hours,
           {HOURS.format("FILTER (WHERE r.depot_id IS NOT NULL)")} AS depot_hours
    FROM roster_shift AS r WHERE {ON_DUTY}
"""
# The newest report of each day, of those from the first day to the last.
BETWEEN = """
    SELECT DISTINCT ON (r.day) r.id, r.day, r.made_at, a.display_name AS made_by, r.figures
    FROM daily_report AS r LEFT JOIN account AS a ON a.id = r.made_by
    WHERE r.community_id = :community AND r.day BETWEEN :first AND :last ORDER BY r.day, r.id DESC
"""
DAYS = """
    SELECT day, made_at, made_by, count(*) OVER () AS days FROM (
        SELECT DISTINCT ON (r.day) r.day, r.made_at, a.display_name AS made_by
        FROM daily_report AS r LEFT JOIN account AS a ON a.id = r.made_by
        WHERE r.community_id = :community ORDER BY r.day DESC, r.id DESC
    ) AS newest ORDER BY day DESC LIMIT :many OFFSET :skip
"""
LATEST = """
    SELECT r.id, r.day, r.made_at, a.display_name AS made_by, r.figures
    FROM daily_report AS r LEFT JOIN account AS a ON a.id = r.made_by
    WHERE r.community_id = :community AND r.day = :day ORDER BY r.id DESC LIMIT 1
"""
KEEP = """
    INSERT INTO daily_report (community_id, day, made_by, made_at, figures)
    VALUES (:community, :day, :by, clock_timestamp(), CAST(:figures AS jsonb)) RETURNING id
"""
