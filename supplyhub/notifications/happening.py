"""What happened to households, derived from what stands elsewhere: no row is written for it while it happens.

A city has a quarter of a million orders a cycle. What their households are told follows from menus, withdrawn lines, shares,
stops, refunds, zone levels and help requests; so their pages ask, and only who wants a mail gets rows.
"""

from __future__ import annotations

# What was told before stays to be read so long.
DAYS = 14

# How a household's menu is found: that of its building's grid in the cycles under way.
_MENUS = """
    FROM household AS h
    JOIN cycle AS c ON c.community_id = h.community_id AND c.state <> 'closed'
    JOIN cycle_building AS cb ON cb.cycle_id = c.id AND cb.building_id = h.building_id
    JOIN menu AS m ON m.cycle_id = c.id AND m.grid_id = cb.grid_id
    JOIN grid AS g ON g.id = m.grid_id
    WHERE h.id = ANY (:homes) AND m.opens_at <= clock_timestamp()
"""
_ORDERS = """
    FROM orders AS o
    JOIN cycle AS c ON c.id = o.cycle_id AND coalesce(c.closed_at, 'infinity') > clock_timestamp() - make_interval(days => :days)
    LEFT JOIN order_number AS n ON n.order_id = o.id
"""
_OF_HOMES = "WHERE o.household_id = ANY (:homes)"

# Rows: household_id, matter, about, at, facts. Values: homes (ids), days.
HAPPENED = f"""
    SELECT * FROM (
      SELECT h.id AS household_id, 'menu_opened' AS matter, 'menu:' || m.id AS about,
             greatest(m.opens_at, m.published_at) AS at,
             jsonb_build_object('grid', g.number, 'delivery_on', c.delivery_on, 'cutoff_at', m.cutoff_at,
                                'until_at', m.cutoff_at) AS facts
      {_MENUS} AND m.state IN ('published', 'closed')
    UNION ALL
      SELECT h.id, 'cut_off_soon', 'menu:' || m.id, m.cutoff_at - interval '1 hour',
             jsonb_build_object('as', 'mine', 'cutoff_at', m.cutoff_at, 'until_at', m.cutoff_at)
      {_MENUS} AND m.state = 'published' AND m.cutoff_at > clock_timestamp()
        AND m.cutoff_at - interval '1 hour' BETWEEN m.opens_at AND clock_timestamp()
        AND NOT EXISTS (SELECT FROM orders AS o WHERE o.menu_id = m.id AND o.household_id = h.id AND o.state = 'placed')
        AND NOT EXISTS (SELECT FROM declined AS d WHERE d.cycle_id = c.id AND d.household_id = h.id)
    UNION ALL
      SELECT o.household_id, 'order_changed', 'withdrawn:' || o.id || ':' || w.item_id, w.withdrawn_at,
             jsonb_build_object('as', 'my_withdrawn', 'item_zh', p.name_zh, 'item_en', p.name_en)
      {_ORDERS} JOIN withdrawn_line AS w ON w.order_id = o.id JOIN menu_item AS i ON i.id = w.item_id
      JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id {_OF_HOMES}
    UNION ALL
      SELECT o.household_id, 'order_changed', 'short:' || o.id, r.decided_at,
             jsonb_build_object('as', 'my_short', 'lines_kinds', count(*))
      {_ORDERS} JOIN allocation_run AS r ON r.cycle_id = o.cycle_id
      JOIN allocation AS a ON a.order_id = o.id AND a.allocated < a.ordered {_OF_HOMES}
      GROUP BY o.household_id, o.id, r.decided_at
    UNION ALL
      SELECT o.household_id, 'on_its_way', 'order:' || o.id, t.handed_over_at, jsonb_build_object('number', n.number)
      {_ORDERS} JOIN parcel AS p ON p.order_id = o.id JOIN stop AS s ON s.parcel_id = p.id
      JOIN ticket AS t ON t.id = s.ticket_id AND t.handed_over_at IS NOT NULL AND NOT t.at_point {_OF_HOMES}
    UNION ALL
      SELECT o.household_id, 'delivered', 'order:' || o.id, s.happened_at, jsonb_build_object('number', n.number)
      {_ORDERS} JOIN parcel AS p ON p.order_id = o.id
      JOIN stop AS s ON s.parcel_id = p.id AND s.outcome = 'delivered' {_OF_HOMES}
    UNION ALL
      SELECT o.household_id, 'refunded', 'refund:' || f.id, f.done_at,
             jsonb_build_object('number', coalesce(n.number, ''), 'back_fen', f.amount_fen)
      {_ORDERS} JOIN refund AS f ON f.order_id = o.id AND f.state = 'done' {_OF_HOMES}
    UNION ALL
      SELECT h.id, 'level_changed', 'level:' || z.id, z.valid_from,
             jsonb_build_object('grid', g.number, 'level', z.level, 'since_at', z.valid_from)
      FROM household AS h JOIN building AS b ON b.id = h.building_id JOIN grid AS g ON g.id = b.grid_id
      JOIN LATERAL (SELECT id, level, valid_from FROM grid_zone_level
                    WHERE grid_id = g.id AND valid_from <= clock_timestamp() ORDER BY valid_from DESC, id DESC LIMIT 1) AS z
        ON true
      WHERE h.id = ANY (:homes)
    UNION ALL
      SELECT r.household_id, 'help_assigned', 'help:' || r.id, s.at, jsonb_build_object('as', 'mine', 'code', r.code)
      FROM help_request AS r
      CROSS JOIN LATERAL (SELECT min(happened_at) AS at FROM help_step WHERE request_id = r.id AND step = 'assigned') AS s
      WHERE r.household_id = ANY (:homes)
    UNION ALL
      SELECT r.household_id, 'help_ended', 'help:' || r.id || ':' || CAST(extract(epoch FROM r.ended_at) AS bigint), r.ended_at,
             jsonb_build_object('code', r.code)
      FROM help_request AS r WHERE r.household_id = ANY (:homes) AND r.state IN ('solved', 'not_solved')
    ) AS e
    WHERE e.at BETWEEN clock_timestamp() - make_interval(days => :days) AND clock_timestamp()
"""
