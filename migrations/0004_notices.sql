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
CREATE INDEX `notices_wake` ON `notices` (`wake_at`) WHERE "notices"."wake_at" IS NOT NULL;