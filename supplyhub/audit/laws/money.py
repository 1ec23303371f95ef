"""Law 7: the books of every order say what its goods and its payments say, to the fen."""

from supplyhub.audit.law import Check, Law

TRIGGERS = ("entry_sums_to_zero", "postings_come_with_their_entry", "refunds_add_up")

# What the goods of an order are worth, from what lies in its parcel, else from what was shared out to it, else from what
# it ordered. For cycles whose orders are booked; those that closed before there was a journal have no entry.
WORTH = """
    SELECT o.id AS order_id, greatest(0, CASE
             WHEN o.state = 'cancelled' OR p.state = 'returned' THEN 0
             WHEN p.state IN ('packed', 'handed_over', 'delivered') THEN coalesce(packed.fen, 0)
             ELSE coalesce(wanted.fen, 0) + coalesce(instead.fen, 0)
           END - coalesce(credited.fen, 0)) AS fen
    FROM orders AS o
    LEFT JOIN parcel AS p ON p.order_id = o.id
    LEFT JOIN (SELECT l.order_id, sum(coalesce(a.allocated, l.quantity + coalesce(f.units, 0)) * l.unit_price_fen) AS fen
               FROM order_line AS l
               LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
               LEFT JOIN case_fill AS f ON f.order_id = l.order_id AND f.item_id = l.item_id GROUP BY 1) AS wanted
         ON wanted.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(units * unit_price_fen) AS fen FROM substitution GROUP BY 1) AS instead
         ON instead.order_id = o.id
    LEFT JOIN (
        SELECT order_id, sum(round(CASE WHEN grams IS NULL THEN units * price
                                   ELSE round(grams::numeric * price / unit_grams) END * (units - kept) / units)) AS fen
        FROM (
            SELECT l.order_id, sum(l.quantity) AS units, coalesce(s.unit_price_fen, n.unit_price_fen) AS price, w.grams,
                   min(d.unit_weight_grams) AS unit_grams, coalesce(min(k.units), 0) AS kept
            FROM parcel_line AS l
            JOIN order_line AS n ON n.order_id = l.order_id AND n.item_id = l.item_id
            JOIN lot AS t ON t.id = l.lot_id
            JOIN product AS d ON d.id = t.product_id
            LEFT JOIN substitution AS s ON l.substitute AND s.order_id = l.order_id AND s.item_id = l.item_id
            LEFT JOIN parcel_weight AS w ON w.parcel_id = l.parcel_id AND w.item_id = l.item_id AND w.substitute = l.substitute
            LEFT JOIN stop AS v ON v.parcel_id = l.parcel_id
            LEFT JOIN kept_back AS k ON k.entry_id = v.entry_id AND k.item_id = l.item_id AND k.substitute = l.substitute
            GROUP BY l.order_id, l.item_id, l.substitute, s.unit_price_fen, n.unit_price_fen, w.grams
        ) AS line GROUP BY order_id
    ) AS packed ON packed.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM credit WHERE state = 'given' GROUP BY 1) AS credited
         ON credited.order_id = o.id
    WHERE EXISTS (SELECT FROM journal_entry AS e WHERE e.cycle_id = o.cycle_id AND e.kind = 'ordered')
"""

# An order's household account: what it is worth, who paid, what went back.
BOOKED = """
    SELECT p.order_id,
           sum(p.amount_fen) FILTER (WHERE e.kind IN ('ordered', 'shared', 'packed', 'returned', 'credited')) AS worth,
           -sum(p.amount_fen) FILTER (WHERE e.kind = 'paid_online') AS online,
           -sum(p.amount_fen) FILTER (WHERE e.kind = 'taken') AS taken,
           -sum(p.amount_fen) FILTER (WHERE e.kind = 'covered') AS covered,
           sum(p.amount_fen) FILTER (WHERE e.kind LIKE 'refund%') AS back,
           sum(p.amount_fen) AS owed
    FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id WHERE p.account = 'household' GROUP BY p.order_id
"""

