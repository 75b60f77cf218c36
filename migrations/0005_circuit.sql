CREATE TABLE `circuits` (
	`name` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`failed_by` text DEFAULT '[]' NOT NULL,
	`cause` text,
	`opened_at` integer,
	`probe_at` integer,
	`probe_by` text,
	`probes` integer NOT NULL,
	`version` integer NOT NULL,
	CONSTRAINT "circuits_cause" CHECK("circuits"."cause" IN ('unavailable', 'key_refused', 'rate_limited')),
	CONSTRAINT "circuits_counts" CHECK("circuits"."failures" >= 0 AND "circuits"."probes" >= 0),
	CONSTRAINT "circuits_open" CHECK(("circuits"."cause" IS NULL) = ("circuits"."opened_at" IS NULL)
        AND ("circuits"."cause" IS NULL) = ("circuits"."probe_at" IS NULL)
        AND ("circuits"."probe_by" IS NULL OR "circuits"."cause" IS NOT NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `adjustments_waiting` ON `adjustments` (`state`,`wake_at`) WHERE "adjustments"."state" IN ('held', 'failed');
