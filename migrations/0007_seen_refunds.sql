CREATE TABLE `seen_refunds` (
	`event_id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`mode` text,
	`customer` text NOT NULL,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`adjustment_id` text
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `seen_refunds_at` ON `seen_refunds` (`at`);