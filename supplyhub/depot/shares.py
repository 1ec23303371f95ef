"""The statements of the share-out: who is served in which order, as `policies` has it in Python."""

# A line each of the short products: what it ordered, with what it takes more to fill a case; whether it wants all or nothing.
# A line of one unit takes what it can get; a call that nobody answered is no refusal.
LINE = """
    SELECT l.order_id, l.item_id, f.product_id, l.quantity, l.quantity + coalesce(x.units, 0) AS ordered, l.consent,
           l.substitute_item_id, l.unit_price_fen, o.placed_at, s.supply, s.policy, c.id IS NOT NULL AS care_first,
           coalesce(c.priority, 2) AS care_priority,
           l.quantity > 1 AND (l.consent = 'refund' OR l.consent = 'call' AND w.answer IS NOT DISTINCT FROM 'refund') AS whole
    FROM unnest(CAST(:products AS bigint[]), CAST(:supplies AS bigint[]), CAST(:policies AS text[]))
         AS s(product_id, supply, policy)
    JOIN offer AS f ON f.product_id = s.product_id
    JOIN menu_item AS i ON i.offer_id = f.id AND NOT i.for_care
    JOIN menu AS m ON m.id = i.menu_id AND m.cycle_id = :cycle
    JOIN order_line AS l ON l.item_id = i.id
    JOIN orders AS o ON o.id = l.order_id AND o.state = 'placed'
    LEFT JOIN case_fill AS x ON x.order_id = l.order_id AND x.item_id = l.item_id
    LEFT JOIN consent_answer AS w ON w.order_id = l.order_id AND w.item_id = l.item_id
    LEFT JOIN care_case AS c ON c.household_id = o.household_id AND c.ended_at IS NULL
"""

# What places a line's nth unit: fractions are compared as whole numbers, so that Python and SQL agree to the last digit.
PRIMARY = """
    CASE policy WHEN 'care_first_equal_share' THEN nth
                WHEN 'pro_rata' THEN (2 * nth - 1) * 1000000000000 / quantity
                WHEN 'first_come' THEN CAST(extract(epoch FROM placed_at) * 1000000 AS bigint)
                ELSE 0 END
"""
# Of the care register the urgent have what is left of a round; among the same the seed decides.
TIE = """
    CASE policy WHEN 'first_come' THEN ''
                WHEN 'care_first_equal_share' THEN care_priority || md5(:seed || ':' || order_id)
                ELSE md5(:seed || ':' || order_id) END COLLATE "C"
"""

# A row a product that was bought: id, supply (on the shelf for everybody), demand, the policy for it.
SHELF_AND_DEMAND = """
    SELECT d.product_id AS id, d.demand, coalesce(s.units, 0) AS supply,
           coalesce(c.policy, 'care_first_equal_share') AS policy
    FROM (
        SELECT f.product_id, sum(l.demand + l.filled)::bigint AS demand
        FROM purchase_order AS o
        JOIN purchase_order_line AS l ON l.purchase_order_id = o.id
        JOIN offer AS f ON f.id = l.offer_id
        WHERE o.cycle_id = :cycle GROUP BY f.product_id
    ) AS d
    LEFT JOIN (
        SELECT l.product_id, sum(s.quantity)::bigint AS units
        FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf'
        WHERE l.serves_cycle_id = :cycle AND l.purpose = 'everybody' GROUP BY l.product_id
    ) AS s USING (product_id)
    LEFT JOIN shortage_choice AS c ON c.cycle_id = :cycle AND c.product_id = d.product_id
    ORDER BY d.product_id
"""

# Each part takes the items of its own menus, not a city's.
WITHOUT_SHORTAGE = """
    INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, care_first, reason)
    SELECT l.order_id, l.item_id, :cycle, l.quantity + coalesce(x.units, 0), l.quantity + coalesce(x.units, 0),
           c.id IS NOT NULL, 'full'
    FROM orders AS o
    JOIN order_line AS l ON l.order_id = o.id
    JOIN (
        SELECT i.id FROM menu AS m JOIN menu_item AS i ON i.menu_id = m.id
        JOIN offer AS f ON f.id = i.offer_id AND f.product_id <> ALL (CAST(:short AS bigint[]))
        WHERE m.cycle_id = :cycle AND m.grid_id BETWEEN :first_grid AND :last_grid AND NOT i.for_care
    ) AS i ON i.id = l.item_id
    LEFT JOIN case_fill AS x ON x.order_id = l.order_id AND x.item_id = l.item_id
    LEFT JOIN care_case AS c ON c.household_id = o.household_id AND c.ended_at IS NULL
    WHERE o.cycle_id = :cycle AND o.grid_id BETWEEN :first_grid AND :last_grid AND o.state = 'placed'
    ORDER BY l.order_id, l.item_id
"""

