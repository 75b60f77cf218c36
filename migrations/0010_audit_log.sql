CREATE TABLE `audit_checkpoints` (
	`size` integer PRIMARY KEY NOT NULL,
	`root` text NOT NULL,
	`at` integer NOT NULL,
	`note` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `audit_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`public` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`retired_at` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `audit_sealing` (
	`name` text PRIMARY KEY NOT NULL,
	`lease_until` integer NOT NULL,
	`next_tile` integer NOT NULL,
	`compared_at` integer NOT NULL,
	`witnessed_day` integer NOT NULL,
	`witnessed_size` integer NOT NULL,
	`sealed_size` integer NOT NULL,
	`fault` text,
	`fault_seq` integer,
	`fault_at` integer,
	CONSTRAINT "audit_sealing_name" CHECK("audit_sealing"."name" = 'log'),
	CONSTRAINT "audit_sealing_fault" CHECK("audit_sealing"."fault" IN ('entry_missing', 'entry_changed', 'tree_changed', 'checkpoint_changed', 'signed_by_others', 'entry_added')),
	CONSTRAINT "audit_sealing_fault_seq" CHECK(("audit_sealing"."fault" IS NULL) = ("audit_sealing"."fault_seq" IS NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `audit_tiles` (
	`level` integer NOT NULL,
	`idx` integer NOT NULL,
	`hashes` blob NOT NULL,
	PRIMARY KEY(`level`, `idx`),
	CONSTRAINT "audit_tiles_hashes" CHECK(length("audit_tiles"."hashes") BETWEEN 32 AND 8192 AND length("audit_tiles"."hashes") % 32 = 0)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `audit_entries_subject` ON `audit_entries` (`subject`) WHERE "action" <> 'event.received' OR "data" ->> 'fate' <> 'ignored';
--> statement-breakpoint

-- What was sealed stays as it was. INSERT OR REPLACE would slip past the DELETE triggers, hence the *_refuse_replace.
CREATE TRIGGER audit_tiles_refuse_change BEFORE UPDATE ON audit_tiles
WHEN NEW.level <> OLD.level OR NEW.idx <> OLD.idx
  OR length(NEW.hashes) <= length(OLD.hashes)
  OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
BEGIN
  SELECT RAISE(ABORT, 'a tile of the audit log only grows');
END;
--> statement-breakpoint
CREATE TRIGGER audit_tiles_refuse_delete BEFORE DELETE ON audit_tiles
BEGIN
  SELECT RAISE(ABORT, 'tiles of the audit log are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_tiles_refuse_replace BEFORE INSERT ON audit_tiles
WHEN EXISTS (SELECT 1 FROM audit_tiles WHERE level = NEW.level AND idx = NEW.idx)
BEGIN
  SELECT RAISE(ABORT, 'tiles of the audit log are never replaced');
END;
--> statement-breakpoint
CREATE TRIGGER audit_checkpoints_refuse_update BEFORE UPDATE ON audit_checkpoints
BEGIN
  SELECT RAISE(ABORT, 'checkpoints are never changed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_checkpoints_refuse_delete BEFORE DELETE ON audit_checkpoints
BEGIN
  SELECT RAISE(ABORT, 'checkpoints are never removed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_checkpoints_refuse_replace BEFORE INSERT ON audit_checkpoints
WHEN NEW.size <= (SELECT max(size) FROM audit_checkpoints)
BEGIN
  SELECT RAISE(ABORT, 'a checkpoint is of more entries than the one before');
END;
--> statement-breakpoint
CREATE TRIGGER audit_keys_refuse_change BEFORE UPDATE OF id, public, first_seen_at ON audit_keys
BEGIN
  SELECT RAISE(ABORT, 'a key of the audit log is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_keys_refuse_delete BEFORE DELETE ON audit_keys
BEGIN
  SELECT RAISE(ABORT, 'keys of the audit log stay known');
END;
--> statement-breakpoint
CREATE TRIGGER audit_keys_refuse_replace BEFORE INSERT ON audit_keys
WHEN EXISTS (SELECT 1 FROM audit_keys WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'a key of the audit log is never replaced');
END;
--> statement-breakpoint

-- How far the log is known to be sealed: a checkpoint that is gone shows by it.
CREATE TRIGGER audit_sealing_refuse_smaller BEFORE UPDATE ON audit_sealing
WHEN NEW.sealed_size < OLD.sealed_size OR NEW.witnessed_size < OLD.witnessed_size
BEGIN
  SELECT RAISE(ABORT, 'what was sealed never shrinks');
END;
--> statement-breakpoint
CREATE TRIGGER audit_sealing_refuse_delete BEFORE DELETE ON audit_sealing
BEGIN
  SELECT RAISE(ABORT, 'how far the log is sealed is never removed');
END;
--> statement-breakpoint
CREATE TRIGGER audit_sealing_refuse_replace BEFORE INSERT ON audit_sealing
WHEN EXISTS (SELECT 1 FROM audit_sealing)
BEGIN
  SELECT RAISE(ABORT, 'how far the log is sealed is never replaced');
END;
--> statement-breakpoint

-- Entries are numbered 1, 2, 3 …: one with a number of its own would be in no tree, or be the last for ever. The number is
-- drawn after BEFORE triggers have run.
CREATE TRIGGER audit_entries_refuse_gap AFTER INSERT ON audit_entries
WHEN NEW.seq < 1
  OR (NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq - 1))
BEGIN
  SELECT RAISE(ABORT, 'entries are never numbered by hand');
END;
