"""Law 3: everybody gets what was shared out, once."""

from supplyhub.audit.law import Check, Law

FULFILMENT = Law(
    3,
    "Fulfilment",
    "履约",
    checks=(
        Check(
            "allocated <= ordered, and every line is shared out with its cycle",
            """
            SELECT l.order_id AS "order", l.item_id AS item, l.quantity AS ordered,
                   a.ordered AS shared_of, a.allocated
            FROM allocation_run AS r
            JOIN orders AS o ON o.cycle_id = r.cycle_id AND o.state = 'placed'
            JOIN order_line AS l ON l.order_id = o.id
            LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
            WHERE a.order_id IS NULL OR a.ordered <> l.quantity OR a.allocated > a.ordered OR a.allocated < 0
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM allocation",
        ),
        Check(
            "packed <= allocated, and a packed parcel holds all that was allocated",
            """
            SELECT a.order_id AS "order", a.item_id AS item, a.allocated, coalesce(l.units, 0) AS packed,
                   p.state AS parcel
            FROM allocation AS a
            LEFT JOIN (
              SELECT order_id, item_id, sum(quantity) AS units FROM parcel_line GROUP BY order_id, item_id
            ) AS l ON l.order_id = a.order_id AND l.item_id = a.item_id
            LEFT JOIN parcel AS p ON p.order_id = a.order_id
            WHERE coalesce(l.units, 0) > a.allocated
               OR coalesce(l.units, 0) < a.allocated AND p.state <> 'planned'
               OR a.allocated > 0 AND p.id IS NULL
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM parcel_line",
        ),
        Check(
            "what the parcels hold is what was moved: nothing is packed or delivered twice",
            """
            SELECT coalesce(p.parcel_id, m.parcel_id) AS parcel, coalesce(p.lot_id, m.lot_id) AS lot,
                   coalesce(p.place, m.place) AS place,
                   coalesce(p.units, 0) AS in_parcel, coalesce(m.units, 0) AS moved
            FROM (
              SELECT l.parcel_id, l.lot_id, p.state AS place, sum(l.quantity) AS units
              FROM parcel_line AS l JOIN parcel AS p ON p.id = l.parcel_id
              WHERE p.state IN ('packed', 'handed_over', 'delivered') GROUP BY 1, 2, 3
            ) AS p
            FULL JOIN (
              SELECT parcel_id, lot_id, place, sum(units) AS units FROM (
                SELECT parcel_id, lot_id, to_place AS place, quantity AS units FROM movement
                UNION ALL
                SELECT parcel_id, lot_id, from_place, -quantity FROM movement
              ) AS both_ends
              WHERE parcel_id IS NOT NULL AND place IN ('packed', 'handed_over', 'delivered')
              GROUP BY 1, 2, 3 HAVING sum(units) <> 0
            ) AS m ON m.parcel_id = p.parcel_id AND m.lot_id = p.lot_id AND m.place = p.place
            WHERE p.units IS DISTINCT FROM m.units
            ORDER BY 1, 2, 3
            """,
            "SELECT count(*) FROM movement WHERE parcel_id IS NOT NULL",
        ),
        Check(
            "at the close: ordered = delivered + short + cancelled + returned",
            """
            SELECT l.order_id AS "order", l.item_id AS item, l.quantity AS ordered,
                   coalesce(d.delivered, 0) AS delivered, l.quantity - coalesce(a.allocated, 0) AS short,
                   coalesce(d.returned, 0) AS returned
            FROM order_line AS l
            JOIN orders AS o ON o.id = l.order_id
            JOIN cycle AS c ON c.id = o.cycle_id AND c.state = 'closed'
            LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
            LEFT JOIN (
              SELECT l.order_id, l.item_id,
                     sum(l.quantity) FILTER (WHERE p.state = 'delivered') AS delivered,
                     sum(l.quantity) FILTER (WHERE p.state = 'returned') AS returned
              FROM parcel_line AS l JOIN parcel AS p ON p.id = l.parcel_id GROUP BY 1, 2
            ) AS d ON d.order_id = l.order_id AND d.item_id = l.item_id
            WHERE coalesce(d.delivered, 0) + coalesce(d.returned, 0) <> coalesce(a.allocated, 0)
            ORDER BY 1, 2
            """,
            """
            SELECT count(*) FROM order_line AS l JOIN orders AS o ON o.id = l.order_id
            JOIN cycle AS c ON c.id = o.cycle_id WHERE c.state = 'closed'
            """,
        ),
    ),
)
