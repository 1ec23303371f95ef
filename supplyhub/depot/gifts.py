"""Care packs in the batches: promised before the cut-off, lines of orders at it, shared out of the lots that are for care.

Until the cut-off a pack is a promise beside the order (`care_pack_share`): whoever changes an order neither sees nor locks
it, and no path of an order knows of it. Set-based; where no pack was promised, one look.
"""

from __future__ import annotations

from supplyhub.db import execute, scalar
from supplyhub.ordering.states import Channel, OrderState

# As a name of a platform in the database only: nothing is bought there.
OWN_PLATFORM = "（爱心捐赠）"

PROMISED = """
    SELECT EXISTS (SELECT FROM care_pack AS k JOIN care_pack_share AS s ON s.pack_id = k.id WHERE k.cycle_id = :cycle)
"""

# Whether a household h took its consent to packs back: a row says so, and none holds.
TAKEN_BACK = """(
    EXISTS (SELECT FROM care_case AS c JOIN care_consent AS a ON a.case_id = c.id
            WHERE c.household_id = h.id AND c.ended_at IS NULL AND a.purpose = 'care_packs' AND a.withdrawn_on IS NOT NULL)
    AND NOT EXISTS (SELECT FROM care_case AS c JOIN care_consent AS a ON a.case_id = c.id
                    WHERE c.household_id = h.id AND c.ended_at IS NULL AND a.purpose = 'care_packs' AND a.withdrawn_on IS NULL))
"""

# Who has moved out of reach since, or took its consent back.
DROP = f"""
    UPDATE care_pack_share AS s SET dropped_at = clock_timestamp()
    FROM care_pack AS k, household AS h
    WHERE k.cycle_id = :cycle AND k.id = s.pack_id AND h.id = s.household_id AND s.declined_at IS NULL AND s.dropped_at IS NULL
      AND (NOT h.active OR {TAKEN_BACK} OR NOT EXISTS (
          SELECT FROM cycle_building AS b JOIN menu AS m ON m.cycle_id = b.cycle_id AND m.grid_id = b.grid_id
          WHERE b.cycle_id = :cycle AND b.building_id = h.building_id AND b.grid_id = s.grid_id))
"""

# A row a cycle, household and product that are promised: cycle_id, household_id, product_id, units.
PROMISED_UNITS = """
    SELECT k.cycle_id, s.household_id, l.product_id, sum(l.units)::bigint AS units
    FROM care_pack AS k
    JOIN care_pack_line AS l ON l.pack_id = k.id
    JOIN care_pack_share AS s ON s.pack_id = k.id AND s.declined_at IS NULL AND s.dropped_at IS NULL
    GROUP BY 1, 2, 3
"""

# A row a household and product: menu_id, household_id, product_id, units; who gave it first, and when.
COMES = """
    SELECT m.id AS menu_id, s.household_id, l.product_id, sum(l.units)::bigint AS units,
           (array_agg(k.given_by ORDER BY k.id))[1] AS given_by, greatest(min(k.given_at), min(m.opens_at)) AS given_at
    FROM care_pack AS k
    JOIN care_pack_line AS l ON l.pack_id = k.id
    JOIN care_pack_share AS s ON s.pack_id = k.id AND s.declined_at IS NULL AND s.dropped_at IS NULL
    JOIN menu AS m ON m.cycle_id = k.cycle_id AND m.grid_id = s.grid_id
    WHERE k.cycle_id = :cycle GROUP BY m.id, s.household_id, l.product_id
"""

