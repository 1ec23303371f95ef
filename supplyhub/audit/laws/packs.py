"""Laws 1 and 10 for care packs: promised is what was given for it, to whom it was given for, and nothing else is laid in."""

from supplyhub.audit.law import Check
from supplyhub.depot.gifts import PROMISED_UNITS

# What stood there for packs is looked at before the close: what is left over serves a later cycle.
WITHIN_WHAT_WAS_GIVEN = Check(
    "care packs promise no more than was given for care",
    f"""
    SELECT p.cycle_id AS cycle, p.product_id AS product, p.units AS promised, coalesce(g.units, 0) AS given_for_care
    FROM (
      SELECT cycle_id, product_id, sum(units) AS units FROM ({PROMISED_UNITS}) AS p GROUP BY 1, 2
    ) AS p
    JOIN cycle AS c ON c.id = p.cycle_id AND c.state <> 'closed'
    LEFT JOIN (
      SELECT l.serves_cycle_id AS cycle_id, l.product_id, sum(l.received + coalesce(m.more, 0)) AS units
      FROM lot AS l
      LEFT JOIN (SELECT lot_id, sum(quantity) AS more FROM movement WHERE from_place = 'count' GROUP BY 1) AS m ON m.lot_id = l.id
      WHERE l.purpose = 'care' GROUP BY 1, 2
    ) AS g USING (cycle_id, product_id)
    WHERE p.units > coalesce(g.units, 0)
    ORDER BY 1, 2
    """,
    "SELECT count(*) FROM care_pack_line",
)

LAID_IN_AS_PROMISED = Check(
    "from the cut-off on orders hold the care packs that were promised, no more, and they cost nothing",
    f"""
    SELECT coalesce(p.cycle_id, l.cycle_id) AS cycle, coalesce(p.household_id, l.household_id) AS household,
           coalesce(p.product_id, l.product_id) AS product, coalesce(p.units, 0) AS promised, coalesce(l.units, 0) AS laid_in,
           l.unit_price_fen
    FROM (
      SELECT p.cycle_id, coalesce(p.household_id, 0) AS household_id, p.product_id, p.units
      FROM ({PROMISED_UNITS}) AS p JOIN cycle AS c ON c.id = p.cycle_id AND c.state <> 'ordering'
    ) AS p
    FULL JOIN (
      -- Of a cycle that forgot whose packs they were all together.
      SELECT o.cycle_id, CASE WHEN c.care_forgotten_at IS NULL THEN o.household_id ELSE 0 END AS household_id, f.product_id,
             sum(l.quantity)::bigint AS units, max(l.unit_price_fen) AS unit_price_fen
      FROM menu_item AS i
      JOIN offer AS f ON f.id = i.offer_id
      JOIN order_line AS l ON l.item_id = i.id
      JOIN orders AS o ON o.id = l.order_id AND o.state = 'placed'
      JOIN cycle AS c ON c.id = o.cycle_id
      WHERE i.for_care GROUP BY 1, 2, 3
    ) AS l USING (cycle_id, household_id, product_id)
    WHERE p.units IS DISTINCT FROM l.units OR l.unit_price_fen > 0
    ORDER BY 1, 2, 3
    """,
    "SELECT count(*) FROM care_pack_share",
)

OF_THE_REGISTER = Check(
    "who was promised a care pack stood in the care register then",
    """
    SELECT s.pack_id AS pack, s.household_id AS household, k.given_at
    FROM care_pack_share AS s JOIN care_pack AS k ON k.id = s.pack_id
    WHERE s.household_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM care_case AS c WHERE c.household_id = s.household_id AND c.created_at <= k.given_at
                        AND (c.ended_at IS NULL OR c.ended_at >= k.given_at))
    ORDER BY 1, 2
    """,
    "SELECT count(*) FROM care_pack_share",
)
