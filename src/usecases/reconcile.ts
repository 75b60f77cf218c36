// Reconciliation: our invoices against the billing API's, both ways. One runner at a time holds a
// comparison; it goes on from its last step, at each tick, until it has come to its end.

import { findOutlook, type Outlook } from '../db/read-reconciliations.ts'
import type { Reconciliation } from '../db/schema.ts'
import {
  finishReconciliation,
  insertReconciliation,
  releaseReconciliation,
  takeReconciliation,
  tidyListed,
  type NewReconciliation,
} from '../db/write-reconciliations.ts'
import {
  LISTING_SETTLE_SECONDS,
  MS_PER_HOUR,
  RECONCILE_EVERY_SECONDS,
  RECONCILE_LATE_SECONDS,
  RECONCILE_LOOKUPS_PER_RUN,
  RECONCILE_OVERLAP_SECONDS,
  RECONCILE_PAGES_PER_RUN,
  RECONCILE_STEPS_PER_RUN,
  RECONCILE_TICK_SECONDS,
} from '../domain/limits.ts'
import { progressFrom, type ReconciliationOutcome } from '../domain/reconciliation.ts'
import type { Billing, Deps } from '../deps.ts'
import { isBillingDown, toldByComparison } from './ask-circuit.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { stepListing } from './reconciliation-listing.ts'
import { stepAgain, stepOurs } from './reconciliation-lookups.ts'
import { stepOwn, stepSums } from './reconciliation-own.ts'
import type { Allowance, Stepped } from './reconciliation-step.ts'
import { pauseRestored, resumeRestored } from './pause-restored.ts'

/**
 * The minute's look: goes on with what has not ended, or begins the next hour's. Null where there is
 * nothing to do, or nobody to ask. It says so when the record has not been compared for hours, whatever stands in
 * the way.
 */
export async function reconcileByClock(deps: Deps): Promise<Reconciliation | null> {
  const { billing, db } = deps
  if (billing === null) return null
  const now = deps.now()
  const outlook = await findOutlook(db, billing.mode, now)
  try {
    const run = await goOn(deps, billing, outlook, now)
    if (run?.outcome !== 'complete') await alarmIfLate(deps, outlook, now)
    return run
  } catch (error) {
    await alarmIfLate(deps, outlook, now)
    throw error
  }
}

async function alarmIfLate(
  deps: Deps,
  { open, doneUntil, firstAt }: Outlook,
  now: number,
): Promise<void> {
  const since = doneUntil ?? firstAt
  if (since === null || now - since < RECONCILE_LATE_SECONDS * 1_000) return
  await raiseAlarm(deps, 'reconciliation_late', {
    reconciliation: open,
    comparedUntil: doneUntil === null ? null : new Date(doneUntil).toISOString(),
    hours: Math.floor((now - since) / MS_PER_HOUR),
  })
}

async function goOn(
  deps: Deps,
  billing: Billing,
  outlook: Outlook,
  now: number,
): Promise<Reconciliation | null> {
  const { db } = deps
  const next = nextByClock(billing, outlook, now)
  if ((outlook.open === null && next === null) || (await isBillingDown(deps))) return null
  const begun = next === null ? null : await insertReconciliation(db, next, now)
  // What a person has asked for never keeps the hour's from beginning.
  const seq = begun?.seq ?? outlook.open
  return seq === null ? null : reconcile(deps, billing, seq)
}

/** Null where it is not time yet. What is compared ends where the listing has settled. */
function nextByClock(
  { mode }: Billing,
  { isUnderWay, doneUntil, firstAt, event }: Outlook,
  now: number,
): NewReconciliation | null {
  const base = doneUntil ?? firstAt
  const toAt = now - LISTING_SETTLE_SECONDS * 1_000
  if (isUnderWay || base === null || toAt - base < RECONCILE_EVERY_SECONDS * 1_000) return null
  // A listing has no times to ask for, so a window is as long as it has to be: it is paged once.
  const fromAt = base - RECONCILE_OVERLAP_SECONDS * 1_000
  return { mode, fromAt, toAt, askedBy: null, isRestored: false, progress: progressFrom(event) }
}

/** Goes on with it as far as one tick does. Null where somebody else holds it, or it has ended. */
export async function reconcile(
  deps: Deps,
  billing: Billing,
  seq: number,
): Promise<Reconciliation | null> {
  const startedAt = deps.now()
  const told = toldByComparison(deps, billing)
  let run = await takeReconciliation(deps.db, seq, startedAt)
  if (run === null) return null
  if (run.mode !== billing.mode) return end(deps, run, 'abandoned')
  // Whoever asked may have died before he paused it.
  const isFirst = run.progress.phase === 'listing' && run.progress.pages === 0
  if (run.isRestored && isFirst) await pauseRestored(deps, run.askedBy ?? 'system:reconciliation')
  const allowed: Allowance = { pages: RECONCILE_PAGES_PER_RUN, lookups: RECONCILE_LOOKUPS_PER_RUN }
  for (let steps = 0; steps < RECONCILE_STEPS_PER_RUN; steps++) {
    if (deps.now() - startedAt >= RECONCILE_TICK_SECONDS * 1_000) break
    const stepped = await takeStep(deps, told, run, allowed)
    switch (stepped.kind) {
      case 'lost':
        return null
      case 'wait':
        await releaseReconciliation(deps.db, stepped.run, stepped.until)
        return stepped.run
      case 'over':
        return end(deps, stepped.run, stepped.outcome)
      case 'stepped':
        run = stepped.run
    }
  }
  await releaseReconciliation(deps.db, run, null)
  return run
}

/** What it was paused for goes on first: a crash in between must not leave it paused for ever. */
async function end(
  deps: Deps,
  run: Reconciliation,
  outcome: ReconciliationOutcome,
): Promise<Reconciliation | null> {
  if (run.isRestored && outcome === 'complete') await resumeRestored(deps)
  const ended = await finishReconciliation(deps.db, run, outcome, deps.now())
  if (ended === null) return null
  const { invoices, adopted, statuses, calls } = run.progress.counts
  deps.log({ event: 'reconciled', seq: run.seq, outcome, invoices, adopted, statuses, calls })
  if (outcome !== 'complete') {
    await raiseAlarm(deps, 'reconciliation_late', { reconciliation: run.seq, outcome })
  }
  return ended
}

async function takeStep(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  allowed: Allowance,
): Promise<Stepped> {
  switch (run.progress.phase) {
    case 'listing':
      return stepListing(deps, billing, run, allowed)
    case 'ours':
      return stepOurs(deps, billing, run, allowed)
    case 'again':
      return stepAgain(deps, billing, run, allowed)
    case 'own':
      return stepOwn(deps, run)
    case 'sums':
      return stepSums(deps, run)
    case 'tidy': {
      const isMore = await tidyListed(deps.db, run)
      return isMore ? { kind: 'stepped', run } : { kind: 'over', run, outcome: 'complete' }
    }
  }
}
