CREATE TABLE `erased_identities` (
	`account` text NOT NULL,
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`account`, `kind`, `hash`),
	CONSTRAINT "erased_identities_kind" CHECK("erased_identities"."kind" IN ('external_id', 'source_id', 'email', 'billing_id')),
	CONSTRAINT "erased_identities_hash" CHECK(length("erased_identities"."hash") = 64)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `erasure_secrets` (
	`one` integer PRIMARY KEY NOT NULL,
	`secret` text NOT NULL,
	CONSTRAINT "erasure_secrets_one" CHECK("erasure_secrets"."one" = 1 AND length("erasure_secrets"."secret") = 64)
) STRICT;
--> statement-breakpoint
-- This database's own: under another one no erased identity would be found again, and somebody else be paid.
INSERT INTO erasure_secrets VALUES (1, lower(hex(randomblob(32))));
--> statement-breakpoint
CREATE TRIGGER erasure_secrets_refuse_update BEFORE UPDATE ON erasure_secrets
BEGIN
  SELECT RAISE(ABORT, 'what erased identities are found by never changes');
END;
--> statement-breakpoint
CREATE TRIGGER erasure_secrets_refuse_delete BEFORE DELETE ON erasure_secrets
BEGIN
  SELECT RAISE(ABORT, 'what erased identities are found by is never removed');
END;
--> statement-breakpoint
CREATE TRIGGER erasure_secrets_refuse_replace BEFORE INSERT ON erasure_secrets
WHEN EXISTS (SELECT 1 FROM erasure_secrets)
BEGIN
  SELECT RAISE(ABORT, 'what erased identities are found by is never replaced');
END;
