-- Every entry sums to zero when its transaction commits.
CREATE FUNCTION entry_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) < 2 OR sum(amount_fen) <> 0 FROM posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION USING MESSAGE = 'journal entry ' || NEW.id || ' does not sum to zero',
      ERRCODE = 'check_violation', CONSTRAINT = 'ck_journal_entry_sums_to_zero';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_sums_to_zero AFTER INSERT ON journal_entry DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION entry_sums_to_zero();

-- An entry is whole when its transaction ends: what another one adds would never be summed.
CREATE FUNCTION postings_come_with_their_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT entry_id FROM fresh) AS f JOIN journal_entry AS e ON e.id = f.entry_id
             WHERE e.written_in <> pg_current_xact_id()::text::bigint) THEN
    RAISE EXCEPTION 'a posting was added to an entry of another transaction'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_comes_with_its_entry';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER postings_come_with_their_entry AFTER INSERT ON posting REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION postings_come_with_their_entry();

-- What goes back to a charge, so that its CHECK refuses more than came. The row of the charge makes refunds take turns.
CREATE FUNCTION refunds_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE charge SET refunded_fen = refunded_fen
    + CASE WHEN NEW.state <> 'failed' THEN NEW.amount_fen ELSE 0 END
    - CASE WHEN TG_OP = 'UPDATE' AND OLD.state <> 'failed' THEN OLD.amount_fen ELSE 0 END
  WHERE id = NEW.charge_id;
  RETURN NULL;
END $$;
CREATE TRIGGER refunds_add_up AFTER INSERT OR UPDATE OF state, amount_fen ON refund
FOR EACH ROW WHEN (NEW.charge_id IS NOT NULL) EXECUTE FUNCTION refunds_add_up();

-- What was paid for an order by anybody, less what went back or is promised back.
CREATE FUNCTION paid_fen(p_order bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(-sum(p.amount_fen), 0)::bigint FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
  WHERE p.order_id = p_order AND p.account = 'household'
    AND e.kind NOT IN ('ordered', 'shared', 'packed', 'returned', 'credited')
$$;
