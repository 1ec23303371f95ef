-- A community as it ran at version 0003, before there was money: cycle 1 closed, nothing came; cycle 2 shared out and half
-- packed, with a short line, a substitute, goods by weight, one that got nothing and one that was cancelled; cycle 3 bought,
-- one order of which fills a case; cycle 4 taking orders.
INSERT INTO community (id, name, timezone) OVERRIDING SYSTEM VALUE VALUES (1, 'Testside', 'Asia/Shanghai');
INSERT INTO grid (id, community_id, number, name) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 'one');
INSERT INTO building (id, community_id, name, number, grid_id) OVERRIDING SYSTEM VALUE VALUES (1, 1, '1号楼', 1, 1);
INSERT INTO account (id, community_id, role, display_name) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'coordinator', 'c'), (2, 1, 'depot', 'd'), (11, 1, 'resident', ''), (12, 1, 'resident', ''),
       (13, 1, 'resident', ''), (14, 1, 'resident', ''), (15, 1, 'resident', '');
INSERT INTO household (id, community_id, building_id, account_id, unit, unit_number, floor, door, people_count)
OVERRIDING SYSTEM VALUE SELECT n, 1, 1, 10 + n, '1单元', 1, n, (100 * n + 1)::text, 2 FROM generate_series(1, 5) AS n;
INSERT INTO platform (id, community_id, name) OVERRIDING SYSTEM VALUE VALUES (1, 1, '甲');
INSERT INTO product (id, community_id, sku, name_zh, name_en, category, unit, unit_weight_grams, shelf_life_days)
OVERRIDING SYSTEM VALUE
SELECT n, 1, 'V00' || n, '菜', 'greens', '蔬菜', '份', 500, 5 FROM generate_series(1, 3) AS n;
INSERT INTO offer (id, platform_id, product_id, cost_fen, price_fen, case_size) OVERRIDING SYSTEM VALUE
SELECT n, 1, n, 100, 200, 1 FROM generate_series(1, 3) AS n;

INSERT INTO cycle (id, community_id, number, delivery_on, state, closed_at) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, '2026-01-03', 'closed', '2026-01-04'), (2, 1, 2, '2026-01-06', 'staging', NULL),
       (3, 1, 3, '2026-01-09', 'procuring', NULL), (4, 1, 4, '2026-01-12', 'ordering', NULL);
INSERT INTO cycle_building (cycle_id, building_id, grid_id) SELECT n, 1, 1 FROM generate_series(1, 4) AS n;
INSERT INTO menu (id, cycle_id, grid_id, state, opens_at, cutoff_at) OVERRIDING SYSTEM VALUE
SELECT n, n, 1, CASE n WHEN 4 THEN 'published' ELSE 'closed' END, timestamptz '2026-01-01' + n * interval '3 days',
       CASE n WHEN 4 THEN '2099-01-01' ELSE timestamptz '2026-01-02' + n * interval '3 days' END
FROM generate_series(1, 4) AS n;
INSERT INTO menu_item (id, menu_id, offer_id, position, price_fen, offered, cap, reserved) OVERRIDING SYSTEM VALUE
VALUES (11, 1, 1, 1, 200, 10, 3, 1), (21, 2, 1, 1, 200, 10, 3, 5), (22, 2, 2, 2, 200, 10, 3, 1), (23, 2, 3, 3, 200, 10, 3, 3),
       (31, 3, 1, 1, 200, 10, 5, 2), (41, 4, 1, 1, 200, 10, 3, 1);
INSERT INTO orders (id, menu_id, cycle_id, grid_id, household_id, building_id, state, total_fen, channel, placed_by, placed_at,
                    changed_at) OVERRIDING SYSTEM VALUE
SELECT id, cycle, cycle, 1, home, 1, state, fen, 'web', 10 + home, at, at
FROM (VALUES (1, 1, 1, 'placed', 200), (2, 2, 1, 'placed', 600), (3, 2, 2, 'placed', 600), (4, 2, 3, 'placed', 200),
             (5, 2, 4, 'placed', 400), (6, 2, 5, 'cancelled', 0), (7, 3, 1, 'placed', 400), (8, 4, 1, 'placed', 200))
     AS o(id, cycle, home, state, fen), LATERAL (SELECT timestamptz '2026-01-01 08:00' + cycle * interval '3 days') AS t(at);
INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen, consent, substitute_item_id, most)
VALUES (1, 11, 1, 1, 200, 'less', NULL, NULL), (2, 21, 2, 2, 200, 'less', NULL, NULL), (2, 22, 2, 1, 200, 'less', NULL, NULL),
       (3, 21, 2, 3, 200, 'less', NULL, NULL), (4, 23, 2, 1, 200, 'substitute', 22, NULL), (5, 23, 2, 2, 200, 'refund', NULL, NULL),
       (7, 31, 3, 2, 200, 'less', NULL, 4), (8, 41, 4, 1, 200, 'less', NULL, NULL);
INSERT INTO order_number (order_id, cycle_id, grid_id, sequence, number)
SELECT id, cycle_id, 1, row_number() OVER (PARTITION BY cycle_id ORDER BY id),
       '1-010' || cycle_id * 3 || '-00' || row_number() OVER (PARTITION BY cycle_id ORDER BY id)
FROM orders WHERE cycle_id < 4 AND state = 'placed';

INSERT INTO purchase_order (id, cycle_id, platform_id, state) OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 'closed'), (2, 2, 1, 'received'), (3, 3, 1, 'sent');
INSERT INTO purchase_order_line (id, purchase_order_id, offer_id, demand, from_shelf, case_size, cases, cost_fen, filled)
OVERRIDING SYSTEM VALUE
VALUES (1, 1, 1, 1, 0, 1, 1, 100, 0), (2, 2, 1, 5, 0, 1, 5, 100, 0), (3, 2, 2, 1, 0, 3, 1, 100, 0), (4, 2, 3, 3, 0, 1, 3, 100, 0),
       (5, 3, 1, 2, 0, 3, 1, 100, 1);
INSERT INTO case_fill (order_id, item_id, cycle_id, units) VALUES (7, 31, 3, 1);
INSERT INTO receipt (id, cycle_id, purchase_order_id, delivery_note, received_by) OVERRIDING SYSTEM VALUE
VALUES (1, 2, 2, 'N-1', 2);
INSERT INTO lot (id, product_id, serves_cycle_id, receipt_id, purchase_order_line_id, received, expires_on)
OVERRIDING SYSTEM VALUE VALUES (1, 1, 2, 1, 2, 4, '2099-01-09'), (2, 2, 2, 1, 3, 3, '2099-01-09');
INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_at)
SELECT lot, a, b, units, at
FROM (VALUES (1, 4), (2, 3)) AS l(lot, units),
     (VALUES ('supplier', 'inbound', timestamptz '2026-01-05 12:00'), ('inbound', 'shelf', '2026-01-05 13:00')) AS w(a, b, at);
INSERT INTO allocation_run (cycle_id, policy, seed)
VALUES (1, 'care_first_equal_share', 's'), (2, 'care_first_equal_share', 's');
INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, reason, care_first)
VALUES (1, 11, 1, 1, 0, 'nothing_came', false), (2, 21, 2, 2, 2, 'full', false), (2, 22, 2, 1, 1, 'full', false),
       (3, 21, 2, 3, 2, 'fair_share', false), (4, 23, 2, 1, 0, 'nothing_came', false), (5, 23, 2, 2, 0, 'nothing_came', false);
INSERT INTO substitution (order_id, item_id, cycle_id, substitute_item_id, units, unit_price_fen) VALUES (4, 23, 2, 22, 1, 200);
INSERT INTO batch (id, cycle_id, grid_id) OVERRIDING SYSTEM VALUE VALUES (1, 2, 1);
INSERT INTO parcel (id, order_id, batch_id, cycle_id, grid_id, state, position, bags, weight_grams) OVERRIDING SYSTEM VALUE
VALUES (1, 2, 1, 2, 1, 'packed', 1, 1, 1450), (2, 3, 1, 2, 1, 'planned', 2, 1, 1000), (3, 4, 1, 2, 1, 'planned', 3, 1, 500);
INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity) VALUES (1, 21, 1, 2, 2), (1, 22, 2, 2, 1);
INSERT INTO parcel_weight (parcel_id, item_id, substitute, order_id, grams) VALUES (1, 22, false, 2, 450);
INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_at)
VALUES (1, 'shelf', 'packed', 2, 1, '2026-01-05 15:00'), (2, 'shelf', 'packed', 1, 1, '2026-01-05 15:00');
INSERT INTO order_outcome (order_id, cycle_id, outcome) VALUES (1, 1, 'nothing_came');
INSERT INTO outbox (topic, payload, attempt, finished_at)
SELECT 'cut_off', jsonb_build_object('cycle_id', n), 1, now() FROM generate_series(1, 3) AS n;
