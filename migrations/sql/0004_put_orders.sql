-- The hot path: "this household's order in this menu is this basket", for many baskets in one call. Each is taken
-- whole or not at all, and answered by itself: what is sold out for one is no error for its neighbours.
--
-- Lock first, read after: in READ COMMITTED each statement below has its own snapshot, so what is read after the
-- locks is what they guard. (One statement that locks and writes would read its lines from before the wait.) The
-- households first, then the union of old and new items, each in id order; whatever else changes orders locks their
-- items before it, in id order too.
--
-- Where everything is paid online before it comes, an order holds its goods for 15 minutes; what takes them back is
-- `lapse_hold`. An order that is enlarged holds on to its first moment; one whose basket is paid for holds without an end. A
-- draw's orders hold from the draw on.
--
-- After the menu's cut-off an order changes by the items alone that may be ordered longer; its other lines stay exactly
-- as they are.
--
-- p_*      a basket each: menu, household, who enters it and how; p_expected the version it was made from (also of a
--          cancelled order), NULL for none; p_total what the person saw, NULL to take the price of now. A menu and household stand once a call.
-- l_*      a line each: the basket it is in (counted from 1), item, units, what to do when too little comes, how many it
--          takes at most to fill a case (NULL: no more; not asked in a draw). A basket without lines cancels.
-- returns  a row a basket: written only with placed, changed, cancelled; data is the order, or explains the refusal
CREATE FUNCTION put_orders(
  p_menu bigint[], p_household bigint[], p_account bigint[], p_channel text[], p_expected bigint[], p_total bigint[],
  p_note text[], l_basket bigint[], l_item bigint[], l_quantity bigint[], l_consent text[], l_substitute bigint[],
  l_most bigint[]
) RETURNS TABLE (basket bigint, outcome text, data jsonb)
LANGUAGE plpgsql VOLATILE
-- A menu opens on empty tables: a plan that was right for those must not be kept while they fill. Rows are few and
-- found by their keys; a hash would be made of all items there ever were.
SET enable_seqscan = off
SET enable_hashjoin = off
-- Planning anew for the number of baskets costs more than it finds.
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
  v_order bigint[];       -- a basket each: its order, NULL for none yet
  v_outcome text[];
  v_data jsonb[];
  v_total bigint[];
  n_basket bigint[];      -- old and new lines side by side, a line each
  n_item bigint[];
  n_wanted bigint[];
  n_delta bigint[];
  n_price bigint[];
  n_had bigint[];
  n_consent text[];
  n_substitute bigint[];
  n_most bigint[];
  n_same boolean[];
  n_shut boolean[];       -- to be changed, and its item's cut-off has passed
  n_known boolean[];
  n_gone bigint[];        -- the item, or the substitute it names, that was withdrawn
  n_cap bigint[];
  n_room bigint[];        -- units left; NULL where nothing is reserved: an ask in a draw
  v_open bigint[];        -- baskets whose stock isn't decided yet
  v_go bigint[];
  v_short jsonb;
