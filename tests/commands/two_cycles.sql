-- A small world in which every law holds: cycle 1 closed, with a shortage, a part delivery, a return, a cancelled
-- order and one for which nothing came; cycle 2 taking orders, with one that declined and some that are silent.
INSERT INTO community (id, name, timezone) OVERRIDING SYSTEM VALUE VALUES (1, 'Testside', 'Asia/Shanghai');
INSERT INTO grid (id, community_id, number, name) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 'one'), (2, 1, 2, 'two');
INSERT INTO building (id, community_id, name, number, grid_id) OVERRIDING SYSTEM VALUE
VALUES (1, 1, '1号楼', 1, 1), (2, 1, '2号楼', 2, 2);
INSERT INTO account (id, community_id, role, display_name) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'coordinator', 'c'), (2, 1, 'depot', 'd'), (11, 1, 'resident', ''), (12, 1, 'resident', ''),
       (13, 1, 'resident', ''), (14, 1, 'resident', ''), (15, 1, 'resident', ''),
       (21, 1, 'volunteer', 'v1'), (22, 1, 'volunteer', 'v2'), (23, 1, 'volunteer', 'v3');
INSERT INTO badge (id, account_id, grid_id, number, code, valid_from, valid_until) OVERRIDING SYSTEM VALUE
VALUES (1, 21, 1, 1, '1-001', '2026-01-01', '2027-01-01'), (2, 22, 2, 1, '2-001', '2026-01-01', '2027-01-01');
INSERT INTO household (id, community_id, building_id, account_id, unit, unit_number, floor, door, people_count,
                       contact_name_sealed, phone_sealed) OVERRIDING SYSTEM VALUE
SELECT n, 1, CASE WHEN n < 3 THEN 1 ELSE 2 END, 10 + n, '1单元', 1, n, (100 * n + 1)::text, 2,
       'k1|'::bytea || decode(repeat('a7', 34), 'hex'), 'k1|'::bytea || decode(repeat('b8', 39), 'hex')
FROM generate_series(1, 5) AS n;
INSERT INTO care_case (id, household_id, category_sealed, wrapped_key, category_hash, created_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'own|'::bytea || decode(repeat('c9', 32), 'hex'), 'k1|'::bytea || decode(repeat('da', 92), 'hex'), '\x00',
        '2026-01-01');

INSERT INTO platform (id, community_id, name) OVERRIDING SYSTEM VALUE VALUES (1, 1, '甲');
INSERT INTO product (id, community_id, sku, name_zh, name_en, category, unit, unit_weight_grams, shelf_life_days)
OVERRIDING SYSTEM VALUE
SELECT n, 1, 'V00' || n, '菜', 'greens', '蔬菜', '份', 500, 5 FROM generate_series(1, 3) AS n;
INSERT INTO offer (id, platform_id, product_id, cost_fen, price_fen, case_size) OVERRIDING SYSTEM VALUE
SELECT n, 1, n, 100, 200, 1 FROM generate_series(1, 3) AS n;
INSERT INTO cycle (id, community_id, number, delivery_on, state, closed_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, '2026-01-03', 'closed', '2026-01-04'), (2, 1, 2, '2026-01-06', 'ordering', NULL);
INSERT INTO cycle_building (cycle_id, building_id, grid_id) VALUES (1, 1, 1), (1, 2, 2), (2, 1, 1), (2, 2, 2);
INSERT INTO menu (id, cycle_id, grid_id, state, opens_at, cutoff_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 'closed', '2026-01-01', '2026-01-02'), (2, 1, 2, 'closed', '2026-01-01', '2026-01-02'),
       (3, 2, 1, 'published', '2026-01-04', '2026-01-05');
INSERT INTO menu_item (id, menu_id, offer_id, position, price_fen, offered, cap, reserved) OVERRIDING SYSTEM VALUE
VALUES (11, 1, 1, 1, 200, 10, 3, 5), (12, 1, 2, 2, 200, 10, 3, 1), (21, 2, 1, 1, 200, 10, 3, 2), (22, 2, 3, 2, 200, 10, 3, 1),
       (31, 3, 1, 1, 200, 10, 3, 1);
