CREATE TABLE `notices` (
	`seq` integer PRIMARY KEY NOT NULL,
	`about` text NOT NULL,
	`action` text NOT NULL,
	`at` integer NOT NULL,
	`wake_at` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`channels` text NOT NULL,
	CONSTRAINT "notices_channels" CHECK(json_valid("notices"."channels"))
) STRICT;
--> statement-breakpoint
CREATE INDEX `notices_about` ON `notices` (`about`);--> statement-breakpoint
CREATE INDEX `notices_wake` ON `notices` (`wake_at`) WHERE "notices"."wake_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `approvals` ADD `event_id` text;--> statement-breakpoint
CREATE TABLE `alarms` (
	`id` text PRIMARY KEY NOT NULL,
	`cause` text NOT NULL,
	`key` text NOT NULL,
	`hour` integer NOT NULL,
	`at` integer NOT NULL,
	`facts` text NOT NULL,
	CONSTRAINT "alarms_facts" CHECK(json_valid("alarms"."facts"))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `alarms_cause` ON `alarms` (`cause`,`key`,`hour`);--> statement-breakpoint
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
CREATE INDEX `seen_refunds_amount` ON `seen_refunds` (`amount`,`currency`,`at`);
