CREATE TABLE `adjustments` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`event_id` text NOT NULL,
	`rule_id` text NOT NULL,
	`account` text NOT NULL,
	`endpoint` text NOT NULL,
	`source` text NOT NULL,
	`subject` text NOT NULL,
	`part` text NOT NULL,
	`mode` text,
	`settlement` text NOT NULL,
	`reason` text NOT NULL,
	`caused_by` text NOT NULL,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`customer_reference` text,
	`asker` text,
	`original_invoice` text,
	`description` text NOT NULL,
	`created_at` integer NOT NULL,
	`state` text NOT NULL,
	`hold_reasons` text,
	`version` integer NOT NULL,
	`wake_at` integer,
	`lease_until` integer,
	`attempts` integer NOT NULL,
	`attempted_at` integer,
	`first_attempted_at` integer,
	`generation` integer NOT NULL,
	`request` text,
	`trouble` text,
	`invoice_id` text,
	`invoice_number` text,
	`invoice_status` text,
	`invoice_currency` text,
	`invoice_subtotal` integer,
	`invoice_tax` integer,
	`invoice_total` integer,
	`invoiced_at` integer,
	`answer_differences` text,
	CONSTRAINT "adjustments_id_form" CHECK("adjustments"."id" GLOB 'adj_?*'),
	CONSTRAINT "adjustments_mode" CHECK("adjustments"."mode" IN ('live', 'test')),
	CONSTRAINT "adjustments_settlement" CHECK("adjustments"."settlement" IN ('owed', 'already_paid')),
	CONSTRAINT "adjustments_caused_by" CHECK("adjustments"."caused_by" IN ('customer', 'agent', 'system')),
	CONSTRAINT "adjustments_amount" CHECK("adjustments"."amount" <> 0 AND abs("adjustments"."amount") <= 1000000000000),
	CONSTRAINT "adjustments_currency" CHECK("adjustments"."currency" GLOB '[a-z][a-z][a-z]'),
	CONSTRAINT "adjustments_state" CHECK("adjustments"."state" IN ('due', 'issuing', 'invoiced', 'held', 'failed', 'rejected', 'cancelled')),
	CONSTRAINT "adjustments_lease" CHECK(("adjustments"."state" = 'issuing') = ("adjustments"."lease_until" IS NOT NULL)),
	CONSTRAINT "adjustments_hold" CHECK(("adjustments"."state" = 'held') = ("adjustments"."hold_reasons" IS NOT NULL)),
	CONSTRAINT "adjustments_wake_state" CHECK("adjustments"."state" NOT IN ('due', 'issuing') OR "adjustments"."wake_at" IS NOT NULL),
	CONSTRAINT "adjustments_request" CHECK("adjustments"."state" <> 'issuing' OR "adjustments"."request" IS NOT NULL),
	CONSTRAINT "adjustments_invoiced" CHECK(("adjustments"."state" = 'invoiced') = ("adjustments"."invoice_id" IS NOT NULL))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `adjustments_id` ON `adjustments` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `adjustments_subject` ON `adjustments` (`account`,`subject`,`rule_id`,`part`);--> statement-breakpoint
CREATE UNIQUE INDEX `adjustments_invoice` ON `adjustments` (`invoice_id`) WHERE "adjustments"."invoice_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `adjustments_wake` ON `adjustments` (`wake_at`) WHERE "adjustments"."wake_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `audit_entries` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`data` text NOT NULL,
	CONSTRAINT "audit_entries_data" CHECK(json_valid("audit_entries"."data"))
) STRICT;
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`delivery_id` text NOT NULL,
	`endpoint` text NOT NULL,
	`account` text NOT NULL,
	`source` text NOT NULL,
	`own_id` text,
	`unsigned_id` text,
	`type` text NOT NULL,
	`mode` text,
	`occurred_at` integer,
	`received_at` integer NOT NULL,
	`body_sha256` text NOT NULL,
	`fate` text NOT NULL,
	`rule_id` text,
	`reason` text,
	`decision` text NOT NULL,
	CONSTRAINT "events_id_form" CHECK("events"."id" GLOB 'evt_?*'),
	CONSTRAINT "events_mode" CHECK("events"."mode" IN ('live', 'test')),
	CONSTRAINT "events_fate" CHECK("events"."fate" IN ('adjusted', 'duplicate', 'conflict', 'ignored', 'shadow', 'undecided', 'dismissed')),
	CONSTRAINT "events_decision" CHECK(json_valid("events"."decision"))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id` ON `events` (`id`);--> statement-breakpoint
CREATE TABLE `links` (
	`id` text PRIMARY KEY NOT NULL,
	`slug_hash` text NOT NULL,
	`invoice_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	CONSTRAINT "links_id_form" CHECK("links"."id" GLOB 'lnk_?*')
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `links_slug_hash` ON `links` (`slug_hash`);--> statement-breakpoint
CREATE TABLE `payloads` (
	`event_seq` integer PRIMARY KEY NOT NULL,
	`encoding` text NOT NULL,
	`body` text NOT NULL,
	FOREIGN KEY (`event_seq`) REFERENCES `events`(`seq`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "payloads_encoding" CHECK("payloads"."encoding" IN ('utf8', 'base64'))
) STRICT;
