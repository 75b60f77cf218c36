// Voiding an outstanding invoice: that a person wants it, then what came of it. A voided invoice still
// counts against the limits: they count what went out.

import { sql } from 'drizzle-orm'
import type { Actor } from '../domain/audit.ts'
import { WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import { isToSettle } from '../domain/reversal.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { wakeAtIfUndone } from './read-undo.ts'
import { afterAnswer } from './write-circuit.ts'
import type { Adjustment } from './schema.ts'
import { changed, entry, type FailedChange } from './write-adjustment.ts'

/**
 * From now on nothing else may undo it. Voiding has attempts of its own. It takes the place of a reversal
 * that came to nothing.
 */
export const commitVoidRequest = (
  db: Database,
  read: Adjustment,
  actor: Actor,
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, {
      reversedBy: 'void',
      wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
      attempts: 0,
      trouble: null,
    }),
    {
      at: now,
      actor,
      action: 'adjustment.void_requested',
      subject: read.id,
      data: {
        invoice: read.invoiceId,
        ...(read.reversedBy === null ? {} : { insteadOf: read.reversedBy }),
      },
    },
  )

export const commitVoided = (
  db: Database,
  read: Adjustment,
  { status, requestId }: { readonly status: string; readonly requestId: string | null },
  now: number,
): Promise<Adjustment | null> =>
  commitChange(
    db,
    changed(db, read, { invoiceStatus: status, wakeAt: null, trouble: null }),
    entry(now, 'adjustment.voided', read, { invoice: read.invoiceId, status, requestId }),
    afterAnswer(db, read.id, now),
  )

/**
 * The invoice stands, and may be undone in another way, unless a reversal had come to nothing before:
 * that one is not made again. What waited behind the voiding goes on: an undo that came meanwhile, or
 * that it is marked paid.
 */
export function failVoid(
  db: Database,
  read: Adjustment,
  { trouble, status, alarm }: FailedChange,
  now: number,
): Promise<Adjustment | null> {
  const { invoiceId: invoice, attempts } = read
  const goesOn = isToSettle({ ...read, reversedBy: null, invoiceStatus: status })
  const wakeAt = wakeAtIfUndone(now, goesOn ? now + WAKE_AFTER_SECONDS * 1_000 : null)
  return commitChange(
    db,
    changed(db, read, {
      reversedBy: REVERSAL_BEFORE,
      invoiceStatus: status,
      wakeAt,
      trouble,
      ...(goesOn ? { attempts: 0 } : {}),
    }),
    {
      ...entry(now, 'adjustment.void_failed', read, { invoice, status, attempts, trouble }),
      alarm,
    },
  )
}

const REVERSAL_BEFORE = sql`(SELECT r.id FROM adjustments r WHERE r.reverses = adjustments.id)`
