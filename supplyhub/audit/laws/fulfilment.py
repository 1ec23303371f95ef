"""Law 3: everybody gets what was shared out, once."""

from supplyhub.audit.law import Check, Law
from supplyhub.audit.laws.doors import KEPT_WITHIN_ITS_PARCEL
from supplyhub.depot.carrying import LOTS
from supplyhub.depot.contents import CONTENTS

GOODS = f"SELECT * FROM ({CONTENTS}) AS c WHERE units > 0"

FULFILMENT = Law(
    3,
    "Fulfilment",
    "履约",
    checks=(
        Check(
            "allocated <= ordered, and every line is shared out with its cycle",
            """
            SELECT l.order_id AS "order", l.item_id AS item, l.quantity AS ordered, f.units AS to_fill_a_case,
                   a.ordered AS shared_of, a.allocated
            FROM cycle AS y
            JOIN orders AS o ON o.cycle_id = y.id AND o.state = 'placed'
            JOIN order_line AS l ON l.order_id = o.id
            LEFT JOIN case_fill AS f ON f.order_id = l.order_id AND f.item_id = l.item_id
            LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
            WHERE y.state IN ('staging', 'closed') AND (
              a.order_id IS NULL OR a.ordered <> l.quantity + coalesce(f.units, 0) OR a.allocated > a.ordered
              OR a.allocated < 0)
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM allocation",
        ),
        Check(
            "packed <= allocated, and a packed parcel holds all that was allocated but what was missing then",
            f"""
            SELECT coalesce(c.order_id, l.order_id) AS "order", coalesce(c.item_id, l.item_id) AS item,
                   coalesce(c.substitute, l.substitute) AS substitute, coalesce(c.units, 0) AS allocated,
                   coalesce(l.units, 0) AS packed, coalesce(m.units, 0) AS missing, p.state AS parcel
            FROM ({GOODS}) AS c
            FULL JOIN (
              SELECT order_id, item_id, substitute, sum(quantity) AS units FROM parcel_line GROUP BY 1, 2, 3
            ) AS l ON l.order_id = c.order_id AND l.item_id = c.item_id AND l.substitute = c.substitute
            LEFT JOIN parcel AS p ON p.order_id = coalesce(c.order_id, l.order_id)
            LEFT JOIN cycle AS y ON y.id = c.cycle_id
            LEFT JOIN packing_short AS m ON m.parcel_id = p.id AND m.item_id = coalesce(c.item_id, l.item_id)
                 AND m.substitute = coalesce(c.substitute, l.substitute)
            WHERE coalesce(l.units, 0) + coalesce(m.units, 0) > coalesce(c.units, 0)
               OR coalesce(l.units, 0) + coalesce(m.units, 0) < coalesce(c.units, 0) AND p.state <> 'planned'
               OR c.units > 0 AND p.id IS NULL AND y.state <> 'procuring'
            ORDER BY 1, 2, 3
            """,
            "SELECT count(*) FROM parcel_line",
        ),
        Check(
            "what the parcels hold is what was moved: nothing is packed or delivered twice",
            f"""
            SELECT coalesce(p.parcel_id, m.parcel_id) AS parcel, coalesce(p.lot_id, m.lot_id) AS lot,
                   coalesce(p.place, m.place) AS place,
                   coalesce(p.units, 0) AS in_parcel, coalesce(m.units, 0) AS moved
            FROM (
              -- What was kept back at a door is with the volunteer until the hand-back.
              SELECT l.parcel_id, l.lot_id, w.place, sum(w.units) AS units
              FROM ({LOTS.format(parcels="true")}) AS l
              JOIN parcel AS p ON p.id = l.parcel_id
              LEFT JOIN stop AS s ON s.parcel_id = p.id
              LEFT JOIN ticket AS t ON t.id = s.ticket_id
              CROSS JOIN LATERAL (
                VALUES (p.state, l.quantity - l.kept), ('handed_over', CASE WHEN t.finished_at IS NULL THEN l.kept ELSE 0 END)
              ) AS w(place, units)
              WHERE p.state IN ('packed', 'handed_over', 'delivered') AND w.units > 0 GROUP BY 1, 2, 3
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
            f"""
            SELECT l.order_id AS "order", l.item_id AS item, coalesce(c.substitute, false) AS substitute,
                   l.quantity AS ordered, coalesce(d.delivered, 0) AS delivered, coalesce(c.units, 0) AS allocated,
                   coalesce(m.units, 0) AS missing_when_packed, coalesce(d.returned, 0) AS returned
            FROM order_line AS l
            JOIN orders AS o ON o.id = l.order_id
            JOIN cycle AS y ON y.id = o.cycle_id AND y.state = 'closed'
            LEFT JOIN ({GOODS}) AS c ON c.order_id = l.order_id AND c.item_id = l.item_id
            LEFT JOIN packing_short AS m ON m.order_id = c.order_id AND m.item_id = c.item_id
                 AND m.substitute = c.substitute
            LEFT JOIN (
              SELECT l.order_id, l.item_id, l.substitute,
                     sum(l.quantity) FILTER (WHERE p.state = 'delivered') AS delivered,
                     sum(l.quantity) FILTER (WHERE p.state = 'returned') AS returned
              FROM parcel_line AS l JOIN parcel AS p ON p.id = l.parcel_id GROUP BY 1, 2, 3
            ) AS d ON d.order_id = l.order_id AND d.item_id = l.item_id
                 AND d.substitute = coalesce(c.substitute, false)
            WHERE coalesce(d.delivered, 0) + coalesce(d.returned, 0) <> coalesce(c.units, 0) - coalesce(m.units, 0)
            ORDER BY 1, 2, 3
            """,
            """
            SELECT count(*) FROM order_line AS l JOIN orders AS o ON o.id = l.order_id
            JOIN cycle AS c ON c.id = o.cycle_id WHERE c.state = 'closed'
            """,
        ),
        Check(
            "a substitute stands in for units that are short of its line, and costs no more than they did",
            """
            SELECT s.order_id AS "order", s.item_id AS item, s.substitute_item_id AS substitute, s.units,
                   a.ordered, a.allocated, s.unit_price_fen, l.unit_price_fen AS price_of_the_line
            FROM substitution AS s
            LEFT JOIN allocation AS a ON a.order_id = s.order_id AND a.item_id = s.item_id
            LEFT JOIN order_line AS l ON l.order_id = s.order_id AND l.item_id = s.item_id
            WHERE a.order_id IS NULL OR s.units > a.ordered - a.allocated OR s.unit_price_fen > l.unit_price_fen
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM substitution",
        ),
        Check(
            "a parcel holds the goods that its lines name, care packs what was given for care; a weight is of what is in it",
            f"""
            SELECT l.parcel_id AS parcel, l.item_id AS item, l.substitute, l.lot_id AS lot, t.product_id AS product,
                   f.product_id AS meant, NULL AS grams
            FROM parcel_line AS l
            JOIN lot AS t ON t.id = l.lot_id
            JOIN ({GOODS}) AS c ON c.order_id = l.order_id AND c.item_id = l.item_id AND c.substitute = l.substitute
            JOIN menu_item AS i ON i.id = c.goods_item_id
            JOIN offer AS f ON f.id = i.offer_id
            WHERE t.product_id <> f.product_id OR (t.purpose = 'care') <> i.for_care
            UNION ALL
            SELECT w.parcel_id, w.item_id, w.substitute, NULL, NULL, NULL, w.grams
            FROM parcel_weight AS w
            LEFT JOIN parcel_line AS l
                 ON l.parcel_id = w.parcel_id AND l.item_id = w.item_id AND l.substitute = w.substitute
            WHERE l.parcel_id IS NULL
            ORDER BY 1, 2, 3
            """,
            "SELECT count(*) FROM parcel_line",
        ),
        Check(
            "what left a packed parcel for the shelf was unpacked: by whom and why is noted, and it is no more than was in it",
            """
            SELECT m.parcel_id AS parcel, m.lot_id AS lot, sum(m.quantity) AS units, count(u.reason) AS noted
            FROM movement AS m
            LEFT JOIN LATERAL (
              SELECT u.reason FROM unpacking AS u
              WHERE u.parcel_id = m.parcel_id AND u.unpacked_by = m.moved_by AND u.reason = m.reason LIMIT 1
            ) AS u ON true
            LEFT JOIN LATERAL (
              SELECT sum(i.quantity) AS units FROM movement AS i
              WHERE i.parcel_id = m.parcel_id AND i.lot_id = m.lot_id AND i.to_place = 'packed'
            ) AS i ON true
            WHERE m.from_place = 'packed' AND m.to_place = 'shelf'
            GROUP BY 1, 2, i.units HAVING count(u.reason) < count(*) OR sum(m.quantity) > coalesce(i.units, 0)
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM unpacking",
        ),
        KEPT_WITHIN_ITS_PARCEL,
    ),
)