BEGIN
  PERFORM FROM household WHERE id = ANY (p_household) ORDER BY id FOR NO KEY UPDATE;
  SELECT array_agg(o.id ORDER BY p.n) INTO v_order
  FROM unnest(p_menu, p_household) WITH ORDINALITY AS p(menu, household, n)
  LEFT JOIN orders AS o ON o.menu_id = p.menu AND o.household_id = p.household;
  PERFORM FROM menu_item
  WHERE id IN (SELECT unnest(l_item) UNION SELECT item_id FROM order_line WHERE order_id = ANY (v_order))
    AND menu_id = ANY (p_menu)
  ORDER BY id FOR NO KEY UPDATE;
  v_now := clock_timestamp();

  SELECT array_agg(n), array_agg(item), array_agg(wanted), array_agg(had), array_agg(coalesce(wanted, 0) - coalesce(had, 0)),
         array_agg(least(old_price, price_fen)), array_agg(consent), array_agg(substitute), array_agg(most), array_agg(same),
         array_agg(NOT same AND v_now >= shuts_at), array_agg(known), array_agg(gone), array_agg(cap), array_agg(room)
  INTO n_basket, n_item, n_wanted, n_had, n_delta, n_price, n_consent, n_substitute, n_most, n_same, n_shut, n_known, n_gone,
       n_cap, n_room
  FROM (
    SELECT coalesce(w.n, o.n) AS n, coalesce(w.item, o.item_id) AS item, w.quantity AS wanted, o.quantity AS had,
           -- What a line costs was fixed when it was ordered; only a cut reaches it.
           o.unit_price_fen AS old_price, i.price_fen, w.consent, w.substitute, i.cap,
           CASE WHEN m.mode <> 'draw' THEN w.most END AS most, coalesce(i.late_until, m.cutoff_at) AS shuts_at,
           CASE WHEN i.withdrawn_at IS NOT NULL THEN i.id WHEN s.withdrawn_at IS NOT NULL THEN s.id END AS gone,
           w.quantity IS NOT DISTINCT FROM o.quantity AND w.consent IS NOT DISTINCT FROM o.consent
             AND w.substitute IS NOT DISTINCT FROM o.substitute_item_id
             AND CASE WHEN m.mode <> 'draw' THEN w.most END IS NOT DISTINCT FROM o.most AS same,
           w.quantity IS NULL OR coalesce(i.menu_id = p_menu[w.n] AND (w.substitute IS NULL OR s.menu_id = i.menu_id), false)
             AS known,
           CASE WHEN m.mode <> 'draw' THEN i.offered - i.reserved END AS room
    FROM unnest(l_basket, l_item, l_quantity, l_consent, l_substitute, l_most)
         AS w(n, item, quantity, consent, substitute, most)
    FULL JOIN (
      SELECT v.n, l.item_id, l.quantity, l.unit_price_fen, l.consent, l.substitute_item_id, l.most
      FROM unnest(v_order) WITH ORDINALITY AS v(id, n) JOIN order_line AS l ON l.order_id = v.id
    ) AS o ON o.n = w.n AND o.item_id = w.item
    -- By the key alone, whichever menu it is on: with the menu, the planner would look through all of that menu.
    LEFT JOIN menu_item AS i ON i.id = coalesce(w.item, o.item_id)
    LEFT JOIN menu_item AS s ON s.id = w.substitute
    LEFT JOIN menu AS m ON m.id = i.menu_id
  ) AS line;

  SELECT array_agg(j.outcome ORDER BY n), array_agg(j.data ORDER BY n), array_agg(j.total ORDER BY n)
  INTO v_outcome, v_data, v_total
  FROM (
    SELECT p.n, coalesce(a.total, 0) AS total, CASE
        WHEN h.id IS NULL THEN 'no_household'
        WHEN m.id IS NULL OR m.state = 'draft' THEN 'no_menu'
        -- The same basket again (a double click, a retry) changes nothing, whatever version and hour it comes with.
        WHEN o.id IS NOT NULL AND coalesce(a.same, true) AND (o.state = 'cancelled' OR o.note = p.note) THEN 'unchanged'
        WHEN NOT h.active OR b.grid_id IS NULL THEN 'cannot_order'
        WHEN c.grid_id IS DISTINCT FROM m.grid_id THEN 'wrong_grid'
        WHEN m.state <> 'published' OR v_now >= coalesce(m.late_until, m.cutoff_at) THEN 'closed'
        WHEN v_now < m.opens_at THEN 'not_open'
        -- Made from no order counts only where there never was one: a first basket that is sent again by a waiting
        -- phone must not bring back what was cancelled meanwhile.
        WHEN p.expected IS DISTINCT FROM o.version THEN 'stale'
        WHEN a.unknown IS NOT NULL THEN 'unknown_items'
        WHEN a.shut IS NOT NULL THEN 'closed'
        WHEN a.over_cap IS NOT NULL OR a.sold_out IS NOT NULL OR a.withdrawn IS NOT NULL THEN 'short'
        WHEN a.units IS NULL THEN CASE WHEN o.id IS NULL THEN 'nothing_to_cancel' ELSE 'cancelled' END
        WHEN a.total <> p.total THEN 'price_changed'
        WHEN o.state = 'placed' THEN 'changed'
        ELSE 'placed'
      END AS outcome,
      jsonb_build_object('active', h.active, 'cutoff_at', m.cutoff_at, 'opens_at', m.opens_at, 'total_fen', a.total,
                         'items', a.unknown, 'shut', a.shut, 'over_cap', a.over_cap, 'sold_out', a.sold_out, 'withdrawn', a.withdrawn) AS data
    FROM unnest(p_menu, p_household, p_expected, p_total, p_note, v_order)
         WITH ORDINALITY AS p(menu, household, expected, total, note, order_id, n)
    LEFT JOIN household AS h ON h.id = p.household
    LEFT JOIN building AS b ON b.id = h.building_id
    LEFT JOIN menu AS m ON m.id = p.menu
    LEFT JOIN cycle_building AS c ON c.cycle_id = m.cycle_id AND c.building_id = h.building_id
    LEFT JOIN orders AS o ON o.id = p.order_id
    LEFT JOIN (
      SELECT n, sum(wanted) AS units, sum(wanted * price) AS total, bool_and(same) AS same,
             jsonb_agg(item) FILTER (WHERE NOT known) AS unknown,
             jsonb_agg(gone) FILTER (WHERE wanted > 0 AND gone IS NOT NULL) AS withdrawn,
             jsonb_agg(item) FILTER (WHERE shut) AS shut,
             jsonb_agg(jsonb_build_object('item', item, 'asked', greatest(wanted, most), 'cap', cap))
               FILTER (WHERE greatest(wanted, most) > cap) AS over_cap,
             jsonb_agg(jsonb_build_object('item', item, 'asked', wanted, 'left', room + coalesce(had, 0)))
               FILTER (WHERE delta > 0 AND delta > room AND gone IS DISTINCT FROM item) AS sold_out
      FROM unnest(n_basket, n_item, n_wanted, n_had, n_delta, n_price, n_most, n_same, n_shut, n_known, n_gone, n_cap, n_room)
           AS l(n, item, wanted, had, delta, price, most, same, shut, known, gone, cap, room)
      GROUP BY n
    ) AS a USING (n)
  ) AS j;

  -- Stock. The baskets that fit together, counted as they stand, go through at once; those that what is left can't
  -- serve are refused; the others are counted again. The first is always one or the other.
  v_open := ARRAY(SELECT n FROM unnest(v_outcome) WITH ORDINALITY AS t(outcome, n)
                  WHERE t.outcome IN ('placed', 'changed', 'cancelled'));
  WHILE cardinality(v_open) > 0 LOOP
    SELECT coalesce(array_agg(n) FILTER (WHERE fits), '{}'), coalesce(array_agg(n) FILTER (WHERE NOT fits AND lacks IS NULL), '{}'),
           jsonb_object_agg(n, lacks) FILTER (WHERE lacks IS NOT NULL)
    INTO v_go, v_open, v_short
    FROM (
      SELECT n, coalesce(bool_and(delta <= 0 OR taken <= room), true) AS fits,
             jsonb_agg(jsonb_build_object('item', item, 'asked', wanted, 'left', room + coalesce(had, 0)))
               FILTER (WHERE delta > 0 AND delta > room) AS lacks
      FROM (
        SELECT l.n, l.item, l.wanted, l.had, l.delta, i.offered - i.reserved AS room,
               sum(greatest(l.delta, 0)) OVER (PARTITION BY l.item ORDER BY l.n) AS taken
        FROM unnest(n_basket, n_item, n_wanted, n_had, n_delta, n_room) AS l(n, item, wanted, had, delta, start)
        JOIN menu_item AS i ON i.id = l.item
        WHERE l.n = ANY (v_open) AND l.start IS NOT NULL
      ) AS counted GROUP BY n
      UNION ALL
      -- Nothing to count: asks in a draw, and the cancelling of an order without lines.
      SELECT n, true, NULL FROM unnest(v_open) AS n
      WHERE NOT EXISTS (SELECT FROM unnest(n_basket, n_room) AS l(n, start) WHERE l.n = n.n AND start IS NOT NULL)
    ) AS decided;
    UPDATE menu_item AS i SET reserved = i.reserved + d.units
    FROM (
      SELECT item, sum(delta) AS units FROM unnest(n_basket, n_item, n_delta, n_room) AS l(n, item, delta, start)
      WHERE n = ANY (v_go) AND start IS NOT NULL GROUP BY item HAVING sum(delta) <> 0
    ) AS d WHERE i.id = d.item;
    IF v_short IS NOT NULL THEN
      SELECT array_agg(CASE WHEN v_short ? n::text THEN 'short' ELSE v_outcome[n] END ORDER BY n),
             array_agg(CASE WHEN v_short ? n::text THEN jsonb_build_object('sold_out', v_short -> n::text) ELSE v_data[n] END ORDER BY n)
      INTO v_outcome, v_data FROM generate_series(1, cardinality(v_outcome)) AS n;
    END IF;
  END LOOP;

  -- Write what goes through: v_go is now all of it.
  v_go := ARRAY(SELECT n FROM unnest(v_outcome) WITH ORDINALITY AS t(outcome, n)
                WHERE t.outcome IN ('placed', 'changed', 'cancelled'));
  IF EXISTS (SELECT FROM unnest(v_go) AS n WHERE v_order[n] IS NOT NULL) THEN
    -- What is paid whole as it is now, is what the order falls back to. The order first, as whoever settles it locks it.
    UPDATE paid_basket AS k SET basket = basket_of(o.id), total_fen = o.total_fen
    FROM (
      SELECT o.id, o.total_fen FROM unnest(v_go) AS n JOIN orders AS o ON o.id = v_order[n]
      WHERE o.state = 'placed' AND o.hold_until IS NULL AND EXISTS (SELECT FROM paid_basket WHERE order_id = o.id)
        AND paid_fen(o.id) >= o.total_fen
      ORDER BY o.id FOR NO KEY UPDATE OF o
    ) AS o WHERE k.order_id = o.id;
    UPDATE orders AS o SET
      version = o.version + 1, state = CASE p.outcome WHEN 'cancelled' THEN 'cancelled' ELSE 'placed' END, total_fen = p.total,
      note = p.note, channel = p.channel, placed_by = p.account, changed_at = v_now,
      placed_at = CASE p.outcome WHEN 'placed' THEN v_now ELSE o.placed_at END,
      hold_until = CASE WHEN p.outcome <> 'cancelled' AND m.pays_online AND NOT m.pays_on_delivery AND m.mode <> 'draw'
                          AND p.total > paid_fen(o.id) AND NOT is_covered(o.id) THEN coalesce(o.hold_until, v_now + interval '15 min') END
    FROM unnest(v_order, v_outcome, v_total, p_note, p_channel, p_account, p_menu)
         WITH ORDINALITY AS p(order_id, outcome, total, note, channel, account, menu, n)
    JOIN menu AS m ON m.id = p.menu
    WHERE o.id = p.order_id AND p.n = ANY (v_go);
    DELETE FROM order_line AS l USING unnest(n_basket, n_item, n_wanted) AS w(n, item, wanted)
    WHERE l.order_id = v_order[w.n] AND l.item_id = w.item AND w.wanted IS NULL AND w.n = ANY (v_go);
    UPDATE order_line AS l SET
      quantity = w.wanted, unit_price_fen = w.price, consent = w.consent, substitute_item_id = w.substitute, most = w.most
    FROM unnest(n_basket, n_item, n_wanted, n_had, n_price, n_consent, n_substitute, n_most, n_same)
         AS w(n, item, wanted, had, price, consent, substitute, most, same)
    WHERE l.order_id = v_order[w.n] AND l.item_id = w.item AND w.wanted > 0 AND w.had > 0 AND w.n = ANY (v_go)
      AND (NOT w.same OR l.unit_price_fen <> w.price);
  END IF;
  WITH written AS (
    INSERT INTO orders (menu_id, cycle_id, grid_id, household_id, building_id, state, total_fen, note, channel, placed_by,
                        placed_at, changed_at, hold_until)
    SELECT p.menu, m.cycle_id, m.grid_id, p.household, h.building_id, 'placed', p.total, p.note, p.channel, p.account, v_now, v_now,
           CASE WHEN m.pays_online AND NOT m.pays_on_delivery AND m.mode <> 'draw' AND p.total > 0 THEN v_now + interval '15 min' END
    FROM unnest(p_menu, p_household, v_total, p_note, p_channel, p_account, v_order)
         WITH ORDINALITY AS p(menu, household, total, note, channel, account, order_id, n)
    JOIN menu AS m ON m.id = p.menu JOIN household AS h ON h.id = p.household
    WHERE p.order_id IS NULL AND p.n = ANY (v_go)
    RETURNING id, menu_id, household_id
  )
  SELECT array_agg(coalesce(p.order_id, w.id) ORDER BY p.n) INTO v_order
  FROM unnest(p_menu, p_household, v_order) WITH ORDINALITY AS p(menu, household, order_id, n)
  LEFT JOIN written AS w ON w.menu_id = p.menu AND w.household_id = p.household;
  INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen, consent, substitute_item_id, most)
  SELECT v_order[w.n], w.item, p_menu[w.n], w.wanted, w.price, w.consent, w.substitute, w.most
  FROM unnest(n_basket, n_item, n_wanted, n_had, n_price, n_consent, n_substitute, n_most)
       AS w(n, item, wanted, had, price, consent, substitute, most)
  WHERE w.wanted > 0 AND w.had IS NULL AND w.n = ANY (v_go);
  DELETE FROM declined AS d USING unnest(v_go) AS n, menu AS m
  WHERE m.id = p_menu[n] AND d.cycle_id = m.cycle_id AND d.household_id = p_household[n] AND v_outcome[n] = 'placed';
  INSERT INTO proxy_order (order_id, version, account_id, channel, entered_at)
  SELECT o.id, o.version, o.placed_by, o.channel, v_now
  FROM unnest(v_go) AS n JOIN orders AS o ON o.id = v_order[n] WHERE p_channel[n] <> 'web';

  RETURN QUERY
  SELECT t.n, t.outcome, CASE WHEN t.outcome IN ('placed', 'changed', 'cancelled', 'unchanged') THEN (
      SELECT jsonb_build_object('id', o.id, 'version', o.version, 'state', o.state, 'total_fen', o.total_fen, 'note', o.note,
               'hold_until', o.hold_until,
               'channel', o.channel, 'placed_at', o.placed_at, 'changed_at', o.changed_at, 'lines', coalesce((
                 SELECT jsonb_agg(jsonb_build_object('item', l.item_id, 'quantity', l.quantity, 'consent', l.consent,
                          'unit_price_fen', l.unit_price_fen, 'substitute', l.substitute_item_id, 'most', l.most) ORDER BY l.item_id)
                 FROM order_line AS l WHERE l.order_id = o.id), '[]'))
      FROM orders AS o WHERE o.id = t.order_id
    ) ELSE jsonb_strip_nulls(t.data) END
  FROM unnest(v_outcome, v_data, v_order) WITH ORDINALITY AS t(outcome, data, order_id, n) ORDER BY t.n;
END $$;
