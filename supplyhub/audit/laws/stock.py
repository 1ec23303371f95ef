"""Law 2: no unit appears or disappears."""

from supplyhub.audit.law import NOT_GUARDED, ROLE_OWNS, Check, Law
from supplyhub.depot.states import WAYS

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
        Check(
            "goods go only where they may: those that come never pass where they come back",
            """
            SELECT id AS movement, lot_id AS lot, from_place, to_place, quantity FROM movement
            WHERE (from_place, to_place) NOT IN (SELECT * FROM unnest(CAST(:here AS text[]), CAST(:there AS text[])))
            ORDER BY id
            """,
            "SELECT count(*) FROM movement",
            values={"here": [here for here, _ in sorted(WAYS)], "there": [there for _, there in sorted(WAYS)]},
        ),
        Check(
            "a write-off has a reason; a difference and a release from quarantine a second person too",
            """
            SELECT id AS movement, lot_id AS lot, from_place, to_place, quantity, reason, moved_by, second_by
            FROM movement
            WHERE (to_place = 'waste' OR 'count' IN (from_place, to_place)) AND reason IS NULL
               OR ('count' IN (from_place, to_place) OR from_place = 'quarantine' AND to_place = 'shelf')
                  AND NOT coalesce(second_by <> moved_by, false)
            ORDER BY id
            """,
            """
            SELECT count(*) FROM movement
            WHERE to_place = 'waste' OR 'count' IN (from_place, to_place) OR from_place = 'quarantine'
            """,
        ),
        Check(
            "a booked stocktake moved its differences, by whoever counted and somebody who did not; another moved none",
            """
            SELECT coalesce(l.stocktake_id, m.stocktake_id) AS stocktake, coalesce(l.lot_id, m.lot_id) AS lot,
                   l.difference, m.units AS moved
            FROM (
              SELECT x.stocktake_id, x.lot_id, x.counted - x.book AS difference, x.counted_by
              FROM stocktake_line AS x JOIN stocktake AS t ON t.id = x.stocktake_id AND t.state = 'booked'
              WHERE x.counted <> x.book
            ) AS l
            FULL JOIN (
              SELECT stocktake_id, lot_id,
                     sum(CASE WHEN to_place = 'count' THEN -quantity ELSE quantity END) AS units,
                     min(moved_by) AS moved_by, min(second_by) AS second_by
              FROM movement WHERE stocktake_id IS NOT NULL GROUP BY 1, 2
            ) AS m ON m.stocktake_id = l.stocktake_id AND m.lot_id = l.lot_id
            WHERE l.difference IS DISTINCT FROM m.units OR l.counted_by IS DISTINCT FROM m.moved_by
               OR EXISTS (SELECT FROM stocktake_line AS x
                          WHERE x.stocktake_id = m.stocktake_id AND x.counted_by = m.second_by)
            ORDER BY 1, 2
            """,
            "SELECT count(*) FROM stocktake_line",
        ),
    ),
)
