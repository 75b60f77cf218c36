// Every change of an adjustment's state: conditional on the version that was read, with its entry.
// Each answers the changed row, or null where somebody else was first and nothing was written.

import { and, eq } from 'drizzle-orm'
import type { FrozenRequest, HoldReason } from '../domain/adjustment.ts'
import type { AuditAction, AuditData, AuditEntry } from '../domain/audit.ts'
import { LEASE_SECONDS } from '../domain/limits.ts'
import type { Trouble } from '../domain/trouble.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { adjustments, type Adjustment } from './schema.ts'

export type Columns = Partial<typeof adjustments.$inferInsert>

export const entry = (
  now: number,
  action: AuditAction,
  adjustment: Adjustment,
  data: AuditData,
): AuditEntry => ({ at: now, actor: 'system:issuer', action, subject: adjustment.id, data })

/** UPDATE … RETURNING, if the row is still what was read. */
export const changed = (db: Database, read: Adjustment, columns: Columns) =>
  db
    .update(adjustments)
    .set({ ...columns, version: read.version + 1 })
    .where(
      and(
        eq(adjustments.id, read.id),
        eq(adjustments.version, read.version),
        eq(adjustments.state, read.state),
      ),
    )
    .returning()

/** Takes the lease. The first claim freezes the request; every later one hands in what is frozen. */
export function claim(
  db: Database,
  read: Adjustment,
  request: FrozenRequest,
  now: number,
): Promise<Adjustment | null> {
  const leaseUntil = now + LEASE_SECONDS * 1_000
  const columns: Columns = {
    state: 'issuing',
    leaseUntil,
    wakeAt: leaseUntil,
    attempts: read.attempts + 1,
    attemptedAt: now,
    firstAttemptedAt: read.firstAttemptedAt ?? now,
    request,
  }
  return commitChange(
    db,
    changed(db, read, columns),
    entry(now, 'adjustment.claimed', read, {
      attempt: read.attempts + 1,
      generation: read.generation,
      customerId: request.customerId,
    }),
  )
}

/** `trouble`: the refusal that led to it, if one did; `invoiceIds`: those that are there already. */
export type Hold = {
  readonly reasons: readonly HoldReason[]
  readonly trouble?: Trouble
  readonly invoiceIds?: readonly string[]
}

export function hold(
  db: Database,
  read: Adjustment,
  { reasons, trouble, invoiceIds }: Hold,
  now: number,
): Promise<Adjustment | null> {
  const columns: Columns = {
    state: 'held',
    holdReasons: reasons,
    leaseUntil: null,
    wakeAt: null,
    trouble: trouble ?? read.trouble,
  }
  return commitChange(
    db,
    changed(db, read, columns),
    entry(now, 'adjustment.held', read, {
      reasons,
      ...(trouble ? { trouble } : {}),
      ...(invoiceIds ? { invoiceIds } : {}),
    }),
  )
}

export type Postponement = {
  readonly wakeAt: number
  /** Null where it waits without trouble: for the listing to settle, or for another lease. */
  readonly trouble: Trouble | null
  readonly attempts: number
  /** The start of the last attempt that may have reached the billing API. */
  readonly attemptedAt: number | null
}

/** Back to `due` (or still `invoiced`, where it waits to be settled), to be woken later. */
export function postpone(
  db: Database,
  read: Adjustment,
  { wakeAt, trouble, attempts, attemptedAt }: Postponement,
  now: number,
): Promise<Adjustment | null> {
  const state = read.state === 'issuing' ? 'due' : read.state
  const columns: Columns = { state, leaseUntil: null, wakeAt, trouble, attempts, attemptedAt }
  return commitChange(
    db,
    changed(db, read, columns),
    entry(now, 'adjustment.postponed', read, { wakeAt, attempts, trouble }),
  )
}

export function fail(
  db: Database,
  read: Adjustment,
  { trouble, attempts, attemptedAt }: Omit<Postponement, 'wakeAt'>,
  now: number,
): Promise<Adjustment | null> {
  const columns: Columns = {
    state: 'failed',
    leaseUntil: null,
    wakeAt: null,
    trouble,
    attempts,
    attemptedAt,
  }
  return commitChange(
    db,
    changed(db, read, columns),
    entry(now, 'adjustment.failed', read, { attempts, trouble }),
  )
}
