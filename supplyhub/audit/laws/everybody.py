"""Laws 9 and 10: nobody is forgotten, and nobody learns more than the work needs."""

from supplyhub.audit.law import NOT_GUARDED, ROLE_OWNS, Check, Law
from supplyhub.audit.laws.care import CALLS_ARE_PLANNED, IN_TIME, NOTHING_LEFT, OF_THE_GRID
from supplyhub.audit.laws.help import FORGOTTEN_IN_TIME, OPENED_BY_THOSE_ALLOWED, PHOTOS_GONE, SEALED
from supplyhub.audit.laws.packs import OF_THE_REGISTER
from supplyhub.db import FORGOTTEN

NOBODY_FORGOTTEN = Law(
    9,
    "Nobody forgotten",
    "一户不漏",
    checks=(
        Check(
            "every household of a cycle is in exactly one of ordered, declined, silent",
            """
            SELECT c.number AS cycle, h.id AS household, h.orders, h.declined
            FROM cycle AS c
            JOIN LATERAL (
              SELECT h.id, coalesce(o.orders, 0) AS orders, (d.household_id IS NOT NULL)::int AS declined
              FROM cycle_building AS b
              JOIN household AS h ON h.building_id = b.building_id
              LEFT JOIN (
                SELECT household_id, count(*) AS orders FROM orders
                WHERE cycle_id = c.id AND state = 'placed' AND channel <> 'care_pack' GROUP BY household_id
              ) AS o ON o.household_id = h.id
              LEFT JOIN declined AS d ON d.cycle_id = c.id AND d.household_id = h.id
              WHERE b.cycle_id = c.id
            ) AS h ON h.orders + h.declined > 1
            ORDER BY 1, 2
            """,
            """
            SELECT count(*) FROM cycle_building AS b JOIN household AS h ON h.building_id = b.building_id
            WHERE h.active
            """,
        ),
        Check(
            "who ordered or declined is a household of that cycle",
            """
            SELECT said.cycle_id AS cycle, said.household_id AS household, said.what
            FROM (
              SELECT cycle_id, household_id, 'ordered' AS what FROM orders WHERE state = 'placed'
              UNION ALL
              SELECT cycle_id, household_id, 'declined' FROM declined
            ) AS said
            LEFT JOIN household AS h ON h.id = said.household_id
            LEFT JOIN cycle_building AS b ON b.cycle_id = said.cycle_id AND b.building_id = h.building_id
            WHERE b.building_id IS NULL
            ORDER BY 1, 2
            """,
            "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM declined)",
        ),
        Check(
            "every order of a closed cycle has exactly one outcome, and it is what happened",
            """
            WITH facts AS (
              SELECT o.id, o.cycle_id, CASE
                  WHEN o.state = 'cancelled' THEN 'cancelled'
                  WHEN coalesce(g.units, 0) = 0 THEN 'nothing_came'
                  WHEN p.state = 'returned' THEN 'returned'
                  WHEN p.state = 'delivered' AND NOT g.short THEN 'delivered'
                  WHEN p.state = 'delivered' THEN 'part_delivered'
                END AS happened
              FROM orders AS o
              JOIN cycle AS c ON c.id = o.cycle_id AND c.state = 'closed'
              -- What fills a case isn't missed when it doesn't come, and what stands in for a line leaves it short.
              LEFT JOIN (
                SELECT l.order_id, sum(x.units) AS units, bool_or(coalesce(x.own, 0) < l.quantity) AS short
                FROM order_line AS l
                LEFT JOIN (
                  SELECT p.order_id, p.item_id, sum(p.quantity) AS units,
                         sum(p.quantity) FILTER (WHERE NOT p.substitute) - coalesce(sum(k.units), 0) AS own
                  FROM (
                    SELECT parcel_id, order_id, item_id, substitute, sum(quantity) AS quantity
                    FROM parcel_line GROUP BY 1, 2, 3, 4
                  ) AS p
                  -- What was kept back at the door didn't come to the household.
                  LEFT JOIN stop AS s ON s.parcel_id = p.parcel_id
                  LEFT JOIN kept_back AS k ON k.entry_id = s.entry_id AND k.item_id = p.item_id
                       AND k.substitute = p.substitute AND NOT k.substitute
                  GROUP BY 1, 2
                ) AS x ON x.order_id = l.order_id AND x.item_id = l.item_id
                GROUP BY l.order_id
              ) AS g ON g.order_id = o.id
              LEFT JOIN parcel AS p ON p.order_id = o.id
            )
            SELECT coalesce(f.id, u.order_id) AS "order", f.happened, u.outcomes
            FROM facts AS f
            FULL JOIN (
              SELECT order_id, array_agg(outcome) AS outcomes FROM order_outcome GROUP BY order_id
            ) AS u ON u.order_id = f.id
            WHERE f.id IS NULL OR u.outcomes IS NULL OR f.happened IS NULL OR u.outcomes <> ARRAY[f.happened]
            ORDER BY 1
            """,
            "SELECT count(*) FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id WHERE c.state = 'closed'",
        ),
        CALLS_ARE_PLANNED,
    ),
    not_proved="a door that could not be placed in a grid is in no cycle; "
    "it stands on the register's list of unplaced doors",
)

