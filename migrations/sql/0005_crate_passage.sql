-- A crate is counted for the delivery point of its own batch, whoever writes it: a point has no grid that a key could carry.
CREATE FUNCTION keep_crate_to_point() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1
  FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id JOIN batch AS b ON b.id = t.batch_id
  WHERE c.id = NEW.crate_id AND b.delivery_point_id = NEW.delivery_point_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', MESSAGE = 'this crate goes to another delivery point';
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER keep_crate_to_point BEFORE INSERT ON crate_passage
FOR EACH ROW EXECUTE FUNCTION keep_crate_to_point();
