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
CREATE UNIQUE INDEX `alarms_cause` ON `alarms` (`cause`,`key`,`hour`);