# A sealed text is `key id | 12-byte nonce | text and 16-byte tag`.
_SHORTEST_SEAL = 12 + 16

NEED_TO_KNOW = Law(
    10,
    "Need to know",
    "最小知情",
    checks=(
        Check(
            "the application can't change or remove a row of the append-only tables",
            """
            SELECT t."table", current_user AS role, p.what
            FROM unnest(CAST(:append_only AS text[])) AS t("table")
            CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p(what)
            WHERE has_table_privilege(current_user, t."table", p.what)
               OR p.what = 'UPDATE' AND EXISTS (
                    SELECT FROM pg_attribute AS a WHERE a.attrelid = t."table"::regclass AND a.attnum > 0 AND NOT a.attisdropped
                      AND has_column_privilege(current_user, a.attrelid, a.attnum, 'UPDATE')
                      AND NOT (t."table" || '.' || a.attname) = ANY (:forgotten))
            ORDER BY 1, 3
            """,
            "SELECT cardinality(CAST(:append_only AS text[]))",
            values={"forgotten": [f"{table}.{column}" for table, column in FORGOTTEN.items()]},
            unless=ROLE_OWNS,
            instead=NOT_GUARDED,
        ),
        Check(
            "names, phones and care notes are sealed",
            f"""
            SELECT sealed."table", sealed.id, sealed."column"
            FROM (
              SELECT 'household' AS "table", id, 'contact_name' AS "column", contact_name_sealed AS bytes
              FROM household
              UNION ALL SELECT 'household', id, 'phone', phone_sealed FROM household
              UNION ALL SELECT 'care_case', id, 'category', category_sealed FROM care_case
              UNION ALL SELECT 'care_case', id, 'note', note_sealed FROM care_case
              UNION ALL SELECT 'care_case', id, 'wrapped_key', wrapped_key FROM care_case
            ) AS sealed
            WHERE sealed.bytes IS NOT NULL AND (
              position('|'::bytea IN sealed.bytes) NOT BETWEEN 2 AND 20
              OR length(sealed.bytes) <= position('|'::bytea IN sealed.bytes) + {_SHORTEST_SEAL}
              OR encode(substring(sealed.bytes FROM 1 FOR position('|'::bytea IN sealed.bytes) - 1), 'escape')
                 !~ '^[a-z0-9]+$')
            ORDER BY 1, 2, 3
            """,
            "SELECT (SELECT 2 * count(*) FROM household) + (SELECT 3 * count(*) FROM care_case)",
        ),
        SEALED,
        OPENED_BY_THOSE_ALLOWED,
        FORGOTTEN_IN_TIME,
        PHOTOS_GONE,
        NOTHING_LEFT,
        IN_TIME,
        OF_THE_GRID,
        OF_THE_REGISTER,
    ),
    not_proved="what a volunteer, a grid lead or the depot was shown leaves no row, nor does a read of a "
    "care note that was not logged; the tests of those queries show them",
)
