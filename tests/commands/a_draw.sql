-- Cycle 2 has a second menu, in grid 2, that was drawn: of four units two were set aside for care, five were asked for.
-- The seed puts the slips into an order that nobody knew before. The first three won, the other unit went to care.
INSERT INTO menu (id, cycle_id, grid_id, state, opens_at, cutoff_at, mode, care_percent) OVERRIDING SYSTEM VALUE
VALUES (4, 2, 2, 'closed', '2026-01-04', '2026-01-05', 'draw', 50);
INSERT INTO menu_item (id, menu_id, offer_id, position, price_fen, offered, cap, reserved) OVERRIDING SYSTEM VALUE
VALUES (41, 4, 1, 1, 200, 4, 3, 4), (42, 4, 2, 2, 200, 4, 3, 0);
INSERT INTO orders (id, menu_id, cycle_id, grid_id, household_id, building_id, state, total_fen, channel, placed_by, placed_at,
                    changed_at) OVERRIDING SYSTEM VALUE
VALUES (7, 4, 2, 2, 3, 2, 'placed', 400, 'web', 13, '2026-01-04 08:00', '2026-01-04 08:00'),
       (8, 4, 2, 2, 4, 2, 'placed', 400, 'web', 14, '2026-01-04 08:00', '2026-01-04 08:00'),
       (9, 4, 2, 2, 5, 2, 'placed', 0, 'web', 15, '2026-01-04 08:00', '2026-01-04 08:00');
INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen) VALUES (7, 41, 4, 2, 200), (8, 41, 4, 2, 200);
INSERT INTO draw (menu_id, seed_hash, seed_sealed, slip_key_sealed, seed, drawn_at)
VALUES (4, sha256('5eed'), 'k1|', 'k1|', '5eed', '2026-01-05 00:01');
INSERT INTO draw_item (item_id, menu_id, offered, asked, set_aside, given_to_care, given_by_draw)
VALUES (41, 4, 4, 5, 2, 1, 3), (42, 4, 4, 0, 2, 0, 0);
INSERT INTO draw_share (order_id, item_id, menu_id, asked, got, got_as_care, unit_price_fen)
VALUES (7, 41, 4, 2, 2, 1, 200), (8, 41, 4, 2, 2, 0, 200), (9, 41, 4, 1, 0, 0, 200);
INSERT INTO draw_slip (item_id, slip, menu_id, round, place, won)
SELECT 41, slip, 4, round, place, place <= 3
FROM (SELECT slip, round, row_number() OVER (ORDER BY round, sha256(convert_to('5eed:41:' || slip, 'UTF8'))) AS place
      FROM (VALUES ('AAAAAAAA', 1), ('BBBBBBBB', 1), ('CCCCCCCC', 1), ('DDDDDDDD', 2), ('EEEEEEEE', 2)) AS s(slip, round)) AS p;
