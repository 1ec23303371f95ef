"""Whose news there are since a moment: found by the time at which something was written down, not home by home.

Values of both: since. What `happening` tells of happened to one of these; a delivery is found by when the server heard of it.
"""

from __future__ import annotations

# Rows: grid_id. Menus that opened, or close within the hour; levels; shares, which are written for a while after a decision.
GRIDS_WITH_NEWS = """
    SELECT m.grid_id FROM menu AS m JOIN cycle AS c ON c.id = m.cycle_id AND c.state <> 'closed'
    WHERE greatest(m.opens_at, m.published_at) BETWEEN :since AND clock_timestamp()
       OR m.cutoff_at - interval '1 hour' BETWEEN :since AND clock_timestamp()
    UNION
    SELECT grid_id FROM grid_zone_level WHERE valid_from BETWEEN :since AND clock_timestamp()
    UNION
    SELECT m.grid_id FROM allocation_run AS r JOIN menu AS m ON m.cycle_id = r.cycle_id
    WHERE r.decided_at > CAST(:since AS timestamptz) - interval '30 minutes'
"""

# Rows: household_id. Lines withdrawn, parcels on their way or delivered, money back, help requests.
HOMES_WITH_NEWS = """
    SELECT o.household_id FROM withdrawn_line AS w JOIN orders AS o ON o.id = w.order_id WHERE w.withdrawn_at > :since
    UNION
    SELECT o.household_id
    FROM cycle AS c JOIN ticket AS t ON t.cycle_id = c.id AND t.state IN ('issued', 'handed_over', 'under_way')
    JOIN stop AS s ON s.ticket_id = t.id JOIN orders AS o ON o.id = s.order_id
    WHERE c.state <> 'closed' AND t.handed_over_at > :since
    UNION
    SELECT o.household_id FROM delivery_entry AS e JOIN stop AS s ON s.id = e.stop_id JOIN orders AS o ON o.id = s.order_id
    WHERE e.received_at > :since
    UNION
    SELECT o.household_id FROM refund AS f JOIN orders AS o ON o.id = f.order_id WHERE f.state = 'done' AND f.done_at > :since
    UNION
    SELECT r.household_id FROM help_step AS s JOIN help_request AS r ON r.id = s.request_id WHERE s.happened_at > :since
"""
