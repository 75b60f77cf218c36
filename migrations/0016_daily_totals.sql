CREATE TABLE `ended_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`until` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `ended_sessions_until` ON `ended_sessions` (`until`);--> statement-breakpoint
CREATE TABLE `daily_events` (
	`mode` text NOT NULL,
	`day` text NOT NULL,
	`source` text NOT NULL,
	`endpoint` text NOT NULL,
	`rule_id` text NOT NULL,
	`adjusted` integer NOT NULL,
	`duplicate` integer NOT NULL,
	`conflict` integer NOT NULL,
	`ignored` integer NOT NULL,
	`shadow` integer NOT NULL,
	`undecided` integer NOT NULL,
	PRIMARY KEY(`mode`, `day`, `source`, `endpoint`, `rule_id`),
	CONSTRAINT "daily_events_mode" CHECK("daily_events"."mode" IN ('live', 'test')),
	CONSTRAINT "daily_events_day" CHECK("daily_events"."day" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]')
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `daily_progress` (
	`name` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`at` integer,
	CONSTRAINT "daily_progress_one" CHECK("daily_progress"."name" = 'log' AND "daily_progress"."seq" >= 0)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `daily_totals` (
	`mode` text NOT NULL,
	`currency` text NOT NULL,
	`day` text NOT NULL,
	`source` text NOT NULL,
	`endpoint` text NOT NULL,
	`rule_id` text NOT NULL,
	`settlement` text NOT NULL,
	`direction` text NOT NULL,
	`made` integer NOT NULL,
	`made_sum` integer NOT NULL,
	`held` integer NOT NULL,
	`held_sum` integer NOT NULL,
	`invoiced` integer NOT NULL,
	`invoiced_sum` integer NOT NULL,
	`rejected` integer NOT NULL,
	`rejected_sum` integer NOT NULL,
	`cancelled` integer NOT NULL,
	`cancelled_sum` integer NOT NULL,
	`failed` integer NOT NULL,
	`failed_sum` integer NOT NULL,
	`voided` integer NOT NULL,
	`voided_sum` integer NOT NULL,
	PRIMARY KEY(`mode`, `currency`, `day`, `source`, `endpoint`, `rule_id`, `settlement`, `direction`),
	CONSTRAINT "daily_totals_mode" CHECK("daily_totals"."mode" IN ('live', 'test')),
	CONSTRAINT "daily_totals_settlement" CHECK("daily_totals"."settlement" IN ('owed', 'already_paid')),
	CONSTRAINT "daily_totals_direction" CHECK("daily_totals"."direction" IN ('credit', 'charge')),
	CONSTRAINT "daily_totals_day" CHECK("daily_totals"."day" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]')
) STRICT, WITHOUT ROWID;
--> statement-breakpoint

-- What was added up is never added up again, and never lost.
INSERT INTO daily_progress (name, seq, at) VALUES ('log', 0, NULL);
--> statement-breakpoint
CREATE TRIGGER daily_progress_forward BEFORE UPDATE ON daily_progress
WHEN NEW.seq <= OLD.seq OR NEW.seq > (SELECT max(seq) FROM audit_entries)
BEGIN
  SELECT RAISE(ABORT, 'sums of days go on with the audit log, and never back');
END;
--> statement-breakpoint
CREATE TRIGGER daily_progress_refuse_delete BEFORE DELETE ON daily_progress
BEGIN
  SELECT RAISE(ABORT, 'how far the sums of days go is never removed');
END;
--> statement-breakpoint
CREATE TRIGGER daily_progress_refuse_second BEFORE INSERT ON daily_progress
WHEN EXISTS (SELECT 1 FROM daily_progress)
BEGIN
  SELECT RAISE(ABORT, 'how far the sums of days go is said once');
END;
--> statement-breakpoint
CREATE TRIGGER daily_totals_refuse_delete BEFORE DELETE ON daily_totals
BEGIN
  SELECT RAISE(ABORT, 'sums of days are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER daily_events_refuse_delete BEFORE DELETE ON daily_events
BEGIN
  SELECT RAISE(ABORT, 'sums of days are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER ended_sessions_refuse_update BEFORE UPDATE ON ended_sessions
BEGIN
  SELECT RAISE(ABORT, 'an ended session stays ended');
END;
