-- The invariants of the money controls, held by the database itself.

-- What the door writes has more columns now.
DROP TRIGGER adjustments_refuse_change;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_change BEFORE UPDATE OF
  seq, id, event_id, rule_id, account, endpoint, source, subject, part, mode, settlement, reason,
  caused_by, amount, currency, customer_reference, customer_kind, original_invoice, description,
  created_at, happened_at, rule_hold, rule_set, maker, reverses
ON adjustments
BEGIN
  SELECT RAISE(ABORT, 'what an adjustment is never changes');
END;
--> statement-breakpoint
DROP TRIGGER adjustments_transitions;
--> statement-breakpoint
CREATE TRIGGER adjustments_transitions BEFORE UPDATE OF state ON adjustments
WHEN NEW.state <> OLD.state AND OLD.state || ' ' || NEW.state NOT IN (
  'due issuing', 'due held', 'due failed', 'due cancelled', 'due invoiced',
  'issuing due', 'issuing invoiced', 'issuing held', 'issuing failed',
  'held due', 'held rejected', 'held cancelled', 'held invoiced',
  'failed due', 'failed cancelled', 'failed invoiced',
  'rejected invoiced', 'cancelled invoiced'
)
BEGIN
  SELECT RAISE(ABORT, 'no such change of state');
END;
--> statement-breakpoint

-- The sums of a day and of a rule's hour follow what counts, row by row.
-- What was approved and goes out later moves to the day and hour in which it goes out.
CREATE TRIGGER adjustments_count AFTER UPDATE OF counted_at, counted_day ON adjustments
WHEN NEW.counted_at IS NOT NULL AND (OLD.counted_at IS NULL OR OLD.counted_day <> NEW.counted_day
  OR OLD.counted_at / 3600000 <> NEW.counted_at / 3600000)
BEGIN
  INSERT INTO limit_sums (kind, key, mode, bucket, settlement, direction, currency, total, adjustments)
  VALUES
    ('day', '', coalesce(NEW.mode, 'test'), NEW.counted_day, NEW.settlement,
      iif(NEW.amount < 0, 'credit', 'charge'), NEW.currency, abs(NEW.amount), 1),
    ('rule_hour', NEW.rule_id, coalesce(NEW.mode, 'test'), CAST(NEW.counted_at / 3600000 AS TEXT),
      NEW.settlement, iif(NEW.amount < 0, 'credit', 'charge'), NEW.currency, abs(NEW.amount), 1)
  ON CONFLICT DO UPDATE SET total = total + excluded.total, adjustments = adjustments + 1;
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_uncount AFTER UPDATE OF counted_at, counted_day ON adjustments
WHEN OLD.counted_at IS NOT NULL AND (NEW.counted_at IS NULL OR OLD.counted_day <> NEW.counted_day
  OR OLD.counted_at / 3600000 <> NEW.counted_at / 3600000)
BEGIN
  UPDATE limit_sums SET total = total - abs(OLD.amount), adjustments = adjustments - 1
  WHERE mode = coalesce(OLD.mode, 'test') AND settlement = OLD.settlement
    AND direction = iif(OLD.amount < 0, 'credit', 'charge') AND currency = OLD.currency
    AND ((kind = 'day' AND key = '' AND bucket = OLD.counted_day)
      OR (kind = 'rule_hour' AND key = OLD.rule_id
        AND bucket = CAST(OLD.counted_at / 3600000 AS TEXT)));
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_counted_once BEFORE UPDATE OF counted_at, counted_day ON adjustments
WHEN (NEW.counted_at IS NULL) <> (NEW.counted_day IS NULL)
  OR (OLD.counted_at IS NOT NULL AND NEW.counted_at IS NOT NULL
    AND (OLD.counted_at <> NEW.counted_at OR OLD.counted_day <> NEW.counted_day)
    AND (OLD.first_attempted_at IS NOT NULL OR NEW.state <> 'issuing'))
