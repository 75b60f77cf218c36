CREATE TABLE `counted_findings` (
	`run` integer NOT NULL,
	`discrepancy` text NOT NULL,
	`day` text NOT NULL,
	`currency` text NOT NULL,
	`expected` integer NOT NULL,
	`found` integer NOT NULL,
	PRIMARY KEY(`run`, `discrepancy`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `discrepancies` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`reason` text NOT NULL,
	`mode` text NOT NULL,
	`adjustment_id` text,
	`event_id` text,
	`invoice_id` text,
	`invoice_created_at` integer,
	`day` text,
	`currency` text,
	`expected` integer NOT NULL,
	`found` integer NOT NULL,
	`fields` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`settled_at` integer,
	`settled_by` text,
	`note` text,
	CONSTRAINT "discrepancies_mode" CHECK("discrepancies"."mode" IN ('live', 'test')),
	CONSTRAINT "discrepancies_reason" CHECK("discrepancies"."reason" IN ('not_recorded', 'second_invoice', 'invoiced_though_held', 'invoiced_though_failed', 'invoiced_though_rejected', 'invoiced_though_cancelled', 'unknown_adjustment', 'missing_at_billing', 'not_readable', 'differs', 'not_settled', 'stuck', 'event_without_adjustment', 'unexplained')),
	CONSTRAINT "discrepancies_fields" CHECK(json_valid("discrepancies"."fields")),
	CONSTRAINT "discrepancies_settled" CHECK(("discrepancies"."settled_at" IS NULL) = ("discrepancies"."settled_by" IS NULL))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `discrepancies_id` ON `discrepancies` (`id`);--> statement-breakpoint
CREATE INDEX `discrepancies_open` ON `discrepancies` (`last_seen_at`) WHERE "discrepancies"."settled_at" IS NULL;--> statement-breakpoint
CREATE INDEX `discrepancies_listed` ON `discrepancies` (`seq`) WHERE "discrepancies"."settled_at" IS NULL;--> statement-breakpoint
CREATE INDEX `discrepancies_adjustment` ON `discrepancies` (`adjustment_id`);--> statement-breakpoint
CREATE INDEX `discrepancies_invoice` ON `discrepancies` (`invoice_id`);--> statement-breakpoint
CREATE TABLE `listed_invoices` (
	`run` integer NOT NULL,
	`invoice_id` text NOT NULL,
	`day` text NOT NULL,
	`currency` text NOT NULL,
	`subtotal` integer NOT NULL,
	`is_counted` integer NOT NULL,
	PRIMARY KEY(`run`, `invoice_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `reconciliations` (
	`seq` integer PRIMARY KEY NOT NULL,
	`mode` text NOT NULL,
	`from_at` integer NOT NULL,
	`to_at` integer NOT NULL,
	`started_at` integer NOT NULL,
	`asked_by` text,
	`is_restored` integer NOT NULL,
	`lease_until` integer,
	`progress` text NOT NULL,
	`listed_at` integer,
	`finished_at` integer,
	`outcome` text,
	`counts` text,
	`sums` text,
	CONSTRAINT "reconciliations_mode" CHECK("reconciliations"."mode" IN ('live', 'test')),
	CONSTRAINT "reconciliations_window" CHECK("reconciliations"."from_at" < "reconciliations"."to_at"),
	CONSTRAINT "reconciliations_outcome" CHECK("reconciliations"."outcome" IN ('complete', 'unfinished', 'abandoned')),
	CONSTRAINT "reconciliations_finished" CHECK(("reconciliations"."finished_at" IS NULL) = ("reconciliations"."outcome" IS NULL))
) STRICT;
--> statement-breakpoint
CREATE INDEX `reconciliations_open` ON `reconciliations` (`seq`) WHERE "reconciliations"."finished_at" IS NULL;--> statement-breakpoint
CREATE INDEX `reconciliations_done` ON `reconciliations` (`mode`,`to_at`) WHERE "reconciliations"."outcome" = 'complete' AND ("reconciliations"."asked_by" IS NULL OR "reconciliations"."is_restored");--> statement-breakpoint
CREATE INDEX `reconciliations_listed` ON `reconciliations` (`mode`,`to_at`) WHERE "reconciliations"."listed_at" IS NOT NULL AND ("reconciliations"."asked_by" IS NULL OR "reconciliations"."is_restored");--> statement-breakpoint
ALTER TABLE `adjustments` ADD `looked_at` integer;--> statement-breakpoint
CREATE INDEX `adjustments_invoiced_at` ON `adjustments` (`invoiced_at`) WHERE "adjustments"."invoiced_at" IS NOT NULL;
--> statement-breakpoint

-- What was found is never removed, and stays what it was about; what has ended stays as it ended.
CREATE TRIGGER discrepancies_refuse_delete BEFORE DELETE ON discrepancies
BEGIN
  SELECT RAISE(ABORT, 'discrepancies are settled, never removed');
END;
--> statement-breakpoint
CREATE TRIGGER discrepancies_refuse_change BEFORE UPDATE OF
  seq, id, reason, adjustment_id, event_id, invoice_id, first_seen_at
ON discrepancies
BEGIN
  SELECT RAISE(ABORT, 'what a discrepancy is about never changes');
END;
--> statement-breakpoint
CREATE TRIGGER reconciliations_refuse_change BEFORE UPDATE ON reconciliations
WHEN OLD.finished_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a reconciliation that has ended never changes');
END;
--> statement-breakpoint
CREATE TRIGGER reconciliations_refuse_delete BEFORE DELETE ON reconciliations
BEGIN
  SELECT RAISE(ABORT, 'reconciliations are never removed');
END;
