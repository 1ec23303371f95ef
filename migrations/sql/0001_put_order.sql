-- The hot path: "this household's order in this menu is this basket", whole or not at all.
--
-- Lock first, read after: in READ COMMITTED each statement below has its own snapshot, so what is read after the
-- locks is what they guard. (One statement that locks and writes would read its lines from before the wait.) The
-- household first, then the union of old and new items in id order; closing a menu locks its items the same way.
--
-- p_expected   the version the basket was made from; NULL: from no order
-- p_lines      [{"item": id, "quantity": units}, ...]; [] cancels
-- p_total_fen  what the person saw; ignored when cancelling
-- returns      {"outcome": ...} and what explains it; written only with placed, changed, cancelled
CREATE FUNCTION put_order(
  p_menu bigint, p_household bigint, p_account bigint, p_channel text, p_expected bigint,
  p_lines jsonb, p_total_fen bigint, p_note text
) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_home household;
  v_menu menu;
  v_grid bigint;
  v_order orders;
  v_items bigint[];
  v_wanted bigint[];
  v_live boolean;
  v_same boolean;
  v_unknown jsonb;
  v_over_cap jsonb;
  v_short jsonb;
  v_total bigint;
  v_now timestamptz;
  v_outcome text;
BEGIN
  SELECT * INTO v_home FROM household WHERE id = p_household FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'no_household');
  END IF;

  SELECT coalesce(array_agg(wanted.item), '{}') INTO v_wanted FROM jsonb_to_recordset(p_lines) AS wanted(item bigint);
  SELECT array_agg(item_id) INTO v_items FROM (
    SELECT unnest(v_wanted) AS item_id
    UNION
    SELECT l.item_id FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.menu_id = p_menu AND o.household_id = p_household
  ) AS old_and_new;
  PERFORM 1 FROM menu_item WHERE id = ANY (v_items) AND menu_id = p_menu ORDER BY id FOR NO KEY UPDATE;

  v_now := clock_timestamp();
  SELECT * INTO v_menu FROM menu WHERE id = p_menu;
  IF NOT FOUND OR v_menu.state = 'draft' THEN
    RETURN jsonb_build_object('outcome', 'no_menu');
  END IF;
  SELECT * INTO v_order FROM orders WHERE menu_id = p_menu AND household_id = p_household;
  v_live := coalesce(v_order.state = 'placed', false);

  -- The same basket again (a double click, a retry) changes nothing, whatever version and hour it comes with.
  SELECT NOT EXISTS (
    SELECT FROM (SELECT item_id, quantity FROM order_line WHERE order_id = v_order.id) AS old
    FULL JOIN jsonb_to_recordset(p_lines) AS new(item bigint, quantity bigint) ON new.item = old.item_id
    WHERE old.quantity IS DISTINCT FROM new.quantity
  ) INTO v_same;
  IF v_same AND v_order.id IS NOT NULL AND (NOT v_live OR v_order.note = p_note) THEN
    RETURN jsonb_build_object('outcome', 'unchanged', 'order', v_order.id, 'version', v_order.version);
  END IF;

  IF NOT v_home.active OR EXISTS (SELECT FROM building WHERE id = v_home.building_id AND grid_id IS NULL) THEN
    RETURN jsonb_build_object('outcome', 'cannot_order', 'active', v_home.active);
  END IF;
  SELECT grid_id INTO v_grid FROM cycle_building
  WHERE cycle_id = v_menu.cycle_id AND building_id = v_home.building_id;
  IF v_grid IS DISTINCT FROM v_menu.grid_id THEN
    RETURN jsonb_build_object('outcome', 'wrong_grid');
  END IF;
  IF v_menu.state <> 'published' OR v_now >= v_menu.cutoff_at THEN
    RETURN jsonb_build_object('outcome', 'closed', 'cutoff_at', v_menu.cutoff_at);
  END IF;
  IF v_now < v_menu.opens_at THEN
    RETURN jsonb_build_object('outcome', 'not_open', 'opens_at', v_menu.opens_at);
  END IF;
  IF p_expected IS NULL AND v_live OR p_expected IS NOT NULL AND p_expected IS DISTINCT FROM v_order.version THEN
    RETURN jsonb_build_object('outcome', 'stale');
  END IF;
  IF v_order.id IS NULL AND cardinality(v_wanted) = 0 THEN
    RETURN jsonb_build_object('outcome', 'nothing_to_cancel');
  END IF;

  SELECT
    jsonb_agg(w.item) FILTER (WHERE i.id IS NULL),
    jsonb_agg(jsonb_build_object('item', w.item, 'asked', w.quantity, 'cap', i.cap)) FILTER (WHERE w.quantity > i.cap),
    jsonb_agg(jsonb_build_object('item', w.item, 'asked', w.quantity, 'left', i.offered - i.reserved + coalesce(l.quantity, 0)))
      FILTER (WHERE w.quantity > i.offered - i.reserved + coalesce(l.quantity, 0)),
    -- What a line costs was fixed when it was ordered; only a cut reaches it.
    sum(w.quantity * least(l.unit_price_fen, i.price_fen))
  INTO v_unknown, v_over_cap, v_short, v_total
  FROM jsonb_to_recordset(p_lines) AS w(item bigint, quantity bigint)
  LEFT JOIN menu_item AS i ON i.id = w.item AND i.menu_id = p_menu
  LEFT JOIN order_line AS l ON l.order_id = v_order.id AND l.item_id = w.item;
  IF v_unknown IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'unknown_items', 'items', v_unknown);
  END IF;
  IF v_over_cap IS NOT NULL OR v_short IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'short', 'over_cap', coalesce(v_over_cap, '[]'), 'sold_out', coalesce(v_short, '[]'));
  END IF;
  IF cardinality(v_wanted) > 0 AND v_total <> p_total_fen THEN
    RETURN jsonb_build_object('outcome', 'price_changed', 'total_fen', v_total);
  END IF;

  v_outcome := CASE WHEN cardinality(v_wanted) = 0 THEN 'cancelled' WHEN v_live THEN 'changed' ELSE 'placed' END;
  INSERT INTO orders AS o (menu_id, cycle_id, grid_id, household_id, building_id, state, total_fen, note, channel, placed_by,
                           placed_at, changed_at)
  VALUES (p_menu, v_menu.cycle_id, v_menu.grid_id, p_household, v_home.building_id, 'placed', coalesce(v_total, 0), p_note,
          p_channel, p_account, v_now, v_now)
  ON CONFLICT (menu_id, household_id) DO UPDATE SET
    version = o.version + 1,
    state = CASE WHEN v_outcome = 'cancelled' THEN 'cancelled' ELSE 'placed' END,
    total_fen = excluded.total_fen, note = excluded.note, channel = excluded.channel, placed_by = excluded.placed_by,
    placed_at = CASE WHEN v_outcome = 'placed' THEN v_now ELSE o.placed_at END, changed_at = v_now
  RETURNING * INTO v_order;

  IF v_outcome = 'placed' THEN
    DELETE FROM declined WHERE cycle_id = v_menu.cycle_id AND household_id = p_household;
  END IF;

  UPDATE menu_item AS i SET reserved = i.reserved + d.units
  FROM (
    SELECT item_id, sum(units) AS units FROM (
      SELECT item_id, -quantity AS units FROM order_line WHERE order_id = v_order.id
      UNION ALL
      SELECT item, quantity FROM jsonb_to_recordset(p_lines) AS new(item bigint, quantity bigint)
    ) AS both_baskets GROUP BY item_id HAVING sum(units) <> 0
  ) AS d WHERE i.id = d.item_id;

  DELETE FROM order_line WHERE order_id = v_order.id AND item_id <> ALL (v_wanted);
  INSERT INTO order_line AS l (order_id, item_id, menu_id, quantity, unit_price_fen)
  SELECT v_order.id, new.item, p_menu, new.quantity, i.price_fen
  FROM jsonb_to_recordset(p_lines) AS new(item bigint, quantity bigint) JOIN menu_item AS i ON i.id = new.item
  ON CONFLICT (order_id, item_id) DO UPDATE SET
    quantity = excluded.quantity, unit_price_fen = least(l.unit_price_fen, excluded.unit_price_fen);

  RETURN jsonb_build_object('outcome', v_outcome, 'order', v_order.id, 'version', v_order.version);
END $$;
