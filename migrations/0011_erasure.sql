-- An event's hash is salted from now on: with its payload goes all that it could be guessed from.
ALTER TABLE `events` RENAME COLUMN `body_sha256` TO `commitment`;
--> statement-breakpoint
CREATE TABLE `erasures` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`customer` text,
	`reason` text NOT NULL,
	`asked_by` text NOT NULL,
	`requested_at` integer NOT NULL,
	`through_event` integer NOT NULL,
	`through_adjustment` integer NOT NULL,
	`phase` text NOT NULL,
	`after` integer NOT NULL,
	`waiting` integer NOT NULL,
	`counts` text NOT NULL,
	`wake_at` integer,
	`finished_at` integer,
	CONSTRAINT "erasures_id_form" CHECK("erasures"."id" GLOB 'era_?*'),
	CONSTRAINT "erasures_open" CHECK(("erasures"."finished_at" IS NULL) = ("erasures"."wake_at" IS NOT NULL)),
	CONSTRAINT "erasures_customer" CHECK(("erasures"."finished_at" IS NULL) = ("erasures"."customer" IS NOT NULL))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `erasures_id` ON `erasures` (`id`);--> statement-breakpoint
CREATE INDEX `erasures_wake` ON `erasures` (`wake_at`) WHERE "erasures"."wake_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `retention_progress` (
	`name` text PRIMARY KEY NOT NULL,
	`wake_at` integer NOT NULL,
	`ignored_through` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `rule_sets` (
	`hash` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL,
	`git_commit` text,
	`first_seen_at` integer NOT NULL,
	CONSTRAINT "rule_sets_text" CHECK(json_valid("rule_sets"."text"))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `payloads` ADD `salt` text;--> statement-breakpoint
CREATE INDEX `adjustments_invoice_number` ON `adjustments` (`invoice_number`) WHERE "adjustments"."invoice_number" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `links_labelled` ON `links` (`seq`) WHERE "links"."label" <> '';
--> statement-breakpoint

-- What was kept is what the log's hash is about: it is forgotten, never changed.
CREATE TRIGGER payloads_refuse_change BEFORE UPDATE ON payloads
BEGIN
  SELECT RAISE(ABORT, 'a payload is forgotten, never changed');
END;
--> statement-breakpoint
CREATE TRIGGER payloads_refuse_replace BEFORE INSERT ON payloads
WHEN EXISTS (SELECT 1 FROM payloads WHERE event_seq = NEW.event_seq)
BEGIN
  SELECT RAISE(ABORT, 'a payload is never replaced');
END;
--> statement-breakpoint

-- An erasure, as long as it is open, empties what names a person, of what has come to its end. What has failed
-- may be sent through again, so that its customer stays; and who asked for an undo can't approve what it makes.
DROP TRIGGER adjustments_refuse_change;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_change BEFORE UPDATE OF
  seq, id, event_id, rule_id, account, endpoint, source, subject, part, mode, settlement, reason,
  caused_by, amount, currency, customer_kind, original_invoice, description,
  created_at, happened_at, rule_hold, rule_set, maker, reverses
ON adjustments
BEGIN
  SELECT RAISE(ABORT, 'what an adjustment is never changes');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_refuse_other_person BEFORE UPDATE OF customer_reference, asker
ON adjustments
WHEN (NEW.customer_reference IS NOT OLD.customer_reference OR NEW.asker IS NOT OLD.asker)
  AND NOT (
    (NEW.customer_reference IS NULL OR NEW.customer_reference IS OLD.customer_reference)
    AND (NEW.asker IS NULL OR NEW.asker IS OLD.asker)
    AND OLD.state IN ('invoiced', 'rejected', 'cancelled', 'failed')
    AND (OLD.state <> 'failed' OR NEW.customer_reference IS OLD.customer_reference
      OR NEW.chosen_customer_id IS NOT NULL)
    AND EXISTS (SELECT 1 FROM erasures WHERE wake_at IS NOT NULL)
  )
BEGIN
  SELECT RAISE(ABORT, 'whom an adjustment is about never changes; an erasure empties it');
END;
--> statement-breakpoint
DROP TRIGGER undos_refuse_update;
--> statement-breakpoint
CREATE TRIGGER undos_refuse_update BEFORE UPDATE ON undos
WHEN NOT (NEW.account = OLD.account AND NEW.subject = OLD.subject AND NEW.rule_id = OLD.rule_id
  AND NEW.mode = OLD.mode AND NEW.event_id = OLD.event_id AND NEW.at = OLD.at AND NEW.asker IS NULL
  AND EXISTS (SELECT 1 FROM erasures WHERE wake_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM adjustments a WHERE a.account = OLD.account AND a.subject = OLD.subject
    AND a.rule_id = OLD.rule_id AND a.reverses IS NULL AND a.reversed_by IS NULL
    AND (a.state IN ('due', 'issuing', 'held', 'invoiced')
      OR (a.state = 'failed' AND OLD.mode = coalesce(a.mode, '')))))
BEGIN
  SELECT RAISE(ABORT, 'an undo is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER erasures_refuse_delete BEFORE DELETE ON erasures
BEGIN
  SELECT RAISE(ABORT, 'erasures are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER erasures_refuse_replace BEFORE INSERT ON erasures
WHEN EXISTS (SELECT 1 FROM erasures WHERE id = NEW.id OR seq = NEW.seq)
BEGIN
  SELECT RAISE(ABORT, 'erasures are never replaced');
END;
--> statement-breakpoint
CREATE TRIGGER erasures_refuse_change BEFORE UPDATE ON erasures
WHEN OLD.finished_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'an erasure that has ended never changes');
END;
--> statement-breakpoint
CREATE TRIGGER rule_sets_refuse_update BEFORE UPDATE ON rule_sets
BEGIN
  SELECT RAISE(ABORT, 'what has decided is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER rule_sets_refuse_delete BEFORE DELETE ON rule_sets
BEGIN
  SELECT RAISE(ABORT, 'what has decided is never removed');
END;
--> statement-breakpoint
CREATE TRIGGER rule_sets_refuse_replace BEFORE INSERT ON rule_sets
WHEN EXISTS (SELECT 1 FROM rule_sets WHERE hash = NEW.hash)
BEGIN
  SELECT RAISE(ABORT, 'what has decided is never replaced');
END;
