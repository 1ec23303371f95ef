-- Closes a menu: locks its items in id order as put_order does, so that an order which was let in before is counted
-- and none comes after. p_at_once brings the cut-off forward to now; else a menu whose cut-off has not come is kept.
-- Returns whether this call closed it.
CREATE FUNCTION close_menu(p_menu bigint, p_at_once boolean) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_closed bigint;
BEGIN
  PERFORM 1 FROM menu_item WHERE menu_id = p_menu ORDER BY id FOR NO KEY UPDATE;
  UPDATE menu SET state = 'closed', cutoff_at = least(cutoff_at, greatest(clock_timestamp(), opens_at + interval '1 ms'))
  WHERE id = p_menu AND state = 'published' AND (p_at_once OR cutoff_at <= clock_timestamp())
  RETURNING id INTO v_closed;
  RETURN v_closed IS NOT NULL;
END $$;