ADD_PLATFORM = """
    INSERT INTO platform (community_id, name, for_care)
    SELECT community_id, :name, true FROM cycle AS c
    WHERE id = :cycle AND NOT EXISTS (SELECT FROM platform WHERE community_id = c.community_id AND for_care)
"""
ADD_OFFERS = f"""
    INSERT INTO offer (platform_id, product_id, cost_fen, price_fen, case_size, active)
    SELECT f.id, p.id, 0, 0, 1, false
    FROM (SELECT DISTINCT product_id FROM ({COMES}) AS w) AS w
    JOIN product AS p ON p.id = w.product_id JOIN platform AS f ON f.community_id = p.community_id AND f.for_care
    ON CONFLICT DO NOTHING
"""
ADD_ITEMS = f"""
    INSERT INTO menu_item (menu_id, offer_id, position, price_fen, cost_fen, offered, reserved, cap, for_care)
    SELECT w.menu_id, o.id, i.position + row_number() OVER (PARTITION BY w.menu_id ORDER BY p.sku), 0, 0, w.units, w.units,
           w.most, true
    FROM (SELECT menu_id, product_id, sum(units) AS units, max(units) AS most FROM ({COMES}) AS w GROUP BY 1, 2) AS w
    JOIN product AS p ON p.id = w.product_id
    JOIN platform AS f ON f.community_id = p.community_id AND f.for_care
    JOIN offer AS o ON o.platform_id = f.id AND o.product_id = p.id
    CROSS JOIN LATERAL (SELECT coalesce(max(position), 0) AS position FROM menu_item WHERE menu_id = w.menu_id) AS i
    ORDER BY w.menu_id, p.sku
"""
# An order that was cancelled carries the pack, and nothing else.
PLACE_AGAIN = f"""
    UPDATE orders AS o SET version = version + 1, state = :placed, total_fen = 0, channel = :channel, placed_by = w.given_by
    FROM (SELECT DISTINCT ON (menu_id, household_id) * FROM ({COMES}) AS w ORDER BY menu_id, household_id, given_at) AS w
    WHERE o.menu_id = w.menu_id AND o.household_id = w.household_id AND o.state = :cancelled
"""
PLACE = f"""
    INSERT INTO orders (menu_id, cycle_id, grid_id, household_id, building_id, state, total_fen, channel, placed_by, placed_at,
                        changed_at)
    SELECT m.id, m.cycle_id, m.grid_id, h.id, h.building_id, :placed, 0, :channel, w.given_by, w.given_at, w.given_at
    FROM (SELECT DISTINCT ON (menu_id, household_id) * FROM ({COMES}) AS w ORDER BY menu_id, household_id, given_at) AS w
    JOIN menu AS m ON m.id = w.menu_id JOIN household AS h ON h.id = w.household_id
    ON CONFLICT (menu_id, household_id) DO NOTHING
"""
ADD_LINES = f"""
    INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen)
    SELECT o.id, i.id, o.menu_id, w.units, 0
    FROM ({COMES}) AS w
    JOIN orders AS o ON o.menu_id = w.menu_id AND o.household_id = w.household_id
    JOIN menu_item AS i ON i.menu_id = w.menu_id AND i.for_care
    JOIN offer AS f ON f.id = i.offer_id AND f.product_id = w.product_id
    ORDER BY o.id, i.id
"""

# As the others share what is short: one each before anybody has two, the first of the register first, equals by the draw.
SHARES = """
    WITH line AS MATERIALIZED (
        SELECT l.order_id, l.item_id, l.quantity, f.product_id, coalesce(s.units, 0) AS supply, c.id IS NOT NULL AS care_first,
               coalesce(c.priority, 3) AS priority, md5(:seed || ':' || l.order_id) COLLATE "C" AS tie
        FROM menu AS m
        JOIN menu_item AS i ON i.menu_id = m.id AND i.for_care
        JOIN offer AS f ON f.id = i.offer_id
        JOIN order_line AS l ON l.item_id = i.id
        JOIN orders AS o ON o.id = l.order_id AND o.state = 'placed'
        LEFT JOIN care_case AS c ON c.household_id = o.household_id AND c.ended_at IS NULL
        LEFT JOIN (
            SELECT l.product_id, sum(s.quantity)::bigint AS units
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf'
            WHERE l.serves_cycle_id = :cycle AND l.purpose = 'care' GROUP BY l.product_id
        ) AS s ON s.product_id = f.product_id
        WHERE m.cycle_id = :cycle
    ), unit AS (
        SELECT order_id, item_id, supply,
               row_number() OVER (PARTITION BY product_id ORDER BY priority, nth, tie, order_id, item_id) AS place
        FROM line CROSS JOIN LATERAL generate_series(1, quantity) AS nth WHERE supply > 0
    ), share AS (
        SELECT order_id, item_id, count(*) AS units FROM unit WHERE place <= supply GROUP BY order_id, item_id
    )
    INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, care_first, reason)
    SELECT order_id, item_id, :cycle, quantity, coalesce(units, 0), care_first,
           CASE WHEN units = quantity THEN 'full' WHEN supply = 0 THEN 'nothing_came' WHEN units > 0 THEN 'fair_share'
                ELSE 'none_left' END
    FROM line LEFT JOIN share USING (order_id, item_id) ORDER BY order_id, item_id
"""


def lay_gifts(cycle_id: int) -> None:
    """Make the packs that were promised lines of orders that cost nothing. In the cut-off's transaction, which locks the cycle.

    After the buying, so that nothing is bought for them; before the numbers, so that orders which hold nothing else have one.
    """
    if not scalar(PROMISED, cycle=cycle_id):
        return
    execute(DROP, cycle=cycle_id)
    execute(ADD_PLATFORM, cycle=cycle_id, name=OWN_PLATFORM)
    for statement in (ADD_OFFERS, ADD_ITEMS):
        execute(statement, cycle=cycle_id)
    execute(
        PLACE_AGAIN,
        cycle=cycle_id,
        placed=OrderState.PLACED,
        cancelled=OrderState.CANCELLED,
        channel=Channel.CARE_PACK,
    )
    execute(PLACE, cycle=cycle_id, placed=OrderState.PLACED, channel=Channel.CARE_PACK)
    execute(ADD_LINES, cycle=cycle_id)


def share_gifts(cycle_id: int, *, seed: str) -> None:
    """Write an allocation for every line of a care pack, of the lots that are for care. In the transaction of the share-out."""
    if scalar(PROMISED, cycle=cycle_id):
        execute(SHARES, cycle=cycle_id, seed=seed)
