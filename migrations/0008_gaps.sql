CREATE TABLE `gap_searches` (
	`endpoint` text PRIMARY KEY NOT NULL,
	`searched_until` integer NOT NULL,
	`position` integer,
	`wake_at` integer NOT NULL,
	`version` integer NOT NULL,
	`found` integer NOT NULL,
	`failures` integer NOT NULL,
	`trouble` text,
	`last_at` integer,
	`last_found` integer,
	CONSTRAINT "gap_searches_counts" CHECK("gap_searches"."found" >= 0 AND "gap_searches"."failures" >= 0),
	CONSTRAINT "gap_searches_trouble" CHECK(("gap_searches"."trouble" IS NULL) = ("gap_searches"."failures" = 0)),
	CONSTRAINT "gap_searches_last" CHECK(("gap_searches"."last_at" IS NULL) = ("gap_searches"."last_found" IS NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
-- What a Zendesk event was about, as its decision names it: by it is known if a ticket's request came.
CREATE INDEX events_zendesk_subject ON events (account, coalesce(
  json_extract(decision, '$.subject'), json_extract(decision, '$.undoes.subject'),
  json_extract(decision, '$.approves.subject'), json_extract(decision, '$.adjustments[0]'),
  json_extract(decision, '$.shadows[0].subject')
), received_at) WHERE source = 'zendesk';
