"""Law 4: shares are fair, and everybody can be told why."""

from supplyhub.audit.law import Check, Law

# Each cycle's products: what was wanted, what was given, what stood on the shelf when it was shared out (what its own
# parcels took, they took afterwards). Lots of a closed cycle of which something is left, or came back, may serve a later
# one by now.
_SHELF_FOR = """
  SELECT r.cycle_id, l.product_id,
         sum(CASE WHEN m.to_place = 'shelf' THEN m.quantity ELSE -m.quantity END) AS units
  FROM allocation_run AS r
  JOIN lot AS l ON l.serves_cycle_id = r.cycle_id AND l.purpose = '{purpose}'
  JOIN movement AS m ON m.lot_id = l.id AND m.moved_at <= r.decided_at AND 'shelf' IN (m.from_place, m.to_place)
  LEFT JOIN parcel AS p ON p.id = m.parcel_id
  WHERE p.cycle_id IS DISTINCT FROM r.cycle_id
  GROUP BY 1, 2
"""
ON_THE_SHELF = _SHELF_FOR.format(purpose="everybody")
CARE_ON_THE_SHELF = _SHELF_FOR.format(purpose="care")
# A line that was bought, with the terms on which it was shared out; `whole`: it wanted all or nothing. The first depots asked
# nobody that.
TERMS = """
  SELECT a.*, f.product_id, l.quantity, l.consent, l.substitute_item_id,
         CASE r.policy WHEN 'care_first_whatever_was_said' THEN 'care_first_equal_share' ELSE coalesce(c.policy, r.policy) END
           AS policy,
         r.policy <> 'care_first_whatever_was_said' AND l.quantity > 1
           AND (l.consent = 'refund' OR l.consent = 'call' AND w.answer IS NOT DISTINCT FROM 'refund') AS whole
  FROM allocation AS a
  JOIN allocation_run AS r ON r.cycle_id = a.cycle_id
  JOIN order_line AS l ON l.order_id = a.order_id AND l.item_id = a.item_id
  JOIN menu_item AS i ON i.id = a.item_id AND NOT i.for_care JOIN offer AS f ON f.id = i.offer_id
  LEFT JOIN shortage_choice AS c ON c.cycle_id = a.cycle_id AND c.product_id = f.product_id
  LEFT JOIN consent_answer AS w ON w.order_id = a.order_id AND w.item_id = a.item_id
"""
# A lot that came for the closed cycle `d`, or for one before it, and serves another by now.
PASSED_ON = """
  SELECT FROM lot AS l JOIN receipt AS e ON e.id = l.receipt_id
  WHERE l.product_id = d.product_id AND l.serves_cycle_id <> d.cycle_id
    AND (e.cycle_id = d.cycle_id OR e.cycle_id < d.cycle_id AND l.serves_cycle_id > d.cycle_id)
"""
# `least_refused`: the smallest whole line that got nothing; what is left is less than that, so that nobody could take it.
SHARED_OUT = f"""
  SELECT cycle_id, product_id, sum(ordered) AS demand, sum(allocated) AS allocated,
         count(*) FILTER (WHERE NOT whole AND allocated < ordered) AS short_in_part,
         min(ordered) FILTER (WHERE whole AND allocated < ordered) AS least_refused
  FROM ({TERMS}) AS t GROUP BY 1, 2
"""
# The lines of care packs, of the lots that are for care.
GIVEN = """
  SELECT a.*, f.product_id
  FROM allocation AS a JOIN menu_item AS i ON i.id = a.item_id AND i.for_care JOIN offer AS f ON f.id = i.offer_id
"""

