"""What breaks each check of each law."""

from __future__ import annotations

from pathlib import Path

DRAWN = (Path(__file__).parent / "a_draw.sql").read_text(encoding="utf-8")
UNDRAWN = """
UPDATE draw SET seed = NULL, drawn_at = NULL; DELETE FROM draw_item; DELETE FROM draw_share; DELETE FROM draw_slip;
UPDATE menu_item SET reserved = 0 WHERE menu_id = 4
"""
LATE = "UPDATE menu_item SET late_until = '2026-01-03' WHERE menu_id = 1; UPDATE menu SET late_until = '2026-01-03' WHERE id = 1"
# The second order gets one of the item beside it for the unit that was short.
STOOD_IN = """
INSERT INTO substitution (order_id, item_id, cycle_id, substitute_item_id, units, unit_price_fen) VALUES (2, 11, 1, 12, 1, 100);
INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity, substitute) VALUES (2, 11, 2, 2, 1, true);
INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id) VALUES
  (2, 'shelf', 'packed', 1, 2), (2, 'packed', 'handed_over', 1, 2), (2, 'handed_over', 'delivered', 1, 2)
"""

DESTROYED = """
UPDATE care_case SET ended_at = '2026-01-02', destroyed_at = '2026-01-09', category_sealed = NULL, wrapped_key = NULL,
                     category_hash = ''
"""
LOOKED_AFTER = """
UPDATE badge SET valid_until = '2100-01-01';
INSERT INTO standing_volunteer (case_id, badge_id, grid_id, appointed_by) VALUES (1, 1, 1, 1)
"""

# Every door stands by its entry; the second one's parcel is with an anchor household, less a unit that was kept back.
STANDING = """
UPDATE delivery_entry SET answer = 'applied';
UPDATE stop SET entry_id = e.id FROM delivery_entry AS e WHERE e.stop_id = stop.id
"""
LEFT = f"""
{STANDING}; UPDATE delivery_entry SET left_with = 7 WHERE stop_id = 2;
INSERT INTO anchor_custody (entry_id, stop_id, grid_id, anchor_id, left_at)
SELECT entry_id, id, grid_id, 7, happened_at FROM stop WHERE id = 2
"""
KEPT = f"""
{STANDING}; INSERT INTO kept_back (entry_id, item_id, substitute, order_id, stop_id, grid_id, units, problem)
SELECT entry_id, 11, false, 2, 2, 1, 1, 'damaged' FROM stop WHERE id = 2
"""
UNDONE = """
INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, undoes, answer, happened_at)
SELECT gen_random_uuid(), stop_id, badge_id, grid_id, 'undone', id, 'applied', happened_at FROM delivery_entry WHERE stop_id = 2
"""
# A pack for the household of the care register, in the cycle that takes orders; nobody gave anything for it.
PROMISED = """
INSERT INTO care_pack (id, key, cycle_id, name, donors, seed, given_by, given_at) OVERRIDING SYSTEM VALUE
VALUES (1, gen_random_uuid(), 2, '油', '', 's', 1, '2026-01-04 09:00');
INSERT INTO care_pack_line (pack_id, product_id, units) VALUES (1, 3, 2);
INSERT INTO care_pack_share (pack_id, household_id, grid_id) VALUES (1, 1, 1)
"""
REOPENED = "UPDATE cycle SET state = 'staging', closed_at = NULL WHERE id = 1; DELETE FROM order_outcome"

# Medicine that somebody asked for, as it is kept.
ASKED = """
INSERT INTO help_request (id, key, community_id, grid_id, code, kind, state, channel, text_sealed, wrapped_key, owner_id,
                          opened_by, opened_at, due_at) OVERRIDING SYSTEM VALUE
VALUES (1, gen_random_uuid(), 1, 1, 'ABCDEF', 'medicine', 'taken', 'web', ('k1|' || repeat('x', 40))::bytea,
        ('k1|' || repeat('x', 40))::bytea, 2, 2, now() - interval '60 days', now() - interval '59 days');
INSERT INTO help_step (request_id, step, account_id, about_account_id) VALUES
  (1, 'opened', 2, NULL), (1, 'assigned', 2, 2), (1, 'named', 2, 3), (1, 'read', 2, NULL),
  (1, 'read', 3, NULL), (1, 'read', 1, NULL)
"""
BROUGHT = "UPDATE help_request SET state = 'solved', ended_at = now()"
PICTURE = (
    "INSERT INTO help_photo (request_id, media_type, content_sealed, added_by) VALUES (1, 'image/png', {bytes}, 2)"
)
PHOTO = PICTURE.format(bytes="('k1|' || repeat('x', 40))::bytea")

