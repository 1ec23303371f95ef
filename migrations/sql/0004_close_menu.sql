-- Closes a menu: locks its items in id order as put_orders does, so that an order which was let in before is counted
-- and none comes after. p_at_once brings the cut-off forward to now, that of items which may be ordered longer too; else
-- a menu whose last cut-off has not come is kept. A menu waits, cut off, for the orders that hold goods until they are
-- paid. Returns whether this call closed it.
CREATE FUNCTION close_menu(p_menu bigint, p_at_once boolean) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_now timestamptz;
  v_cutoff timestamptz;
  v_holds boolean;
BEGIN
  PERFORM 1 FROM menu_item WHERE menu_id = p_menu ORDER BY id FOR NO KEY UPDATE;
  v_now := clock_timestamp();
  v_holds := EXISTS (SELECT FROM orders WHERE menu_id = p_menu AND hold_until IS NOT NULL);
  UPDATE menu SET
    state = CASE WHEN v_holds THEN state ELSE 'closed' END, cutoff_at = least(cutoff_at, greatest(v_now, opens_at + interval '1 ms')),
    late_until = CASE WHEN late_until > v_now THEN CASE WHEN v_now > cutoff_at THEN v_now END ELSE late_until END
  WHERE id = p_menu AND state = 'published' AND (p_at_once OR coalesce(late_until, cutoff_at) <= v_now)
  RETURNING cutoff_at INTO v_cutoff;
  IF v_cutoff IS NOT NULL THEN
    UPDATE menu_item SET late_until = CASE WHEN v_now > v_cutoff THEN v_now END WHERE menu_id = p_menu AND late_until > v_now;
  END IF;
  RETURN v_cutoff IS NOT NULL AND NOT v_holds;
END $$;