MONEY = Law(
    7,
    "Money",
    "资金",
    checks=(
        Check(
            "every entry sums to zero",
            """
            SELECT e.id AS entry, e.kind, count(p.id) AS postings, coalesce(sum(p.amount_fen), 0) AS fen
            FROM journal_entry AS e LEFT JOIN posting AS p ON p.entry_id = e.id
            GROUP BY e.id HAVING count(p.id) < 2 OR sum(p.amount_fen) <> 0 ORDER BY 1
            """,
            "SELECT count(*) FROM journal_entry",
        ),
        Check(
            "what an order is worth in the books is what its goods are worth",
            f"""
            SELECT w.order_id AS "order", w.fen AS goods_fen, coalesce(b.worth, 0) AS booked_fen
            FROM ({WORTH}) AS w LEFT JOIN ({BOOKED}) AS b USING (order_id)
            WHERE w.fen <> coalesce(b.worth, 0) ORDER BY 1
            """,
            "SELECT count(*) FROM orders",
        ),
        Check(
            "the orders of a cycle are booked before its goods are packed",
            """
            SELECT c.id AS cycle, c.state FROM cycle AS c
            WHERE c.state = 'staging' AND NOT EXISTS (
                SELECT FROM journal_entry AS e WHERE e.cycle_id = c.id AND e.kind = 'ordered')
              AND EXISTS (SELECT FROM orders AS o WHERE o.cycle_id = c.id AND o.state = 'placed' AND o.total_fen > 0)
            ORDER BY 1
            """,
            "SELECT count(*) FROM cycle",
        ),
        Check(
            "what was paid and went back in the books is what was charged, taken, and refunded",
            f"""
            SELECT o.id AS "order", coalesce(b.online, 0) AS booked_online, coalesce(c.fen, 0) AS charged,
                   coalesce(b.taken, 0) AS booked_taken, coalesce(t.fen, 0) AS taken,
                   coalesce(b.back, 0) AS booked_back, coalesce(r.fen, 0) AS refunded
            FROM orders AS o
            LEFT JOIN ({BOOKED}) AS b ON b.order_id = o.id
            LEFT JOIN (SELECT order_id, sum(paid_fen) AS fen FROM charge GROUP BY 1) AS c ON c.order_id = o.id
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM taking GROUP BY 1) AS t ON t.order_id = o.id
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM refund WHERE state <> 'failed' GROUP BY 1) AS r
                 ON r.order_id = o.id
            WHERE coalesce(b.online, 0) <> coalesce(c.fen, 0) OR coalesce(b.taken, 0) <> coalesce(t.fen, 0)
               OR coalesce(b.back, 0) <> coalesce(r.fen, 0)
            ORDER BY 1
            """,
            "SELECT count(*) FROM charge",
        ),
        Check(
            "refunds never exceed what was paid, of a charge and of an order",
            """
            SELECT c.order_id AS "order", c.id AS charge, c.paid_fen AS paid, c.refunded_fen AS refunded,
                   coalesce(sum(r.amount_fen), 0) AS refunds
            FROM charge AS c LEFT JOIN refund AS r ON r.charge_id = c.id AND r.state <> 'failed'
            GROUP BY c.id HAVING c.refunded_fen > c.paid_fen OR c.refunded_fen <> coalesce(sum(r.amount_fen), 0)
            UNION ALL
            SELECT r.order_id, NULL, coalesce(p.fen, 0), NULL, sum(r.amount_fen)
            FROM refund AS r LEFT JOIN (
                SELECT order_id, sum(fen) AS fen FROM (
                    SELECT order_id, paid_fen AS fen FROM charge UNION ALL SELECT order_id, amount_fen FROM taking
                ) AS paid GROUP BY 1
            ) AS p ON p.order_id = r.order_id
            WHERE r.state <> 'failed' GROUP BY r.order_id, p.fen HAVING sum(r.amount_fen) > coalesce(p.fen, 0)
            ORDER BY 1
            """,
            "SELECT count(*) FROM refund",
        ),
        Check(
            "what lies with the gateway, with the volunteers and in the till is what came and didn't leave",
            """
            SELECT f.account, coalesce(p.fen, 0) AS booked_fen, f.fen AS should_be
            FROM (
                SELECT 'gateway' AS account, (SELECT coalesce(sum(paid_fen), 0) FROM charge)
                       - (SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE way = 'online' AND state = 'done') AS fen
                UNION ALL
                SELECT 'cash', (SELECT coalesce(sum(amount_fen), 0) FROM taking WHERE way = 'cash')
                       - (SELECT coalesce(sum(expected_fen), 0) FROM cash_count)
                UNION ALL
                SELECT 'shown_code', (SELECT coalesce(sum(amount_fen), 0) FROM taking WHERE way = 'shown_code')
                UNION ALL
                SELECT 'till', (SELECT coalesce(sum(counted_fen), 0) FROM cash_count)
                       - (SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE way = 'cash' AND state = 'done')
                UNION ALL
                SELECT 'refunds', -(SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE state IN ('due', 'sent'))
            ) AS f
            LEFT JOIN (SELECT account, sum(amount_fen) AS fen FROM posting GROUP BY 1) AS p USING (account)
            WHERE coalesce(p.fen, 0) <> f.fen ORDER BY 1
            """,
            "SELECT count(*) FROM posting",
        ),
        Check(
            "cash lies with the badge or the desk that took it, and a desk's tickets stay at their delivery point",
            """
            SELECT k.id::text AS taking, t.code AS ticket, k.badge_id AS badge, k.taken_by AS desk
            FROM taking AS k JOIN ticket AS t ON t.id = k.ticket_id
            WHERE (k.badge_id IS NULL) <> t.at_point
            UNION ALL
            SELECT k.id::text, t.code, p.badge_id, p.holder_id
            FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id JOIN taking AS k ON k.id = e.taking_id
            JOIN ticket AS t ON t.id = k.ticket_id
            WHERE p.account = 'cash' AND (p.badge_id, p.holder_id) IS DISTINCT FROM (k.badge_id, k.taken_by)
            UNION ALL
            SELECT concat('count ', n.id), t.code, n.badge_id, NULL
            FROM cash_count AS n JOIN ticket AS t ON t.id = n.ticket_id WHERE (n.badge_id IS NULL) <> t.at_point
            ORDER BY 1
            """,
            "SELECT (SELECT count(*) FROM taking) + (SELECT count(*) FROM cash_count)",
        ),
        Check(
            "at the close nothing of a household's money is kept, and a cover pays no more than its order",
            f"""
            SELECT o.id AS "order", b.owed AS owed_fen, coalesce(b.covered, 0) AS covered_fen
            FROM ({BOOKED}) AS b JOIN orders AS o ON o.id = b.order_id JOIN cycle AS y ON y.id = o.cycle_id
            WHERE y.state = 'closed' AND b.owed < 0
               OR coalesce(b.covered, 0) < 0
               OR coalesce(b.covered, 0) <> 0 AND NOT EXISTS (SELECT FROM cover AS v WHERE v.order_id = o.id)
            ORDER BY 1
            """,
            "SELECT count(*) FROM cover",
        ),
        Check(
            "the triggers that guard the books are there",
            """
            SELECT w.name AS missing_trigger FROM unnest(CAST(:triggers AS text[])) AS w(name)
            WHERE NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgname = w.name AND t.tgenabled IN ('O', 'A')) ORDER BY 1
            """,
            "SELECT cardinality(CAST(:triggers AS text[]))",
            values={"triggers": list(TRIGGERS)},
        ),
    ),
    not_proved="that the gateway's own books agree: see the reconciliation",
)