# A unit is a row, and as many as there are on the shelf are given. What fills a case comes after all that was ordered. Lines
# that want all or nothing step back where the others leave nothing. Returns what is left for them: product_id, units.
SHARES = f"""
    WITH line AS MATERIALIZED (
        SELECT *, {TIE} AS tie FROM ({LINE}) AS line
    ), remaining AS MATERIALIZED (
        SELECT product_id, greatest(0, max(supply) - coalesce(sum(ordered) FILTER (WHERE NOT whole), 0))::bigint AS remaining
        FROM line GROUP BY product_id
    ), unit AS (
        SELECT order_id, item_id, supply, row_number() OVER (
                   PARTITION BY product_id
                   ORDER BY nth > quantity, policy = 'care_first_equal_share' AND NOT care_first, {PRIMARY}, tie, order_id,
                            item_id, nth
               ) AS place
        FROM line CROSS JOIN LATERAL generate_series(1, ordered) AS nth WHERE supply > 0 AND NOT whole
    ), share AS (
        SELECT order_id, item_id, count(*) AS units FROM unit WHERE place <= supply GROUP BY order_id, item_id
    ), shared AS (
        SELECT line.*, coalesce(share.units, 0) AS units
        FROM line JOIN remaining USING (product_id) LEFT JOIN share USING (order_id, item_id)
        WHERE NOT whole OR remaining = 0
    ), written AS (
        INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, care_first, reason)
        SELECT order_id, item_id, :cycle, ordered, units, care_first,
               CASE WHEN units = ordered THEN 'full' WHEN units >= quantity THEN 'fill_short' WHEN supply = 0 THEN 'nothing_came'
                    WHEN whole THEN 'stepped_back'
                    WHEN policy = 'pro_rata' THEN 'pro_rata' WHEN policy = 'first_come' THEN 'came_later'
                    WHEN policy = 'draw' THEN 'not_drawn' WHEN units > 0 THEN 'fair_share' ELSE 'none_left' END
        FROM shared ORDER BY order_id, item_id
    )
    SELECT product_id, remaining AS units FROM remaining WHERE remaining > 0
"""

# How many units the lines want that accept a part: id, supply, accepts_part.
WANTED_IN_PART = f"""
    SELECT product_id AS id, max(supply)::bigint AS supply,
           coalesce(sum(ordered) FILTER (WHERE NOT whole), 0)::bigint AS accepts_part
    FROM ({LINE}) AS line GROUP BY product_id
"""

# The lines that want all or nothing, as their turn comes: product_id, order_id, item_id, ordered, care_first.
WHOLE_LINES = f"""
    SELECT product_id, order_id, item_id, ordered, care_first
    FROM ({LINE}) AS line CROSS JOIN (SELECT 1 AS nth) AS first_unit WHERE whole
    ORDER BY product_id, policy = 'care_first_equal_share' AND NOT care_first, {PRIMARY}, {TIE}, order_id, item_id
"""

WHOLE_SHARES = """
    INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, care_first, reason)
    SELECT order_id, item_id, :cycle, ordered, units, care_first, CASE units WHEN 0 THEN 'stepped_back' ELSE 'full' END
    FROM unnest(CAST(:orders AS bigint[]), CAST(:items AS bigint[]), CAST(:ordered AS bigint[]), CAST(:units AS bigint[]),
                CAST(:care AS boolean[])) AS s(order_id, item_id, ordered, units, care_first)
"""

SUBSTITUTES = """
    WITH missing AS MATERIALIZED (
        SELECT l.order_id, l.item_id, l.substitute_item_id, s.product_id, s.supply, l.quantity - a.allocated AS units,
               a.care_first, least(l.unit_price_fen, t.price_fen) AS unit_price_fen,
               (CASE WHEN a.care_first THEN coalesce(c.priority, 2) ELSE 2 END || md5(:seed || ':' || l.order_id)) COLLATE "C"
                 AS tie
        FROM offer AS f
        JOIN menu_item AS i ON i.offer_id = f.id
        JOIN menu AS m ON m.id = i.menu_id AND m.cycle_id = :cycle
        JOIN order_line AS l ON l.item_id = i.id AND l.consent = 'substitute'
        JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id AND a.allocated < l.quantity
        JOIN orders AS r ON r.id = l.order_id
        LEFT JOIN care_case AS c ON c.household_id = r.household_id AND c.ended_at IS NULL
        JOIN menu_item AS t ON t.id = l.substitute_item_id
        JOIN offer AS o ON o.id = t.offer_id AND o.product_id <> f.product_id
        JOIN unnest(CAST(:products AS bigint[]), CAST(:supplies AS bigint[])) AS s(product_id, supply)
          ON s.product_id = o.product_id
        WHERE f.product_id = ANY (CAST(:short AS bigint[]))
    ), unit AS (
        SELECT order_id, item_id, supply, row_number() OVER (
                   PARTITION BY product_id ORDER BY NOT care_first, nth, tie, order_id, item_id
               ) AS place
        FROM missing CROSS JOIN LATERAL generate_series(1, units) AS nth
    ), share AS (
        SELECT order_id, item_id, count(*) AS units FROM unit WHERE place <= supply GROUP BY order_id, item_id
    )
    INSERT INTO substitution (order_id, item_id, cycle_id, substitute_item_id, units, unit_price_fen)
    SELECT order_id, item_id, :cycle, m.substitute_item_id, share.units, m.unit_price_fen
    FROM missing AS m JOIN share USING (order_id, item_id)
"""