BEGIN
  SELECT RAISE(ABORT, 'an adjustment counts in one day only');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_counted_new BEFORE INSERT ON adjustments
WHEN NEW.counted_at IS NOT NULL OR NEW.state <> 'due'
BEGIN
  SELECT RAISE(ABORT, 'a new adjustment is due, and counts only once it is claimed or approved');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_counted_state BEFORE UPDATE OF state, counted_at ON adjustments
WHEN (NEW.state IN ('issuing', 'invoiced') AND NEW.counted_at IS NULL)
  OR (NEW.state IN ('rejected', 'cancelled', 'failed') AND NEW.counted_at IS NOT NULL)
BEGIN
  SELECT RAISE(ABORT, 'what is issued counts against the limits, and nothing else does');
END;
--> statement-breakpoint

-- An undo wakes what it undoes, and stops what is not on its way yet. A rule may have another name by
-- now, so all of the subject is woken that no claim will ask; who is woken finds out if it is undone.
CREATE TRIGGER undos_wake AFTER INSERT ON undos
BEGIN
  UPDATE adjustments SET wake_at = min(coalesce(wake_at, NEW.at), NEW.at)
  WHERE account = NEW.account AND subject = NEW.subject AND reversed_by IS NULL
    AND (state IN ('held', 'failed', 'invoiced') OR (state = 'due' AND rule_id = NEW.rule_id));
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_undone BEFORE UPDATE OF state ON adjustments
WHEN NEW.state = 'issuing' AND OLD.first_attempted_at IS NULL AND EXISTS (
  SELECT 1 FROM undos WHERE account = NEW.account AND subject = NEW.subject AND rule_id = NEW.rule_id
    AND mode = coalesce(NEW.mode, '')
)
BEGIN
  SELECT RAISE(ABORT, 'what was undone is not issued');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_early_reversal BEFORE UPDATE OF state ON adjustments
WHEN NEW.state = 'issuing' AND NEW.reverses IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM adjustments WHERE id = NEW.reverses AND invoice_id IS NOT NULL
    AND reversed_by = NEW.id
)
BEGIN
  SELECT RAISE(ABORT, 'only what is invoiced is reversed, and by one reversal');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_reversal_amount BEFORE INSERT ON adjustments
WHEN NEW.reverses IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM adjustments WHERE id = NEW.reverses AND amount = -NEW.amount
    AND currency = NEW.currency AND settlement = NEW.settlement AND mode IS NEW.mode
    AND reverses IS NULL
)
BEGIN
  SELECT RAISE(ABORT, 'a reversal undoes the whole of one adjustment');
END;
--> statement-breakpoint

