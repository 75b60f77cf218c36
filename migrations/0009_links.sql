-- A link's id is the hash of its slug, so that a click reads one row by it. The links that are there open
-- as before; only their slugs, which were derived in another way, can't be shown again.
CREATE TABLE `links_now` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`nth` integer NOT NULL,
	`label` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	`opened` integer DEFAULT 0 NOT NULL,
	`first_opened_at` integer,
	`last_opened_at` integer,
	`sealed_address` text,
	`sealed_until` integer,
	CONSTRAINT "links_id_form" CHECK("links_now"."id" GLOB 'lnk_?*'),
	CONSTRAINT "links_counts" CHECK("links_now"."nth" >= 0 AND "links_now"."opened" >= 0),
	CONSTRAINT "links_sealed" CHECK(("links_now"."sealed_address" IS NULL) = ("links_now"."sealed_until" IS NULL))
) STRICT;
--> statement-breakpoint
INSERT INTO `links_now`(`id`, `invoice_id`, `nth`, `created_at`, `expires_at`, `revoked_at`)
SELECT 'lnk_' || substr(`slug_hash`, 1, 32), `invoice_id`, 0, `created_at`, `expires_at`, `revoked_at`
FROM `links` ORDER BY `created_at`, `id`;
--> statement-breakpoint
DROP TABLE `links`;
--> statement-breakpoint
ALTER TABLE `links_now` RENAME TO `links`;
--> statement-breakpoint
CREATE UNIQUE INDEX `links_id` ON `links` (`id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `links_invoice` ON `links` (`invoice_id`,`nth`);
--> statement-breakpoint
CREATE INDEX `audit_entries_opened` ON `audit_entries` (`subject`,`at`) WHERE "audit_entries"."action" = 'link.opened';
--> statement-breakpoint

CREATE TRIGGER links_refuse_delete BEFORE DELETE ON links
BEGIN
  SELECT RAISE(ABORT, 'links are revoked, never removed');
END;
--> statement-breakpoint
CREATE TRIGGER links_refuse_change BEFORE UPDATE OF seq, id, invoice_id, nth, created_at ON links
BEGIN
  SELECT RAISE(ABORT, 'a link leads to one invoice for ever');
END;
--> statement-breakpoint
CREATE TRIGGER links_refuse_reopening BEFORE UPDATE OF revoked_at ON links
WHEN OLD.revoked_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a revoked link stays revoked');
END;
