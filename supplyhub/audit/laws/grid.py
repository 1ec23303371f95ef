"""Laws 5 and 6: no ticket leaves its grid, and one person has one badge."""

from supplyhub.audit.law import NOT_GUARDED, ROLE_OWNS, Check, Law

GRID = Law(
    5,
    "Grid",
    "不能窜格",
    checks=(
        Check(
            "ticket, batch, route and badge are of one grid",
            """
            SELECT t.code AS ticket, g.number AS ticket_grid, b.grid_id = t.grid_id AS batch_fits,
                   r.grid_id = t.grid_id AS route_fits, v.grid_id = t.grid_id AS badge_fits
            FROM ticket AS t
            JOIN grid AS g ON g.id = t.grid_id
            LEFT JOIN batch AS b ON b.id = t.batch_id
            LEFT JOIN route AS r ON r.id = t.route_id
            LEFT JOIN badge AS v ON v.id = t.badge_id
            WHERE b.grid_id IS DISTINCT FROM t.grid_id OR b.cycle_id IS DISTINCT FROM t.cycle_id
               OR r.grid_id IS DISTINCT FROM t.grid_id
               OR t.badge_id IS NOT NULL AND v.grid_id IS DISTINCT FROM t.grid_id
            ORDER BY t.id
            """,
            "SELECT count(*) FROM ticket",
        ),
        Check(
            "every stop, its parcel, its order and its door are of the ticket's grid",
            """
            SELECT s.id AS stop, t.code AS ticket, t.grid_id AS ticket_grid, s.grid_id AS stop_grid,
                   p.grid_id AS parcel_grid, o.grid_id AS order_grid, d.grid_id AS door_grid
            FROM stop AS s
            JOIN ticket AS t ON t.id = s.ticket_id
            LEFT JOIN parcel AS p ON p.id = s.parcel_id
            LEFT JOIN orders AS o ON o.id = s.order_id
            LEFT JOIN household AS h ON h.id = o.household_id
            LEFT JOIN cycle_building AS d ON d.cycle_id = o.cycle_id AND d.building_id = h.building_id
            WHERE s.grid_id <> t.grid_id OR p.grid_id IS DISTINCT FROM t.grid_id OR p.order_id <> s.order_id
               OR o.grid_id IS DISTINCT FROM t.grid_id OR d.grid_id IS DISTINCT FROM t.grid_id
            ORDER BY s.id
            """,
            "SELECT count(*) FROM stop",
        ),
        Check(
            "a ticket is taken over at most once, by a badge of its grid, within its validity and before it is revoked",
            """
            SELECT t.code AS ticket, v.code AS badge, v.grid_id AS badge_grid, t.grid_id AS ticket_grid,
                   h.handed_at, v.valid_from, v.valid_until, v.revoked_at, count(*) OVER (PARTITION BY h.ticket_id) AS times
            FROM handover AS h
            JOIN ticket AS t ON t.id = h.ticket_id
            JOIN badge AS v ON v.id = h.badge_id
            WHERE v.grid_id <> t.grid_id OR h.grid_id <> t.grid_id OR t.badge_id IS DISTINCT FROM h.badge_id
               OR h.handed_at < v.valid_from OR h.handed_at >= least(v.valid_until, v.revoked_at)
               OR h.ticket_id IN (SELECT ticket_id FROM handover GROUP BY ticket_id HAVING count(*) > 1)
            ORDER BY h.ticket_id
            """,
            "SELECT count(*) FROM handover",
        ),
        Check(
            "a ticket on its way was handed over, and each is reported by a badge of its grid",
            """
            SELECT t.code AS ticket, t.state, NULL::uuid AS entry
            FROM ticket AS t
            WHERE t.state IN ('handed_over', 'under_way', 'done', 'handed_back') AND NOT t.at_point
              AND NOT EXISTS (SELECT FROM handover WHERE ticket_id = t.id)
            UNION ALL
            SELECT t.code, t.state, e.id
            FROM delivery_entry AS e
            JOIN stop AS s ON s.id = e.stop_id
            JOIN ticket AS t ON t.id = s.ticket_id
            JOIN badge AS v ON v.id = e.badge_id
            WHERE v.grid_id <> t.grid_id OR e.grid_id <> t.grid_id
            ORDER BY 1
            """,
            "SELECT count(*) FROM delivery_entry",
        ),
        Check(
            "every route is of one grid, and the newest of a grid leads to its buildings only",
            # An import moves a building and asks for new routes in one transaction: until the worker has planned them
            # the old one is still the newest, and that isn't a fault.
            """
            SELECT g.number AS grid, r.version, b.building_id AS building, h.grid_id AS building_grid
            FROM route AS r
            JOIN grid AS g ON g.id = r.grid_id
            JOIN route_building AS b ON b.route_id = r.id
            LEFT JOIN building AS h ON h.id = b.building_id
            WHERE b.grid_id <> r.grid_id
               OR h.grid_id IS DISTINCT FROM r.grid_id
                  AND NOT EXISTS (SELECT FROM route AS newer WHERE newer.grid_id = r.grid_id AND newer.version > r.version)
                  AND NOT EXISTS (SELECT FROM outbox AS e WHERE e.topic = 'routes' AND e.finished_at IS NULL
                                  AND e.payload -> 'grids' @> to_jsonb(r.grid_id))
            ORDER BY g.id, r.version, b.position
            """,
            "SELECT count(*) FROM route_building",
        ),
    ),
)

ONE_BADGE = Law(
    6,
    "One person, one badge",
    "单人单证",
    checks=(
        Check(
            "at most one live badge a person",
            """
            SELECT account_id AS account, count(*) AS live_badges, array_agg(code ORDER BY code) AS codes
            FROM badge WHERE state = 'live' GROUP BY account_id HAVING count(*) > 1 ORDER BY 1
            """,
            "SELECT count(*) FROM badge WHERE state = 'live'",
        ),
        Check(
            "a badge number is never used again",
            """
            SELECT grid_id AS grid, number, count(*) AS times, array_agg(code ORDER BY code) AS codes
            FROM badge GROUP BY grid_id, number HAVING count(*) > 1
            UNION ALL
            SELECT NULL, NULL, count(*), array_agg(b.code) FROM badge AS b JOIN grid AS g ON g.id = b.grid_id
            GROUP BY g.community_id, b.code HAVING count(*) > 1
            """,
            "SELECT count(*) FROM badge",
        ),
        Check(
            "this role can't delete a badge, which would free its number",
            """
            SELECT 'badge' AS "table", current_user AS role, what
            FROM (VALUES ('DELETE'), ('TRUNCATE')) AS wanted(what)
            WHERE has_table_privilege(current_user, 'badge', what)
            """,
            "SELECT 1",
            unless=ROLE_OWNS,
            instead=NOT_GUARDED,
        ),
    ),
)