-- Approvals and undos are facts; a key's hash and holder are what they were.
CREATE TRIGGER approvals_refuse_update BEFORE UPDATE ON approvals
BEGIN
  SELECT RAISE(ABORT, 'an approval is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER approvals_refuse_delete BEFORE DELETE ON approvals
BEGIN
  SELECT RAISE(ABORT, 'an approval is never removed');
END;
--> statement-breakpoint
CREATE TRIGGER approvals_refuse_replace BEFORE INSERT ON approvals
WHEN EXISTS (
  SELECT 1 FROM approvals WHERE adjustment_id = NEW.adjustment_id AND hold = NEW.hold
    AND identity = NEW.identity
) OR NOT EXISTS (
  SELECT 1 FROM adjustments WHERE id = NEW.adjustment_id AND state = 'held' AND holds = NEW.hold
    AND maker IS NOT NEW.identity AND asker IS NOT NEW.identity
)
BEGIN
  SELECT RAISE(ABORT, 'one person approves a hold once, and never his own');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_unapproved BEFORE UPDATE OF cleared_reasons ON adjustments
WHEN NEW.cleared_reasons IS NOT NULL AND NEW.cleared_reasons IS NOT OLD.cleared_reasons
  AND (OLD.state <> 'held' OR (
    SELECT count(*) FROM approvals WHERE adjustment_id = OLD.id AND hold = OLD.holds
  ) < max(OLD.approvers_needed, NEW.approvers_needed))
BEGIN
  SELECT RAISE(ABORT, 'nothing is cleared without its approvals');
END;
--> statement-breakpoint
CREATE TRIGGER undos_refuse_update BEFORE UPDATE ON undos
BEGIN
  SELECT RAISE(ABORT, 'an undo is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER undos_refuse_delete BEFORE DELETE ON undos
BEGIN
  SELECT RAISE(ABORT, 'an undo is never removed');
END;
--> statement-breakpoint
CREATE TRIGGER undos_refuse_replace BEFORE INSERT ON undos
WHEN EXISTS (
  SELECT 1 FROM undos WHERE account = NEW.account AND subject = NEW.subject AND rule_id = NEW.rule_id
    AND mode = NEW.mode
)
BEGIN
  SELECT RAISE(ABORT, 'an undo is never replaced');
END;
--> statement-breakpoint
CREATE TRIGGER keys_refuse_change BEFORE UPDATE OF seq, id, name, email, hash, scopes, created_at, created_by
ON keys
BEGIN
  SELECT RAISE(ABORT, 'what a key is never changes');
END;
--> statement-breakpoint
CREATE TRIGGER keys_refuse_delete BEFORE DELETE ON keys
BEGIN
  SELECT RAISE(ABORT, 'keys are revoked, never removed');
END;
--> statement-breakpoint
CREATE TRIGGER keys_refuse_unrevoke BEFORE UPDATE OF revoked_at ON keys
WHEN OLD.revoked_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a revoked key stays revoked');
END;
--> statement-breakpoint

-- Written once each, so that they cost a look and no write from then on.
CREATE TRIGGER endpoint_starts_note AFTER INSERT ON events
WHEN NOT EXISTS (SELECT 1 FROM endpoint_starts WHERE endpoint = NEW.endpoint)
BEGIN
  INSERT INTO endpoint_starts (endpoint, at) VALUES (NEW.endpoint, NEW.received_at);
END;
--> statement-breakpoint
CREATE TRIGGER rule_ids_note AFTER INSERT ON adjustments
WHEN NOT EXISTS (SELECT 1 FROM rule_ids WHERE id = NEW.rule_id)
BEGIN
  INSERT INTO rule_ids (id, at) VALUES (NEW.rule_id, NEW.created_at);
END;
--> statement-breakpoint

-- What was there before: it counts from when it was first tried, and its hold's time begins now.
UPDATE adjustments SET counted_at = coalesce(first_attempted_at, created_at),
  counted_day = date(coalesce(first_attempted_at, created_at) / 1000, 'unixepoch')
WHERE state IN ('issuing', 'invoiced') OR (attempted_at IS NOT NULL AND state IN ('due', 'held'));
--> statement-breakpoint
UPDATE adjustments SET holds = 1, held_at = CAST(unixepoch('subsec') * 1000 AS INTEGER),
  wake_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) + 14400000
WHERE state = 'held';
--> statement-breakpoint

-- Whose limits it counts against; an asker is compared in small letters from now on.
UPDATE adjustments SET customer_id = request ->> 'customerId'
WHERE request IS NOT NULL AND (counted_at IS NOT NULL OR attempted_at IS NOT NULL);
--> statement-breakpoint
UPDATE adjustments SET asker = lower(asker) WHERE asker <> lower(asker);
--> statement-breakpoint

-- What the triggers would have noted.
INSERT INTO endpoint_starts (endpoint, at)
SELECT endpoint, min(received_at) FROM events GROUP BY endpoint
ON CONFLICT (endpoint) DO UPDATE SET at = min(at, excluded.at);
--> statement-breakpoint
INSERT INTO rule_ids (id, at)
SELECT rule_id, min(created_at) FROM adjustments GROUP BY rule_id
ON CONFLICT (id) DO UPDATE SET at = min(at, excluded.at);
