"""Law 4: shares are fair, and everybody can be told why."""

from supplyhub.audit.law import Check, Law

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
  JOIN lot AS l ON l.serves_cycle_id = r.cycle_id AND l.purpose = 'everybody'
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