INSERT INTO orders (id, menu_id, cycle_id, grid_id, household_id, building_id, state, total_fen, channel, placed_by, placed_at,
                    changed_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 1, 1, 1, 'placed', 600, 'web', 11, '2026-01-01 08:00', '2026-01-01 08:00'),
       (2, 1, 1, 1, 2, 1, 'placed', 600, 'web', 12, '2026-01-01 08:00', '2026-01-01 09:00'),
       (3, 2, 1, 2, 3, 2, 'placed', 400, 'web', 13, '2026-01-01 08:00', '2026-01-01 08:00'),
       (4, 2, 1, 2, 4, 2, 'cancelled', 0, 'web', 14, '2026-01-01 08:00', '2026-01-01 10:00'),
       (5, 2, 1, 2, 5, 2, 'placed', 200, 'web', 15, '2026-01-01 08:00', '2026-01-01 08:00'),
       (6, 3, 2, 1, 1, 1, 'placed', 200, 'web', 11, '2026-01-04 08:00', '2026-01-04 08:00');
INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen)
VALUES (1, 11, 1, 2, 200), (1, 12, 1, 1, 200), (2, 11, 1, 3, 200), (3, 21, 2, 2, 200), (5, 22, 2, 1, 200), (6, 31, 3, 1, 200);
INSERT INTO declined (cycle_id, household_id, recorded_by) VALUES (2, 2, 1);

INSERT INTO purchase_order (id, cycle_id, platform_id, state) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 'received');
INSERT INTO purchase_order_line (id, purchase_order_id, offer_id, demand, from_shelf, case_size, cases, cost_fen)
OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 7, 0, 1, 7, 100), (2, 1, 2, 1, 0, 1, 1, 100), (3, 1, 3, 1, 0, 1, 1, 100);
INSERT INTO receipt (id, cycle_id, purchase_order_id, delivery_note, received_by) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 'N-1', 2);
INSERT INTO lot (id, product_id, serves_cycle_id, receipt_id, purchase_order_line_id, received, expires_on)
OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 1, 1, 6, '2026-01-09'), (2, 2, 1, 1, 2, 3, '2026-01-09');
INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_at)
VALUES (1, 'supplier', 'inbound', 6, '2026-01-02 12:00'), (2, 'supplier', 'inbound', 3, '2026-01-02 12:00'),
       (1, 'inbound', 'shelf', 6, '2026-01-02 13:00'), (2, 'inbound', 'shelf', 3, '2026-01-02 13:00');
INSERT INTO stocktake (id, community_id, place, state, started_by, started_at, ended_by, ended_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'shelf', 'booked', 2, '2026-01-02 13:10', 1, '2026-01-02 13:30');
INSERT INTO stocktake_line (stocktake_id, lot_id, book, counted, reason, counted_by, counted_at)
VALUES (1, 1, 6, 5, 'miscounted', 2, '2026-01-02 13:20'), (1, 2, 3, 3, NULL, 2, '2026-01-02 13:20');
INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_at, moved_by, second_by, reason, stocktake_id)
VALUES (1, 'shelf', 'count', 1, '2026-01-02 13:30', 2, 1, 'miscounted', 1);
INSERT INTO allocation_run (cycle_id, policy, seed, decided_at) VALUES (1, 'care_first_equal_share', 's', '2026-01-02 14:00');
INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, reason, care_first)
VALUES (1, 11, 1, 2, 2, 'full', true), (1, 12, 1, 1, 1, 'full', true), (2, 11, 1, 3, 2, 'fair_share', false),
       (3, 21, 1, 2, 1, 'fair_share', false), (5, 22, 1, 1, 0, 'nothing_came', false);
INSERT INTO batch (id, cycle_id, grid_id, state) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 'sealed'), (2, 1, 2, 'sealed');
INSERT INTO parcel (id, order_id, batch_id, cycle_id, grid_id, state, position, bags, weight_grams) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 1, 1, 'delivered', 1, 1, 1500), (2, 2, 1, 1, 1, 'delivered', 2, 1, 1000), (3, 3, 2, 1, 2, 'returned', 1, 1, 500);
INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity)
VALUES (1, 11, 1, 1, 2), (1, 12, 2, 1, 1), (2, 11, 1, 2, 2), (3, 21, 1, 3, 1);
INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_at)
SELECT l.lot_id, way.from_place, way.to_place, l.quantity, l.parcel_id, way.at
FROM (VALUES ('shelf', 'packed', timestamptz '2026-01-02 15:00'), ('packed', 'handed_over', '2026-01-03 08:00'))
     AS way(from_place, to_place, at), parcel_line AS l;
INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_at)
SELECT l.lot_id, 'handed_over', p.state, l.quantity, p.id, '2026-01-03 09:00'
FROM parcel_line AS l JOIN parcel AS p ON p.id = l.parcel_id;
INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_at, moved_by, reason)
VALUES (1, 'returned', 'waste', 1, '2026-01-03 18:00', 2, 'spoiled');

INSERT INTO route (id, grid_id, version, length_metres) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 10), (2, 2, 1, 10);
INSERT INTO route_building (route_id, building_id, grid_id, position) VALUES (1, 1, 1, 1), (2, 2, 2, 1);
INSERT INTO ticket (id, cycle_id, grid_id, batch_id, route_id, sequence, state, badge_id) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 1, 1, 1, 'done', 1), (2, 1, 2, 2, 2, 1, 'done', 2);
INSERT INTO handover (ticket_id, badge_id, grid_id, handed_by, handed_at)
VALUES (1, 1, 1, 2, '2026-01-03 08:00'), (2, 2, 2, 2, '2026-01-03 08:00');
INSERT INTO stop (id, ticket_id, grid_id, order_id, parcel_id, position, outcome, problem, happened_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 1, 1, 1, 'delivered', NULL, '2026-01-03 09:00'), (2, 1, 1, 2, 2, 2, 'delivered', NULL, '2026-01-03 09:00'),
       (3, 2, 2, 3, 3, 1, 'failed', 'nobody_home', '2026-01-03 09:00');
INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, problem, happened_at)
SELECT gen_random_uuid(), id, grid_id, grid_id, outcome, problem, happened_at FROM stop;
INSERT INTO order_outcome (order_id, cycle_id, outcome)
VALUES (1, 1, 'delivered'), (2, 1, 'part_delivered'), (3, 1, 'returned'), (4, 1, 'cancelled'), (5, 1, 'nothing_came');
INSERT INTO outbox (id, topic, payload, created_at, due_at, attempt, finished_at) OVERRIDING SYSTEM VALUE
VALUES (1, 'cut_off', '{"cycle_id": 1}', '2026-01-02', '2026-01-02', 1, '2026-01-02 00:01'),
       (2, 'cut_off', '{"cycle_id": 2}', '2026-01-05', '2026-01-05', 0, NULL);

-- The books of cycle 1: the first paid online, the second at the door, the third got all back, the last was covered until
-- nothing came. The first was credited a fen.
INSERT INTO charge (id, order_id, order_version, basket, amount_fen, state, session_id, payment_id, paid_fen, asked_by, paid_at)
OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, '{"lines": []}', 600, 'paid', 'cs_1', 'pi_1', 600, 11, '2026-01-01 08:01'),
       (2, 3, 1, '{"lines": []}', 400, 'paid', 'cs_2', 'pi_2', 400, 13, '2026-01-01 08:01');
INSERT INTO credit (id, order_id, amount_fen, reason, state, asked_by, decided_by, decided_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 'damaged', 'given', 1, 1, '2026-01-03 12:00');
INSERT INTO refund (id, order_id, way, charge_id, amount_fen, reason, state, gateway_id, done_at) OVERRIDING SYSTEM VALUE
VALUES (1, 3, 'online', 2, 200, 'surplus', 'done', 're_1', '2026-01-02 14:01'),
       (2, 3, 'online', 2, 200, 'surplus', 'done', 're_2', '2026-01-03 10:00'),
       (3, 1, 'online', 1, 1, 'surplus', 'done', 're_3', '2026-01-03 12:01');
