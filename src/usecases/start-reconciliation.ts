// A comparison that a person asks for: of a window of time, or of what a restored database may lack.

import { findNewestEntryAt, findOutlook, findReconciliation } from '../db/read-reconciliations.ts'
import type { Reconciliation } from '../db/schema.ts'
import {
  finishReconciliation,
  insertReconciliation,
  takeReconciliation,
} from '../db/write-reconciliations.ts'
import {
  LISTING_SETTLE_SECONDS,
  MS_PER_DAY,
  RECONCILE_DAYS_MAX,
  RECONCILE_RESTORED_DAYS_DEFAULT,
} from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { progressFrom } from '../domain/reconciliation.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { isBillingDown } from './ask-circuit.ts'
import { reconcile } from './reconcile.ts'
import { pauseRestored } from './pause-restored.ts'

/** Milliseconds since 1970. `until`: now, if it isn't given, and at most where the listing has settled. */
export type Window = { readonly since: number; readonly until: number | null }

export type StartTrouble =
  | { readonly reason: 'billing_not_configured' }
  | { readonly reason: 'window_empty'; readonly settleSeconds: number }
  | { readonly reason: 'window_too_long'; readonly days: number; readonly max: number }
  | { readonly reason: 'already_running' }

/** Begins it, and goes on as far as one tick does; the cron does the rest. */
export async function startReconciliation(
  deps: Deps,
  operator: Operator,
  { since, until }: Window,
): Promise<Result<Reconciliation, StartTrouble>> {
  const settledAt = deps.now() - LISTING_SETTLE_SECONDS * 1_000
  return begin(deps, operator, { since, until: Math.min(until ?? settledAt, settledAt) }, false)
}

/**
 * After a database was put back to an earlier time: everything is paused before anything is compared. What may
 * be lacking is everything since its newest entry; as the app may have written some since, the days before are
 * compared as well, as many as `days` says. It resumes by itself, unless something is open that keeps it paused.
 */
export async function startRestored(
  deps: Deps,
  operator: Operator,
  days: number = RECONCILE_RESTORED_DAYS_DEFAULT,
): Promise<Result<Reconciliation, StartTrouble>> {
  const newestAt = (await findNewestEntryAt(deps.db)) ?? deps.now()
  const since = newestAt - days * MS_PER_DAY
  const until = deps.now() - LISTING_SETTLE_SECONDS * 1_000
  return begin(deps, operator, { since, until }, true)
}

async function begin(
  deps: Deps,
  operator: Operator,
  { since, until }: { readonly since: number; readonly until: number },
  isRestored: boolean,
): Promise<Result<Reconciliation, StartTrouble>> {
  const { billing, db } = deps
  if (billing === null) return err({ reason: 'billing_not_configured' })
  if (since >= until) return err({ reason: 'window_empty', settleSeconds: LISTING_SETTLE_SECONDS })
  const days = Math.ceil((until - since) / MS_PER_DAY)
  if (days > RECONCILE_DAYS_MAX && !isRestored) {
    return err({ reason: 'window_too_long', days, max: RECONCILE_DAYS_MAX })
  }
  const now = deps.now()
  const askedBy = `operator:${operator.name}` as const
  const { open, event } = await findOutlook(db, billing.mode, now)
  // Paused first, whatever is answered: a restored database goes on with what it had begun.
  if (isRestored) {
    await pauseRestored(deps, askedBy)
    await supersede(deps, open)
  }
  const begun = await insertReconciliation(
    db,
    {
      mode: billing.mode,
      fromAt: since,
      toAt: until,
      askedBy,
      isRestored,
      progress: progressFrom(event),
    },
    now,
  )
  if (begun === null) return err({ reason: 'already_running' })
  if (!(await isBillingDown(deps))) await reconcile(deps, billing, begun.seq)
  return ok((await findReconciliation(db, begun.seq)) ?? begun)
}

/** An earlier one of a restored database ends where that time ended: what was lost since is beyond it. */
async function supersede({ db, now }: Deps, open: number | null): Promise<void> {
  const run = open === null ? null : await findReconciliation(db, open)
  if (run === null || !run.isRestored) return
  const taken = await takeReconciliation(db, run.seq, now())
  if (taken !== null) await finishReconciliation(db, taken, 'abandoned', now())
}
