-- Goods that are held for a payment, and what becomes of them when it doesn't come, or comes late. Locks are those of
-- put_orders, in its order: the household, then the items by id. No version of these functions asks for the cut-off:
-- they take from an order, or give back what it had.

-- The lines of an order, as `put_orders` returns them.
CREATE FUNCTION basket_of(p_order bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('lines', coalesce(jsonb_agg(jsonb_build_object('item', l.item_id, 'quantity', l.quantity,
           'consent', l.consent, 'unit_price_fen', l.unit_price_fen, 'substitute', l.substitute_item_id, 'most', l.most)
           ORDER BY l.item_id), '[]'))
  FROM order_line AS l WHERE l.order_id = p_order
$$;

-- Whether somebody else pays for an order, whatever it comes to.
CREATE FUNCTION is_covered(p_order bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM cover WHERE order_id = p_order AND ended_at IS NULL)
$$;

-- Locks what an order has and what a basket asks for; returns the order's menu.
CREATE FUNCTION lock_basket(p_order bigint, p_basket jsonb) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_menu bigint;
BEGIN
  PERFORM FROM household WHERE id = (SELECT household_id FROM orders WHERE id = p_order) FOR NO KEY UPDATE;
  SELECT menu_id INTO v_menu FROM orders WHERE id = p_order;
  PERFORM FROM menu_item
  WHERE menu_id = v_menu AND id IN (
    SELECT item_id FROM order_line WHERE order_id = p_order
    UNION SELECT (l ->> 'item')::bigint FROM jsonb_array_elements(p_basket -> 'lines') AS l)
  ORDER BY id FOR NO KEY UPDATE;
  RETURN v_menu;
END $$;

-- Makes an order's lines those of a basket, as far as goods are there. The caller holds the locks.
CREATE FUNCTION set_lines(p_order bigint, p_basket jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_lines jsonb;
BEGIN
  SELECT coalesce(jsonb_agg(line), '[]') INTO v_lines FROM (
    SELECT i.id AS item, coalesce(o.quantity, 0) AS had,
           CASE WHEN i.withdrawn_at IS NULL
                THEN least(coalesce(b.quantity, 0), coalesce(o.quantity, 0) + i.offered - i.reserved) ELSE 0 END AS wants,
           -- What it cost when it was ordered; only a cut reaches it.
           least(b.unit_price_fen, i.price_fen) AS price, b.consent, b.substitute, b.most
    FROM (SELECT item_id, quantity FROM order_line WHERE order_id = p_order) AS o
    FULL JOIN jsonb_to_recordset(p_basket -> 'lines')
         AS b(item bigint, quantity bigint, unit_price_fen bigint, consent text, substitute bigint, most bigint) ON b.item = o.item_id
    JOIN menu_item AS i ON i.id = coalesce(o.item_id, b.item)
  ) AS line;
  UPDATE menu_item AS i SET reserved = i.reserved + w.wants - w.had
  FROM jsonb_to_recordset(v_lines) AS w(item bigint, had bigint, wants bigint) WHERE i.id = w.item AND w.wants <> w.had;
  DELETE FROM order_line AS l USING jsonb_to_recordset(v_lines) AS w(item bigint, wants bigint)
  WHERE l.order_id = p_order AND l.item_id = w.item AND w.wants = 0;
  UPDATE order_line AS l SET quantity = w.wants, unit_price_fen = w.price, consent = w.consent, substitute_item_id = w.substitute,
         most = CASE WHEN w.most > w.wants THEN w.most END
  FROM jsonb_to_recordset(v_lines) AS w(item bigint, wants bigint, price bigint, consent text, substitute bigint, most bigint)
  WHERE l.order_id = p_order AND l.item_id = w.item AND w.wants > 0;
  INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen, consent, substitute_item_id, most)
  SELECT p_order, w.item, o.menu_id, w.wants, w.price, w.consent, w.substitute, CASE WHEN w.most > w.wants THEN w.most END
  FROM jsonb_to_recordset(v_lines)
       AS w(item bigint, had bigint, wants bigint, price bigint, consent text, substitute bigint, most bigint)
  JOIN orders AS o ON o.id = p_order WHERE w.had = 0 AND w.wants > 0;
  UPDATE orders SET version = version + 1, hold_until = NULL,
         total_fen = coalesce((SELECT sum(quantity * unit_price_fen) FROM order_line WHERE order_id = p_order), 0),
         state = CASE WHEN EXISTS (SELECT FROM order_line WHERE order_id = p_order) THEN 'placed' ELSE 'cancelled' END
  WHERE id = p_order;
END $$;

-- Takes back what an order holds and didn't pay in time: it falls back to what was paid, else it is cancelled. Charges
-- that are open keep the version they lapsed with, and the basket stays readable in `lapse`. A basket whose money went
-- back since is not fallen back to. Returns kept (it was paid, or has time left), fell_back, cancelled.
CREATE FUNCTION lapse_hold(p_order bigint) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_basket jsonb;
BEGIN
  PERFORM FROM household WHERE id = (SELECT household_id FROM orders WHERE id = p_order) FOR NO KEY UPDATE;
  SELECT b.basket INTO v_basket FROM paid_basket AS b WHERE b.order_id = p_order AND paid_fen(p_order) >= (
    SELECT coalesce(sum(l.quantity * least(l.unit_price_fen, i.price_fen)), 0)
    FROM jsonb_to_recordset(b.basket -> 'lines') AS l(item bigint, quantity bigint, unit_price_fen bigint)
    JOIN menu_item AS i ON i.id = l.item AND i.withdrawn_at IS NULL);
  v_basket := coalesce(v_basket, '{"lines": []}');
  PERFORM lock_basket(p_order, v_basket);
  IF NOT coalesce((SELECT hold_until <= clock_timestamp() FROM orders WHERE id = p_order), false) THEN
    RETURN 'kept';
  END IF;
  -- What was still owed went off the menu since, or somebody else pays it.
  UPDATE orders SET hold_until = NULL WHERE id = p_order AND (paid_fen(id) >= total_fen OR is_covered(id));
  IF FOUND THEN
    RETURN 'kept';
  END IF;
  INSERT INTO lapse (order_id, version, basket, total_fen)
  SELECT o.id, o.version + 1, basket_of(o.id), o.total_fen
  FROM orders AS o WHERE o.id = p_order;
  PERFORM set_lines(p_order, v_basket);
  UPDATE charge SET lapsed_at = clock_timestamp(), lapsed_version = (SELECT version FROM orders WHERE id = p_order)
  WHERE order_id = p_order AND paid_at IS NULL AND lapsed_at IS NULL;
  RETURN (SELECT CASE state WHEN 'cancelled' THEN 'cancelled' ELSE 'fell_back' END FROM orders WHERE id = p_order);
END $$;

-- Reserves again what a charge paid for after it had lapsed: all of it, or nothing. Nobody changed the order since, and
-- the goods are not bought yet. Returns whether it did.
CREATE FUNCTION take_again(p_charge bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_order bigint;
  v_basket jsonb;
BEGIN
  SELECT order_id, basket INTO v_order, v_basket FROM charge WHERE id = p_charge AND lapsed_at IS NOT NULL;
  IF v_order IS NULL THEN
    RETURN false;
  END IF;
  PERFORM lock_basket(v_order, v_basket);
  -- Who buys at this moment holds the cycle, and doesn't see what a drawn order takes again.
  PERFORM FROM orders AS o JOIN menu AS m ON m.id = o.menu_id AND m.mode = 'draw' WHERE o.id = v_order;
  IF FOUND THEN
    PERFORM FROM cycle WHERE id = (SELECT cycle_id FROM orders WHERE id = v_order) FOR SHARE SKIP LOCKED;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  IF NOT EXISTS (
      SELECT FROM orders AS o JOIN charge AS g ON g.id = p_charge AND g.lapsed_version = o.version
      JOIN menu AS m ON m.id = o.menu_id JOIN cycle AS c ON c.id = o.cycle_id AND c.state = 'ordering'
      WHERE o.id = v_order AND (m.state = 'published' OR m.mode = 'draw'))
    OR EXISTS (
      SELECT FROM jsonb_to_recordset(v_basket -> 'lines') AS b(item bigint, quantity bigint)
      LEFT JOIN menu_item AS i ON i.id = b.item
      LEFT JOIN order_line AS l ON l.order_id = v_order AND l.item_id = b.item
      WHERE i.id IS NULL OR i.withdrawn_at IS NOT NULL OR b.quantity > coalesce(l.quantity, 0) + i.offered - i.reserved)
  THEN
    RETURN false;
  END IF;
  PERFORM set_lines(v_order, v_basket);
  UPDATE charge SET lapsed_at = NULL, lapsed_version = NULL WHERE id = p_charge;
  RETURN true;
END $$;