INSERT INTO taking (id, order_id, ticket_id, badge_id, grid_id, way, amount_fen, happened_at)
VALUES ('00000000-0000-0000-0000-000000000001', 2, 1, 1, 1, 'cash', 400, '2026-01-03 09:00');
INSERT INTO cash_count (id, ticket_id, badge_id, grid_id, expected_fen, counted_fen, note, counted_by)
OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 1, 400, 390, 'ten fen fell into the gully', 2);
INSERT INTO cover (id, order_id, source, decided_by) OVERRIDING SYSTEM VALUE VALUES (1, 5, 'hardship', 1);
INSERT INTO journal_entry (id, kind, cycle_id, charge_id, refund_id, taking_id, credit_id, cash_count_id)
OVERRIDING SYSTEM VALUE
VALUES (1, 'paid_online', 1, 1, NULL, NULL, NULL, NULL), (2, 'paid_online', 1, 2, NULL, NULL, NULL, NULL),
       (3, 'covered', 1, NULL, NULL, NULL, NULL, NULL), (4, 'ordered', 1, NULL, NULL, NULL, NULL, NULL),
       (5, 'shared', 1, NULL, NULL, NULL, NULL, NULL), (6, 'covered', 1, NULL, NULL, NULL, NULL, NULL),
       (7, 'refund_due', 1, NULL, 1, NULL, NULL, NULL), (8, 'refund_done', 1, NULL, 1, NULL, NULL, NULL),
       (9, 'taken', 1, NULL, NULL, '00000000-0000-0000-0000-000000000001', NULL, NULL),
       (10, 'returned', 1, NULL, NULL, NULL, NULL, NULL), (11, 'refund_due', 1, NULL, 2, NULL, NULL, NULL),
       (12, 'refund_done', 1, NULL, 2, NULL, NULL, NULL), (13, 'counted', 1, NULL, NULL, NULL, NULL, 1),
       (14, 'credited', 1, NULL, NULL, NULL, 1, NULL), (15, 'refund_due', 1, NULL, 3, NULL, NULL, NULL),
       (16, 'refund_done', 1, NULL, 3, NULL, NULL, NULL);
INSERT INTO posting (entry_id, account, order_id, badge_id, amount_fen)
VALUES (1, 'gateway', NULL, NULL, 600), (1, 'household', 1, NULL, -600), (2, 'gateway', NULL, NULL, 400),
       (2, 'household', 3, NULL, -400), (3, 'cover', 5, NULL, 200), (3, 'household', 5, NULL, -200),
       (4, 'household', 1, NULL, 600), (4, 'household', 2, NULL, 600), (4, 'household', 3, NULL, 400),
       (4, 'household', 5, NULL, 200), (4, 'goods', NULL, NULL, -1800),
       (5, 'household', 2, NULL, -200), (5, 'household', 3, NULL, -200), (5, 'household', 5, NULL, -200),
       (5, 'goods', NULL, NULL, 600), (6, 'cover', 5, NULL, -200), (6, 'household', 5, NULL, 200),
       (7, 'household', 3, NULL, 200), (7, 'refunds', 3, NULL, -200), (8, 'refunds', 3, NULL, 200),
       (8, 'gateway', NULL, NULL, -200), (9, 'cash', NULL, 1, 400), (9, 'household', 2, NULL, -400),
       (10, 'household', 3, NULL, -200), (10, 'goods', NULL, NULL, 200), (11, 'household', 3, NULL, 200),
       (11, 'refunds', 3, NULL, -200), (12, 'refunds', 3, NULL, 200), (12, 'gateway', NULL, NULL, -200),
       (13, 'cash', NULL, 1, -400), (13, 'till', NULL, NULL, 390), (13, 'difference', NULL, NULL, 10),
       (14, 'household', 1, NULL, -1), (14, 'goods', NULL, NULL, 1), (15, 'household', 1, NULL, 1), (15, 'refunds', 1, NULL, -1),
       (16, 'refunds', 1, NULL, 1), (16, 'gateway', NULL, NULL, -1);
-- Whatever a test adds gets an id far from those above.
SELECT setval(pg_get_serial_sequence(name, 'id'), 1000)
FROM unnest(ARRAY['badge', 'menu_item', 'orders', 'receipt', 'outbox', 'stop', 'journal_entry', 'charge', 'refund']) AS name;
