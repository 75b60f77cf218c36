CREATE TABLE `rule_ids` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `approvals` (
	`adjustment_id` text NOT NULL,
	`hold` integer NOT NULL,
	`identity` text NOT NULL,
	`operator` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`adjustment_id`, `hold`, `identity`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `limit_sums` (
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`mode` text NOT NULL,
	`bucket` text NOT NULL,
	`settlement` text NOT NULL,
	`direction` text NOT NULL,
	`currency` text NOT NULL,
	`total` integer NOT NULL,
	`adjustments` integer NOT NULL,
	PRIMARY KEY(`kind`, `key`, `mode`, `bucket`, `settlement`, `direction`, `currency`),
	CONSTRAINT "limit_sums_total" CHECK("limit_sums"."total" >= 0 AND "limit_sums"."adjustments" >= 0)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `switches` (
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`cause` text,
	PRIMARY KEY(`kind`, `key`),
	CONSTRAINT "switches_kind" CHECK("switches"."kind" IN ('all', 'rule', 'customer', 'endpoint'))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `undos` (
	`account` text NOT NULL,
	`subject` text NOT NULL,
	`rule_id` text NOT NULL,
	`mode` text NOT NULL,
	`event_id` text NOT NULL,
	`asker` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`account`, `subject`, `rule_id`, `mode`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `endpoint_starts` (
	`endpoint` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `identities` (
	`seq` integer PRIMARY KEY NOT NULL,
	`account` text NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`customer_id` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	CONSTRAINT "identities_kind" CHECK("identities"."kind" IN ('external_id', 'source_id', 'email', 'billing_id')),
	CONSTRAINT "identities_value" CHECK("identities"."value" <> '' AND "identities"."customer_id" <> '')
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `identities_value` ON `identities` (`value`,`kind`,`account`);--> statement-breakpoint
CREATE TABLE `keys` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`email` text,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	CONSTRAINT "keys_id_form" CHECK("keys"."id" GLOB 'key_?*'),
	CONSTRAINT "keys_scopes" CHECK(json_array_length("keys"."scopes") > 0)
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_id` ON `keys` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `keys_name` ON `keys` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash` ON `keys` (`hash`);--> statement-breakpoint
CREATE TABLE `known_customers` (
	`reference` text PRIMARY KEY NOT NULL,
	`customer_id` text NOT NULL,
	`currency` text NOT NULL,
	`until` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `adjustments` ADD `customer_kind` text DEFAULT 'external_id' NOT NULL;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `happened_at` integer;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `rule_hold` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `rule_set` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `maker` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `reverses` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `hold_details` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `held_at` integer;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `holds` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `hold_reminders` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `approvers_needed` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `cleared_reasons` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `decision_note` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `customer_id` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `chosen_customer_id` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `counted_at` integer;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `counted_day` text;--> statement-breakpoint
ALTER TABLE `adjustments` ADD `reversed_by` text;--> statement-breakpoint
CREATE UNIQUE INDEX `adjustments_reverses` ON `adjustments` (`reverses`) WHERE "adjustments"."reverses" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `adjustments_counted_customer` ON `adjustments` (`customer_id`,`counted_at`,`settlement`,`currency`,`amount`) WHERE "adjustments"."counted_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `adjustments_counted_asker` ON `adjustments` (`asker`,`mode`,`counted_at`,`settlement`,`currency`,`amount`) WHERE "adjustments"."counted_at" IS NOT NULL AND "adjustments"."asker" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `events` ADD `rule_set` text;--> statement-breakpoint
ALTER TABLE `payloads` ADD `is_whole` integer DEFAULT true NOT NULL;