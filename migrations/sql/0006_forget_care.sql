-- Whom the care register put first is forgotten of cycles that are closed, and written in no other way, whoever asks for it.
CREATE FUNCTION only_forget_care_first() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM cycle WHERE id = NEW.cycle_id AND state = 'closed' AND NOT NEW.care_first;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'who was put first is only forgotten, after the close';
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER only_forget_care_first BEFORE UPDATE OF care_first ON allocation
FOR EACH ROW EXECUTE FUNCTION only_forget_care_first();

CREATE FUNCTION only_forget_got_as_care() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM menu AS m JOIN cycle AS c ON c.id = m.cycle_id
  WHERE m.id = NEW.menu_id AND c.state = 'closed' AND NEW.got_as_care = 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'who was drawn first is only forgotten, after the close';
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER only_forget_got_as_care BEFORE UPDATE OF got_as_care ON draw_share
FOR EACH ROW EXECUTE FUNCTION only_forget_got_as_care();
