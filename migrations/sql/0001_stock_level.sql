-- Keeps stock_level in step with movement. One statement's movements are summed first, rows are locked in one
-- order, and the CHECK on stock_level refuses whatever would take a place below zero. The places outside
-- (supplier, count) pile up nothing. SECURITY DEFINER: the application may add movements, not write levels.
CREATE FUNCTION keep_stock_level() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  changes stock_level[];
BEGIN
  SELECT array_agg(ROW(lot_id, place, delta)::stock_level ORDER BY lot_id, place) INTO changes
  FROM (
    SELECT lot_id, place, sum(delta)::bigint AS delta
    FROM (
      SELECT lot_id, from_place AS place, -quantity AS delta FROM added
      UNION ALL
      SELECT lot_id, to_place, quantity FROM added
    ) AS both_ends
    WHERE place NOT IN ('supplier', 'count')
    GROUP BY lot_id, place
    HAVING sum(delta) <> 0
  ) AS summed;

  INSERT INTO stock_level (lot_id, place, quantity)
  SELECT c.lot_id, c.place, 0 FROM unnest(changes) AS c ORDER BY c.lot_id, c.place
  ON CONFLICT DO NOTHING;

  PERFORM 1 FROM stock_level AS s JOIN unnest(changes) AS c USING (lot_id, place)
  ORDER BY s.lot_id, s.place FOR NO KEY UPDATE OF s;

  UPDATE stock_level AS s SET quantity = s.quantity + c.quantity
  FROM unnest(changes) AS c WHERE s.lot_id = c.lot_id AND s.place = c.place;
  RETURN NULL;
END $$;

CREATE TRIGGER keep_stock_level AFTER INSERT ON movement
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_stock_level();
