-- The invariants of ARCHITECTURE.md, held by the database itself.

-- The audit log is append-only. INSERT OR REPLACE would slip past the DELETE trigger, hence the third.
CREATE TRIGGER audit_entries_refuse_update BEFORE UPDATE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit entries are never changed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_entries_refuse_delete BEFORE DELETE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit entries are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_entries_refuse_replace BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq)
BEGIN
  SELECT RAISE(ABORT, 'audit entries are never replaced');
END;
--> statement-breakpoint

-- An event is one row for ever; only what became of it may change.
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER events_refuse_change BEFORE UPDATE OF
  seq, id, delivery_id, endpoint, account, source, own_id, unsigned_id, type, mode, occurred_at,
  received_at, body_sha256
ON events
BEGIN
  SELECT RAISE(ABORT, 'what an event is never changes');
END;
--> statement-breakpoint

-- INSERT OR REPLACE deletes the old row without any DELETE trigger. The door inserts only what isn't
-- there, so whatever meets this is no door.
CREATE TRIGGER events_refuse_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id OR seq = NEW.seq)
BEGIN
  SELECT RAISE(ABORT, 'events are never replaced');
END;
--> statement-breakpoint

-- What the door wrote about an adjustment never changes: a correction is another adjustment.
CREATE TRIGGER adjustments_refuse_replace BEFORE INSERT ON adjustments
WHEN EXISTS (
  SELECT 1 FROM adjustments WHERE id = NEW.id OR seq = NEW.seq
    OR (account = NEW.account AND subject = NEW.subject AND rule_id = NEW.rule_id AND part = NEW.part)
    OR invoice_id = NEW.invoice_id
)
BEGIN
  SELECT RAISE(ABORT, 'adjustments are never replaced');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_delete BEFORE DELETE ON adjustments
BEGIN
  SELECT RAISE(ABORT, 'adjustments are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_change BEFORE UPDATE OF
  seq, id, event_id, rule_id, account, endpoint, source, subject, part, mode, settlement, reason,
  caused_by, amount, currency, customer_reference, original_invoice, description, created_at
ON adjustments
BEGIN
  SELECT RAISE(ABORT, 'what an adjustment is never changes');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_transitions BEFORE UPDATE OF state ON adjustments
WHEN NEW.state <> OLD.state AND OLD.state || ' ' || NEW.state NOT IN (
  'due issuing', 'due held', 'due failed', 'due cancelled', 'due invoiced',
  'issuing due', 'issuing invoiced', 'issuing held', 'issuing failed',
  'held due', 'held rejected', 'held invoiced',
  'failed due', 'failed invoiced',
  'rejected invoiced', 'cancelled invoiced'
)
BEGIN
  SELECT RAISE(ABORT, 'no such change of state');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_version BEFORE UPDATE OF state ON adjustments
WHEN NEW.state <> OLD.state AND NEW.version <> OLD.version + 1
BEGIN
  SELECT RAISE(ABORT, 'a change of state raises the version by one');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_one_invoice BEFORE UPDATE OF invoice_id ON adjustments
WHEN OLD.invoice_id IS NOT NULL AND NEW.invoice_id IS NOT OLD.invoice_id
BEGIN
  SELECT RAISE(ABORT, 'an adjustment has at most one invoice');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_invoice_of_another BEFORE UPDATE OF invoice_id ON adjustments
WHEN EXISTS (SELECT 1 FROM adjustments WHERE invoice_id = NEW.invoice_id AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'an invoice belongs to one adjustment');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_frozen_request BEFORE UPDATE OF request ON adjustments
WHEN OLD.attempted_at IS NOT NULL AND NEW.request IS NOT OLD.request
BEGIN
  SELECT RAISE(ABORT, 'the request is frozen once an attempt was made');
END;
