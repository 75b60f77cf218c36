-- What was sent through again, held by the database itself.

-- Another key could make another invoice: only what was refused for good gets one, and with it is due.
CREATE TRIGGER adjustments_generation BEFORE UPDATE OF state, generation ON adjustments
WHEN (NEW.generation <> OLD.generation OR (OLD.state = 'failed' AND NEW.state = 'due'))
  AND NOT (OLD.state = 'failed' AND NEW.state = 'due' AND NEW.generation = OLD.generation + 1
    AND OLD.attempted_at IS NULL AND NEW.attempted_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'only what was refused for good gets another key');
END;
--> statement-breakpoint
CREATE TRIGGER adjustments_failed_for_good BEFORE UPDATE OF state ON adjustments
WHEN OLD.state IN ('due', 'issuing') AND NEW.state = 'failed' AND NEW.attempted_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'what may have arrived has not failed');
END;
--> statement-breakpoint
-- Only the one who holds the lease knows that his own attempt did not arrive.
CREATE TRIGGER adjustments_keep_doubt BEFORE UPDATE OF attempted_at ON adjustments
WHEN OLD.attempted_at IS NOT NULL AND NEW.attempted_at IS NULL AND OLD.state <> 'issuing'
BEGIN
  SELECT RAISE(ABORT, 'what may have arrived stays in doubt');
END;
