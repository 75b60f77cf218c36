CREATE TABLE `idempotency` (
	`id` text PRIMARY KEY NOT NULL,
	`operator` text NOT NULL,
	`request` text NOT NULL,
	`at` integer NOT NULL,
	`status` integer,
	`answer` text,
	`made` text,
	CONSTRAINT "idempotency_answer" CHECK("idempotency"."status" IS NOT NULL OR ("idempotency"."answer" IS NULL AND "idempotency"."made" IS NULL)),
	CONSTRAINT "idempotency_made" CHECK("idempotency"."answer" IS NULL OR "idempotency"."made" IS NULL)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_at` ON `idempotency` (`at`);--> statement-breakpoint
CREATE TABLE `idempotency_counts` (
	`operator` text PRIMARY KEY NOT NULL,
	`keys` integer NOT NULL,
	CONSTRAINT "idempotency_counts_keys" CHECK("idempotency_counts"."keys" >= 0)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `keys` ADD `last_used_at` integer;
--> statement-breakpoint
CREATE TRIGGER idempotency_count AFTER INSERT ON idempotency
BEGIN
  INSERT INTO idempotency_counts (operator, keys) VALUES (NEW.operator, 1)
    ON CONFLICT (operator) DO UPDATE SET keys = keys + 1;
END;
--> statement-breakpoint
CREATE TRIGGER idempotency_discount AFTER DELETE ON idempotency
BEGIN
  UPDATE idempotency_counts SET keys = keys - 1 WHERE operator = OLD.operator;
  DELETE FROM idempotency_counts WHERE operator = OLD.operator AND keys = 0;
END;
--> statement-breakpoint
-- One key stands for one request of one operator, and is answered once.
CREATE TRIGGER idempotency_refuse_change BEFORE UPDATE OF id, operator, request ON idempotency
BEGIN
  SELECT RAISE(ABORT, 'what an idempotency key stands for never changes');
END;
--> statement-breakpoint
CREATE TRIGGER idempotency_refuse_other_answer BEFORE UPDATE ON idempotency
WHEN OLD.status IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'an idempotency key is answered once');
END;
