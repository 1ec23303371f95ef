"""Laws 2 to 4: no unit appears or disappears, everybody gets what was shared out, and shares are fair."""

from supplyhub.audit.law import NOT_GUARDED, ROLE_OWNS, Check, Law

STOCK = Law(
    2,
    "Stock",
    "库存",
    checks=(
        Check(
            "a lot's units are somewhere: received + count differences = the sum over all places",
            """
            SELECT l.id AS lot, l.received, coalesce(m.counted, 0) AS count_differences,
                   coalesce(m.supplied, 0) AS supplied, coalesce(s.units, 0) AS in_places
            FROM lot AS l
            LEFT JOIN (
              SELECT lot_id,
                sum(CASE 'supplier' WHEN from_place THEN quantity WHEN to_place THEN -quantity END)
                  AS supplied,
                sum(CASE 'count' WHEN from_place THEN quantity WHEN to_place THEN -quantity END) AS counted
              FROM movement GROUP BY lot_id
            ) AS m ON m.lot_id = l.id
            LEFT JOIN (SELECT lot_id, sum(quantity) AS units FROM stock_level GROUP BY lot_id) AS s
              ON s.lot_id = l.id
            WHERE l.received <> coalesce(m.supplied, 0)
               OR l.received + coalesce(m.counted, 0) <> coalesce(s.units, 0)
            ORDER BY l.id
            """,
            "SELECT count(*) FROM lot",
        ),
        Check(
            "the level of every place is the sum of its movements, and none is below zero",
            """
            SELECT coalesce(s.lot_id, m.lot_id) AS lot, coalesce(s.place, m.place) AS place,
                   s.quantity AS level, m.units AS moved
            FROM stock_level AS s
            FULL JOIN (
              SELECT lot_id, place, sum(units) AS units FROM (
                SELECT lot_id, to_place AS place, quantity AS units FROM movement
                UNION ALL
                SELECT lot_id, from_place, -quantity FROM movement
              ) AS both_ends
              WHERE place NOT IN ('supplier', 'count') GROUP BY lot_id, place
            ) AS m ON m.lot_id = s.lot_id AND m.place = s.place
            WHERE coalesce(s.quantity, 0) <> coalesce(m.units, 0) OR s.quantity < 0
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM movement",
        ),
        Check(
            "movements are append-only: this role can't change one",
            """
            SELECT 'movement' AS "table", current_user AS role, what
            FROM (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS wanted(what)
            WHERE has_table_privilege(current_user, 'movement', what)
            """,
            "SELECT 1",
            unless=ROLE_OWNS,
            instead=NOT_GUARDED,
        ),
        Check(
            "a trigger keeps the levels",
            """
            SELECT 'stock_level' AS "table", 'the trigger that keeps it is off' AS what
            WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'movement'::regclass
                              AND tgname = 'keep_stock_level' AND tgenabled IN ('O', 'A'))
            """,
            "SELECT 1",
        ),
    ),
)

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

# Each cycle's products: what was wanted, what was given, what stood on the shelf when it was shared out (what its own
# parcels took, they took afterwards). A lot of a closed cycle may serve a later one by now, so there the stock is a lower
# bound.
SHARED_OUT = """
  SELECT a.cycle_id, f.product_id, sum(a.ordered) AS demand, sum(a.allocated) AS allocated
  FROM allocation AS a JOIN menu_item AS i ON i.id = a.item_id JOIN offer AS f ON f.id = i.offer_id
  GROUP BY 1, 2
"""
ON_THE_SHELF = """
  SELECT r.cycle_id, l.product_id,
         sum(CASE WHEN m.to_place = 'shelf' THEN m.quantity ELSE -m.quantity END) AS units
  FROM allocation_run AS r
  JOIN lot AS l ON l.serves_cycle_id = r.cycle_id
  JOIN movement AS m ON m.lot_id = l.id AND m.moved_at <= r.decided_at AND 'shelf' IN (m.from_place, m.to_place)
  LEFT JOIN parcel AS p ON p.id = m.parcel_id
  WHERE p.cycle_id IS DISTINCT FROM r.cycle_id
  GROUP BY 1, 2
"""

SHORTAGE = Law(
    4,
    "Shortage",
    "缺货分配",
    checks=(
        Check(
            "the sum allocated of a product = min(stock, demand)",
            f"""
            SELECT d.cycle_id AS cycle, d.product_id AS product,
                   d.demand, coalesce(s.units, 0) AS stock, d.allocated
            FROM ({SHARED_OUT}) AS d
            JOIN cycle AS c ON c.id = d.cycle_id
            LEFT JOIN ({ON_THE_SHELF}) AS s ON s.cycle_id = d.cycle_id AND s.product_id = d.product_id
            WHERE d.allocated <> least(coalesce(s.units, 0), d.demand)
              AND NOT (c.state = 'closed' AND d.allocated = d.demand)
            ORDER BY 1, 2
            """,
            f"SELECT count(*) FROM ({SHARED_OUT}) AS d",
        ),
        Check(
            "nobody is short while a neighbour of the same standing has two more",
            """
            WITH shares AS (
              SELECT a.cycle_id, f.product_id, a.order_id, a.ordered, a.allocated, a.care_first AS cared_for
              FROM allocation AS a
              JOIN menu_item AS i ON i.id = a.item_id JOIN offer AS f ON f.id = i.offer_id
            ), largest AS (
              SELECT cycle_id, product_id, max(allocated) FILTER (WHERE cared_for) AS cared_for,
                     max(allocated) FILTER (WHERE NOT cared_for) AS others
              FROM shares GROUP BY 1, 2
            )
            SELECT s.order_id AS "order", s.product_id AS product, s.ordered, s.allocated,
                   CASE WHEN s.cared_for THEN l.cared_for ELSE l.others END AS largest_share
            FROM shares AS s JOIN largest AS l ON l.cycle_id = s.cycle_id AND l.product_id = s.product_id
            WHERE s.allocated < s.ordered AND (
              CASE WHEN s.cared_for THEN l.cared_for > s.allocated + 1 OR l.others > 0
                   ELSE l.others > s.allocated + 1 END)
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM allocation",
        ),
        Check(
            "every household can be told why: the reason fits the share",
            """
            SELECT order_id AS "order", item_id AS item, ordered, allocated, reason
            FROM allocation
            WHERE (reason = 'full') <> (allocated = ordered)
               OR reason = 'fair_share' AND allocated = 0
               OR reason IN ('none_left', 'nothing_came') AND allocated > 0
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM allocation",
        ),
    ),
)