SHORTAGE = Law(
    4,
    "Shortage",
    "缺货分配",
    checks=(
        Check(
            "the sum allocated of a product = min(stock, demand), less what no line accepts in part",
            f"""
            SELECT d.cycle_id AS cycle, d.product_id AS product,
                   d.demand, coalesce(s.units, 0) AS stock, d.allocated
            FROM ({SHARED_OUT}) AS d
            JOIN cycle AS c ON c.id = d.cycle_id
            LEFT JOIN ({ON_THE_SHELF}) AS s ON s.cycle_id = d.cycle_id AND s.product_id = d.product_id
            CROSS JOIN LATERAL (SELECT least(coalesce(s.units, 0), d.demand) - d.allocated AS left_over) AS n
            WHERE (n.left_over < 0 OR n.left_over > 0 AND (d.short_in_part > 0 OR n.left_over >= d.least_refused))
              AND NOT (c.state = 'closed' AND EXISTS ({PASSED_ON}))
            ORDER BY 1, 2
            """,
            f"SELECT count(*) FROM ({SHARED_OUT}) AS d",
        ),
        Check(
            "nobody is short while a neighbour of the same standing has two more, where everybody comes one by one",
            f"""
            WITH shares AS (
              SELECT cycle_id, product_id, order_id, quantity, least(allocated, quantity) AS units, care_first AS cared_for
              FROM ({TERMS}) AS t WHERE policy = 'care_first_equal_share' AND NOT whole
                AND NOT EXISTS (SELECT FROM cycle AS c WHERE c.id = t.cycle_id AND c.care_forgotten_at IS NOT NULL)
            ), largest AS (
              SELECT cycle_id, product_id, max(units) FILTER (WHERE cared_for) AS cared_for,
                     max(units) FILTER (WHERE NOT cared_for) AS others
              FROM shares GROUP BY 1, 2
            )
            SELECT s.order_id AS "order", s.product_id AS product, s.quantity AS ordered, s.units AS allocated,
                   CASE WHEN s.cared_for THEN l.cared_for ELSE l.others END AS largest_share
            FROM shares AS s JOIN largest AS l ON l.cycle_id = s.cycle_id AND l.product_id = s.product_id
            WHERE s.units < s.quantity AND (
              CASE WHEN s.cared_for THEN l.cared_for > s.units + 1 OR l.others > 0
                   ELSE l.others > s.units + 1 END)
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM allocation",
        ),
        Check(
            "every household can be told why: the reason fits the share",
            f"""
            SELECT order_id AS "order", item_id AS item, ordered, allocated, reason
            FROM ({TERMS}) AS t
            WHERE (reason = 'full') <> (allocated = ordered)
               OR (reason = 'fill_short') <> (allocated >= quantity AND allocated < ordered)
               OR reason = 'fair_share' AND allocated = 0
               OR reason IN ('none_left', 'nothing_came', 'stepped_back') AND allocated > 0
               OR reason = 'stepped_back' AND NOT whole
               OR reason IN ('fair_share', 'none_left') AND policy <> 'care_first_equal_share'
               OR reason = 'pro_rata' AND policy <> 'pro_rata'
               OR reason = 'came_later' AND policy <> 'first_come'
               OR reason = 'not_drawn' AND policy <> 'draw'
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM allocation",
        ),
        Check(
            "who wants all or nothing gets that, and nothing while a line that accepts a part is short",
            f"""
            SELECT order_id AS "order", item_id AS item, ordered, allocated
            FROM (
              SELECT *, bool_or(NOT whole AND allocated < ordered) OVER (PARTITION BY cycle_id, product_id) AS others_short
              FROM ({TERMS}) AS t
            ) AS t
            WHERE whole AND (allocated NOT IN (0, ordered) OR allocated > 0 AND others_short)
            ORDER BY 1, 2
            """,
            f"SELECT count(*) FROM ({TERMS}) AS t WHERE whole",
        ),
        Check(
            "nobody fills a case while a line that accepts a part lacks what was ordered",
            f"""
            SELECT order_id AS "order", item_id AS item, quantity AS ordered, allocated
            FROM (
              SELECT *, bool_or(NOT whole AND allocated > quantity) OVER (PARTITION BY cycle_id, product_id) AS filled
              FROM ({TERMS}) AS t
            ) AS t
            WHERE NOT whole AND allocated < quantity AND filled
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM case_fill",
        ),
        Check(
            "of what was given for care the packs got min(stock, demand), each line with a reason that fits",
            f"""
            SELECT d.cycle_id AS cycle, d.product_id AS product, d.demand, coalesce(s.units, 0) AS stock, d.allocated,
                   d.unfounded
            FROM (
              SELECT cycle_id, product_id, sum(ordered) AS demand, sum(allocated) AS allocated,
                     count(*) FILTER (WHERE NOT CASE WHEN allocated = ordered THEN reason = 'full'
                       WHEN allocated > 0 THEN reason = 'fair_share'
                       ELSE reason IN ('nothing_came', 'none_left') END) AS unfounded
              FROM ({GIVEN}) AS t GROUP BY 1, 2
            ) AS d
            JOIN cycle AS c ON c.id = d.cycle_id
            LEFT JOIN ({CARE_ON_THE_SHELF}) AS s ON s.cycle_id = d.cycle_id AND s.product_id = d.product_id
            WHERE d.unfounded > 0 OR d.allocated <> least(coalesce(s.units, 0), d.demand)
              AND NOT (c.state = 'closed' AND EXISTS ({PASSED_ON}))
            ORDER BY 1, 2
            """,
            f"SELECT count(*) FROM ({GIVEN}) AS t",
        ),
    ),
)
