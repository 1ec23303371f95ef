"""Law 8: whatever is sent twice has one effect."""

from supplyhub.audit.law import Check, Law
from supplyhub.audit.laws.doors import STANDS_BY_ITS_ENTRY, WITH_AN_ANCHOR_ONCE

# What makes each thing happen once. A missing key isn't yet a second effect, but nothing stands in its way.
KEYS = {
    "orders": "household_id,menu_id",
    "order_line": "item_id,order_id",
    "order_number": "order_id",
    "order_outcome": "order_id",
    "purchase_order": "cycle_id,platform_id",
    "receipt": "delivery_note,purchase_order_id",
    "lot": "expires_on,lot_number,product_id,purchase_order_line_id,receipt_id",
    "allocation_run": "cycle_id",
    "allocation": "item_id,order_id",
    "batch": "cycle_id,grid_id",
    "parcel": "order_id",
    "ticket": "batch_id,sequence",
    "handover": "ticket_id",
    "stop": "parcel_id",
    "delivery_entry": "id",
    "kept_back": "entry_id,item_id,substitute",
    "anchor_custody": "entry_id",
    "door_photo": "entry_id",
    "outbox": "id",
    "charge": "idempotency_key",
    "refund": "idempotency_key",
    "gateway_event": "id",
    "taking": "id",
    "care_pack": "key",
    "care_pack_share": "household_id,pack_id",
    "help_request": "key",
    "medicine_pass": "key",
}

ONCE = Law(
    8,
    "Once",
    "只生效一次",
    checks=(
        Check(
            "the unique keys that refuse a second effect are there",
            """
            SELECT wanted."table", wanted.columns AS missing_key
            FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS wanted("table", columns)
            WHERE NOT EXISTS (
              SELECT FROM pg_index AS x
              WHERE x.indrelid = to_regclass(wanted."table")
                AND x.indisunique AND x.indisvalid AND x.indpred IS NULL
                AND wanted.columns = (
                  SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute AS a
                  WHERE a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey))
            )
            ORDER BY 1
            """,
            "SELECT cardinality(CAST(:tables AS text[]))",
            values={"tables": list(KEYS), "columns": list(KEYS.values())},
        ),
        Check(
            "no order, receipt, parcel, handover or delivery entry is there twice",
            """
            SELECT 'orders' AS "table", concat('menu ', menu_id, ' household ', household_id) AS key,
                   count(*) AS times
            FROM orders GROUP BY menu_id, household_id HAVING count(*) > 1
            UNION ALL
            SELECT 'receipt', concat('purchase order ', purchase_order_id, ' note ', delivery_note), count(*)
            FROM receipt GROUP BY purchase_order_id, delivery_note HAVING count(*) > 1
            UNION ALL
            SELECT 'parcel', concat('order ', order_id), count(*)
            FROM parcel GROUP BY order_id HAVING count(*) > 1
            UNION ALL
            SELECT 'stop', concat('parcel ', parcel_id), count(*)
            FROM stop GROUP BY parcel_id HAVING count(*) > 1
            UNION ALL
            SELECT 'handover', concat('ticket ', ticket_id), count(*)
            FROM handover GROUP BY ticket_id HAVING count(*) > 1
            UNION ALL
            SELECT 'delivery_entry', concat('entry ', id), count(*)
            FROM delivery_entry GROUP BY id HAVING count(*) > 1
            """,
            """
            SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM receipt)
              + (SELECT count(*) FROM parcel) + (SELECT count(*) FROM handover)
              + (SELECT count(*) FROM delivery_entry)
            """,
        ),
        Check(
            "an event is finished by the one who claimed it, and a door's outcome is one that was reported",
            """
            SELECT 'outbox' AS "table", concat(topic, ' ', id) AS key FROM outbox
            WHERE finished_at IS NOT NULL AND (attempt = 0 OR finished_at < created_at)
            UNION ALL
            SELECT 'stop', concat('stop ', s.id) FROM stop AS s
            WHERE s.outcome IS NOT NULL AND NOT EXISTS (
              SELECT FROM delivery_entry AS e WHERE e.stop_id = s.id AND e.outcome = s.outcome)
            """,
            """
            SELECT (SELECT count(*) FROM outbox WHERE finished_at IS NOT NULL)
              + (SELECT count(*) FROM stop WHERE outcome IS NOT NULL)
            """,
        ),
        STANDS_BY_ITS_ENTRY,
        WITH_AN_ANCHOR_ONCE,
    ),
)