# Law and check, then what somebody does who may do anything: no triggers, no foreign keys, constraints dropped.
BREAKS: list[tuple[int, int, str]] = [
    (1, 0, "UPDATE menu_item SET reserved = 4 WHERE id = 11"),
    (1, 0, "UPDATE order_line SET quantity = 3 WHERE order_id = 6"),
    (
        1,
        0,
        (
            "ALTER TABLE menu_item DROP CONSTRAINT ck_menu_item_never_oversold;"
            " UPDATE menu_item SET offered = 4 WHERE id = 11"
        ),
    ),
    (1, 1, "UPDATE menu_item SET cap = 2 WHERE id = 11"),
    (1, 1, "UPDATE order_line SET most = 9 WHERE order_id = 2"),
    (1, 2, "UPDATE orders SET changed_at = '2026-01-02' WHERE id = 2"),
    (1, 2, "UPDATE orders SET placed_at = '2025-12-31' WHERE id = 2"),
    (1, 3, "INSERT INTO order_line VALUES (4, 21, 2, 1, 200)"),
    (1, 0, f"{DRAWN}; {UNDRAWN}; UPDATE menu_item SET reserved = 1 WHERE id = 41"),
    (1, 4, f"{DRAWN}; UPDATE draw_share SET got = 1 WHERE order_id = 8"),
    (1, 4, f"{DRAWN}; UPDATE draw_share SET got_as_care = 0 WHERE order_id = 7"),
    (1, 4, f"{DRAWN}; UPDATE draw_item SET asked = 6 WHERE item_id = 41"),
    (1, 4, f"{DRAWN}; UPDATE draw_item SET set_aside = 3 WHERE item_id = 41"),
    (1, 4, f"{DRAWN}; UPDATE menu_item SET offered = 9, reserved = 5 WHERE id = 41"),
    (1, 4, f"{DRAWN}; DELETE FROM draw_slip WHERE place = 5"),
    (1, 4, f"{DRAWN}; UPDATE order_line SET quantity = 4 - quantity / 2 WHERE menu_id = 4"),
    (
        1,
        5,
        (
            f"{DRAWN}; ALTER TABLE draw_slip DROP CONSTRAINT uq_draw_slip_item_id_place;"
            " UPDATE draw_slip SET place = 3 - place WHERE place < 3"
        ),
    ),
    (1, 5, f"{DRAWN}; UPDATE draw_slip SET won = place <> 1 WHERE place IN (1, 5)"),
    (1, 5, f"{DRAWN}; UPDATE draw SET seed = '5eee', seed_hash = sha256('5eee')"),
    (1, 6, f"{DRAWN}; UPDATE draw SET seed_hash = sha256('another')"),
    (1, 6, f"{DRAWN}; {UNDRAWN}; DELETE FROM draw"),
    (
        1,
        7,
        f"{LATE}; UPDATE menu_item SET late_until = NULL WHERE id = 12; UPDATE orders SET placed_at = '2026-01-02 08:00'",
    ),
    (1, 8, f"{LATE}; UPDATE menu SET late_until = '2026-01-04' WHERE id = 1"),
    (1, 8, "UPDATE menu_item SET late_until = '2026-01-03' WHERE id = 11"),
    (1, 9, PROMISED),
    (1, 10, f"{PROMISED}; UPDATE cycle SET state = 'procuring' WHERE id = 2"),
    (1, 10, "UPDATE menu_item SET for_care = true, price_fen = 0 WHERE id = 12"),
    (2, 0, "UPDATE lot SET received = 7 WHERE id = 1"),
    (2, 0, "DELETE FROM stock_level WHERE lot_id = 2"),
    (2, 0, "INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (1, 'supplier', 'inbound', 1)"),
    (2, 1, "UPDATE stock_level SET quantity = quantity + 1 WHERE lot_id = 1 AND place = 'delivered'"),
    (
        2,
        1,
        (
            "ALTER TABLE movement DISABLE TRIGGER keep_stock_level;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (1, 'returned', 'quarantine', 1)"
        ),
    ),
    (
        2,
        1,
        (
            "ALTER TABLE stock_level DROP CONSTRAINT ck_stock_level_never_below_zero;"
            " UPDATE stock_level SET quantity = -1 WHERE lot_id = 2 AND place = 'shelf'"
        ),
    ),
    (2, 2, "GRANT UPDATE ON movement TO {role}"),
    (2, 3, "ALTER TABLE movement DISABLE TRIGGER keep_stock_level"),
    (
        2,
        4,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_only_known_ways;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (1, 'returned', 'inbound', 1)"
        ),
    ),
    (
        2,
        5,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_a_write_off_has_a_reason;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (2, 'shelf', 'waste', 1)"
        ),
    ),
    (
        2,
        5,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_a_difference_has_reason_and_second_person;"
            " UPDATE movement SET second_by = moved_by WHERE to_place = 'count'"
        ),
    ),
    (
        2,
        5,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_a_release_has_a_second_person;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by, reason)"
            " VALUES (1, 'returned', 'quarantine', 1, 2, NULL), (1, 'quarantine', 'shelf', 1, 2, 'inspected')"
        ),
    ),
    (2, 6, "UPDATE stocktake_line SET counted = 4 WHERE lot_id = 1"),
    (2, 6, "UPDATE stocktake SET state = 'dropped'"),
    (2, 6, "UPDATE stocktake_line SET counted_by = 1 WHERE lot_id = 2"),
    (2, 6, "UPDATE stocktake_line SET counted_by = 3 WHERE lot_id = 1"),
    (2, 6, "UPDATE stocktake_line SET counted = 2, reason = 'lost' WHERE lot_id = 2"),
    (
        3,
        0,
        (
            "ALTER TABLE allocation DROP CONSTRAINT ck_allocation_never_more_than_ordered;"
            " UPDATE allocation SET allocated = 4 WHERE order_id = 2"
        ),
    ),
    (3, 0, "DELETE FROM allocation WHERE order_id = 5"),
    (3, 0, "UPDATE order_line SET quantity = 2 WHERE order_id = 2"),
    (3, 1, "UPDATE parcel_line SET quantity = 3 WHERE parcel_id = 2"),
    (3, 1, "DELETE FROM parcel_line WHERE parcel_id = 1 AND item_id = 12"),
    (3, 1, "DELETE FROM parcel WHERE id = 3"),
    (
        3,
        2,
        (
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id)"
            " VALUES (1, 'handed_over', 'delivered', 1, 2)"
        ),
    ),
    (3, 2, "UPDATE parcel SET state = 'delivered' WHERE id = 3"),
    (3, 0, "INSERT INTO case_fill (order_id, item_id, cycle_id, units) VALUES (2, 11, 1, 1)"),
    (
        3,
        1,
        (
            "INSERT INTO packing_short (parcel_id, item_id, substitute, order_id, units, reason, noted_by)"
            " VALUES (1, 11, false, 1, 1, 'damaged', 2)"
        ),
    ),
    (3, 1, f"{STOOD_IN}; DELETE FROM parcel_line WHERE substitute"),
    (3, 3, "UPDATE parcel SET state = 'handed_over' WHERE id = 1"),
    (3, 3, f"{STOOD_IN}; DELETE FROM parcel_line WHERE substitute"),
    (3, 4, f"{STOOD_IN}; UPDATE substitution SET unit_price_fen = 100000"),
    (3, 4, f"{STOOD_IN}; UPDATE substitution SET units = 2"),
    (3, 5, "UPDATE parcel_line SET lot_id = 2 WHERE parcel_id = 2"),
    (3, 5, "UPDATE lot SET purpose = 'care' WHERE id = 2"),
    (
        3,
        5,
        ("INSERT INTO parcel_weight (parcel_id, item_id, substitute, order_id, grams) VALUES (2, 11, true, 2, 500)"),
    ),
    (
        3,
        6,
        (
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by, reason)"
            " VALUES (1, 'shelf', 'packed', 1, 2, 2, NULL), (1, 'packed', 'shelf', 1, 2, 2, 'mispacked')"
        ),
    ),
    (3, 2, KEPT),
    (3, 7, "UPDATE stop SET outcome = 'failed', problem = 'other' WHERE id = 1"),
    (3, 7, f"{KEPT}; UPDATE kept_back SET units = 3"),
    (4, 0, "UPDATE allocation SET allocated = 1 WHERE order_id = 2"),
    (4, 0, "UPDATE allocation SET allocated = 3, reason = 'full' WHERE order_id = 2"),
    (4, 0, "UPDATE movement SET quantity = 5 WHERE lot_id = 1 AND to_place = 'shelf'"),
    (4, 1, "UPDATE allocation SET allocated = 0 WHERE order_id = 3"),
    (4, 1, "UPDATE allocation SET allocated = 1 WHERE order_id = 1 AND item_id = 11"),
    (4, 1, "UPDATE allocation SET care_first = true WHERE order_id = 2"),
    (4, 2, "UPDATE allocation SET reason = 'full' WHERE order_id = 3"),
    (4, 2, "UPDATE allocation SET reason = 'none_left' WHERE order_id = 1"),
    (4, 2, "UPDATE allocation SET reason = 'fair_share' WHERE order_id = 5"),
    (4, 2, "UPDATE allocation SET reason = 'pro_rata' WHERE order_id = 2"),
    (4, 2, "UPDATE allocation SET reason = 'stepped_back' WHERE order_id = 5"),
    (4, 3, "UPDATE order_line SET consent = 'refund' WHERE order_id = 2"),
    (4, 5, "UPDATE menu_item SET for_care = true, price_fen = 0 WHERE id = 12"),
    (
        4,
        5,
        (
            "UPDATE menu_item SET for_care = true, price_fen = 0 WHERE id = 22;"
            " UPDATE allocation SET reason = 'pro_rata' WHERE item_id = 22"
        ),
    ),
    (
        4,
        4,
        (
            "INSERT INTO case_fill (order_id, item_id, cycle_id, units) VALUES (1, 11, 1, 1);"
            " UPDATE allocation SET ordered = 3, allocated = 3 WHERE order_id = 1 AND item_id = 11"
        ),
    ),
    (5, 0, "UPDATE ticket SET badge_id = 2 WHERE id = 1"),
    (5, 0, "UPDATE ticket SET route_id = 2 WHERE id = 1"),
    (5, 0, "UPDATE batch SET grid_id = 3 WHERE id = 1"),
    (5, 1, "UPDATE stop SET grid_id = 2 WHERE id = 1"),
    (5, 1, "UPDATE stop SET ticket_id = 1, position = 9 WHERE id = 3"),
    (5, 1, "UPDATE household SET building_id = 2, door = '9' WHERE id = 1"),
    (5, 1, "UPDATE stop SET parcel_id = 99 WHERE id = 1"),
    (5, 2, "UPDATE handover SET badge_id = 2 WHERE ticket_id = 1"),
    (5, 2, "UPDATE badge SET valid_until = '2026-01-03 08:00' WHERE id = 1"),
    (5, 2, "UPDATE badge SET state = 'revoked', revoked_at = '2026-01-03 07:59' WHERE id = 1"),
    (
        5,
        2,
        (
            "ALTER TABLE handover DROP CONSTRAINT pk_handover;"
            " INSERT INTO handover SELECT * FROM handover WHERE ticket_id = 1"
        ),
    ),
    (5, 3, "DELETE FROM handover WHERE ticket_id = 1"),
    (5, 3, "UPDATE delivery_entry SET badge_id = 2 WHERE stop_id = 1"),
    (5, 4, "UPDATE route_building SET grid_id = 2 WHERE route_id = 1"),
    (5, 4, "UPDATE building SET grid_id = 2 WHERE id = 1"),
    (
        6,
        0,
        (
            "DROP INDEX uq_badge_one_live_a_person;"
            " INSERT INTO badge (account_id, grid_id, number, code, valid_until)"
            " VALUES (21, 1, 2, '1-002', '2027-01-01')"
        ),
    ),
    (
        6,
        1,
        (
            "ALTER TABLE badge DROP CONSTRAINT uq_badge_grid_id_number;"
            " INSERT INTO badge (account_id, grid_id, number, code, valid_until)"
            " VALUES (23, 1, 1, '1-001b', '2027-01-01')"
        ),
    ),
    (
        6,
        1,
        "INSERT INTO badge (account_id, grid_id, number, code, valid_until) VALUES (23, 1, 2, '1-001', '2027-01-01')",
    ),
    (6, 2, "GRANT DELETE ON badge TO {role}"),
    (7, 0, "INSERT INTO journal_entry (kind, cycle_id) VALUES ('covered', 1)"),
    (7, 0, "UPDATE posting SET amount_fen = 399 WHERE entry_id = 9 AND account = 'cash'"),
    (7, 1, "UPDATE posting SET amount_fen = amount_fen - 5 WHERE entry_id = 5 AND (order_id = 2 OR account = 'goods')"),
    (7, 1, "UPDATE order_line SET unit_price_fen = 210 WHERE order_id = 2"),
    (7, 1, "UPDATE parcel SET state = 'delivered' WHERE id = 3"),
    (7, 1, "UPDATE credit SET state = 'refused'"),
    (
        7,
        1,
        "INSERT INTO parcel_weight (parcel_id, item_id, substitute, order_id, grams) VALUES (1, 12, false, 1, 450)",
    ),
    (7, 2, f"{REOPENED}; UPDATE journal_entry SET kind = 'packed' WHERE kind = 'ordered'"),
    (7, 3, "UPDATE charge SET paid_fen = 601 WHERE id = 1"),
    (7, 3, "UPDATE taking SET amount_fen = 300"),
    (7, 3, "DELETE FROM refund WHERE id = 3"),
    (
        7,
        4,
        "ALTER TABLE charge DROP CONSTRAINT ck_charge_no_more_back_than_came; UPDATE charge SET refunded_fen = 401 WHERE id = 2",
    ),
    (7, 4, "UPDATE refund SET order_id = 5 WHERE order_id = 3"),
    (7, 5, "UPDATE refund SET state = 'sent' WHERE id = 3"),
    (7, 5, "UPDATE cash_count SET counted_fen = 380"),
    (7, 5, "UPDATE taking SET way = 'shown_code'"),
    (7, 6, "UPDATE taking SET badge_id = NULL, taken_by = 2"),
    (7, 6, "UPDATE posting SET badge_id = NULL, holder_id = 2 WHERE account = 'cash'"),
    (7, 7, "DELETE FROM posting WHERE entry_id = 15"),
    (7, 7, "DELETE FROM posting WHERE entry_id = 6; DELETE FROM cover"),
    (7, 8, "ALTER TABLE journal_entry DISABLE TRIGGER entry_sums_to_zero"),
    (8, 0, "ALTER TABLE receipt DROP CONSTRAINT uq_receipt_purchase_order_id_delivery_note"),
    (8, 0, "ALTER TABLE delivery_entry DROP CONSTRAINT pk_delivery_entry CASCADE"),
    (8, 0, "ALTER TABLE help_request DROP CONSTRAINT uq_help_request_key"),
    (
        8,
        1,
        (
            "ALTER TABLE receipt DROP CONSTRAINT uq_receipt_purchase_order_id_delivery_note;"
            " INSERT INTO receipt (cycle_id, purchase_order_id, delivery_note, received_by) VALUES (1, 1, 'N-1', 2)"
        ),
    ),
    (
        8,
        1,
        (
            "ALTER TABLE delivery_entry DROP CONSTRAINT pk_delivery_entry CASCADE,"
            " DROP CONSTRAINT uq_delivery_entry_id_grid_id CASCADE;"
            " INSERT INTO delivery_entry SELECT * FROM delivery_entry LIMIT 1"
        ),
    ),
    (8, 2, "UPDATE outbox SET finished_at = '2026-01-06' WHERE id = 2"),
    (8, 2, "DELETE FROM delivery_entry WHERE stop_id = 3"),
    (8, 3, f"{STANDING}; UPDATE stop SET problem = 'refused' WHERE id = 3"),
    (8, 3, f"{STANDING}; {UNDONE}"),
    (8, 3, f"{STANDING}; UPDATE stop SET entry_id = NULL WHERE id = 1"),
    (8, 4, f"{LEFT}; DELETE FROM anchor_custody"),
    (8, 4, f"{LEFT}; UPDATE anchor_custody SET anchor_id = 8"),
    (8, 4, f"{LEFT}; UPDATE anchor_custody SET passed_at = left_at - interval '1 hour', passed_by = 1"),
    (9, 0, "INSERT INTO declined (cycle_id, household_id, recorded_by) VALUES (2, 1, 1)"),
    (
        9,
        0,
        (
            "ALTER TABLE orders DROP CONSTRAINT uq_orders_menu_id_household_id;"
            " INSERT INTO orders (menu_id, cycle_id, grid_id, household_id, building_id, total_fen, channel, placed_by)"
            " VALUES (3, 1, 1, 1, 1, 0, 'web', 11)"
        ),
    ),
    (9, 1, "DELETE FROM cycle_building WHERE cycle_id = 2 AND building_id = 1"),
    (9, 2, "DELETE FROM order_outcome WHERE order_id = 3"),
    (9, 2, "UPDATE order_outcome SET outcome = 'delivered' WHERE order_id = 2"),
    (9, 2, "INSERT INTO order_outcome (order_id, cycle_id, outcome) VALUES (6, 2, 'delivered')"),
    (
        9,
        2,
        (
            "ALTER TABLE order_outcome DROP CONSTRAINT pk_order_outcome;"
            " INSERT INTO order_outcome (order_id, cycle_id, outcome) VALUES (1, 1, 'returned')"
        ),
    ),
    (
        9,
        3,
        (
            "UPDATE care_case SET check_every_days = 7;"
            " INSERT INTO care_consent (case_id, purpose, given_on, recorded_by) VALUES (1, 'check_calls', '2026-01-01', 1)"
        ),
    ),
    (10, 0, "GRANT DELETE ON care_access TO {role}"),
    (10, 0, "GRANT UPDATE (quantity) ON stock_level TO {role}"),
    (10, 1, "UPDATE household SET phone_sealed = '19900000000' WHERE id = 3"),
    (10, 1, "UPDATE household SET contact_name_sealed = 'k1|somebody' WHERE id = 3"),
    (10, 1, "UPDATE care_case SET category_sealed = decode(repeat('00', 60), 'hex')"),
    (10, 1, "UPDATE care_case SET note_sealed = 'own|insulin in the fridge'"),
    (10, 2, f"{ASKED}; UPDATE help_request SET text_sealed = 'in the clear'"),
    (10, 2, f"{ASKED}; INSERT INTO help_step (request_id, step, note_sealed) VALUES (1, 'noted', 'in the clear')"),
    (10, 2, f"{ASKED}; {PHOTO}; UPDATE help_photo SET content_sealed = 'a picture'"),
    (10, 3, f"{ASKED}; INSERT INTO help_step (request_id, step, account_id) VALUES (1, 'read', 4)"),
    (10, 3, f"{ASKED}; UPDATE help_step SET step = 'unnamed' WHERE step = 'named'"),
    (
        10,
        3,
        (
            f"{ASKED}; INSERT INTO help_step (request_id, step, account_id, to_grid_id) VALUES (1, 'handed_on', 2, 2);"
            " INSERT INTO help_step (request_id, step, account_id) VALUES (1, 'read', 2)"
        ),
    ),
    (10, 4, f"{ASKED}; {BROUGHT} - interval '32 days'"),
    (10, 5, f"{ASKED}; {PHOTO}; {BROUGHT}"),
    (10, 5, f"{ASKED}; {PHOTO}; UPDATE help_request SET wrapped_key = NULL, text_sealed = NULL, kind = 'errand'"),
    (10, 6, f"{DESTROYED}; INSERT INTO care_mark (case_id, mark) VALUES (1, 'mark')"),
    (10, 6, f"{DESTROYED}; UPDATE care_case SET category_hash = 'hash'"),
    (
        10,
        6,
        (
            "ALTER TABLE care_case DROP CONSTRAINT ck_care_case_nothing_left_when_destroyed;"
            f" {DESTROYED}; UPDATE care_case SET wrapped_key = 'k1|'"
        ),
    ),
    (10, 7, "UPDATE care_case SET ended_at = now() - interval '7 days 2 hours'"),
    (10, 7, "UPDATE care_case SET ends_on = CURRENT_DATE - 3"),
    (
        10,
        8,
        f"{LOOKED_AFTER}; UPDATE badge SET state = 'revoked', revoked_at = now() - interval '2 hours' WHERE id = 1",
    ),
    (
        10,
        8,
        f"{LOOKED_AFTER}; UPDATE badge SET state = 'suspended', suspended_at = now() - interval '2 hours' WHERE id = 1",
    ),
    (10, 8, f"{LOOKED_AFTER}; UPDATE badge SET valid_until = now() - interval '2 hours' WHERE id = 1"),
    (10, 8, f"{LOOKED_AFTER}; UPDATE building SET grid_id = 2 WHERE id = 1"),
    (10, 8, f"{LOOKED_AFTER}; UPDATE care_case SET ended_at = now()"),
    (10, 9, f"{PROMISED}; UPDATE care_pack_share SET household_id = 2"),
]
