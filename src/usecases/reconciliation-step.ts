// A step of a comparison is one batch, so that whoever goes on after a crash repeats one step at most.

import type { BillingError } from '../commet/client.ts'
import type { Reconciliation } from '../db/schema.ts'
import { commitStep, type Step } from '../db/write-reconciliations.ts'
import { KEY_TROUBLE_RETRY_SECONDS, RECONCILE_RETRY_SECONDS } from '../domain/limits.ts'
import type { Progress, ReconciliationOutcome } from '../domain/reconciliation.ts'
import type { Deps } from '../deps.ts'
import type { Compared } from './compared.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { raiseAlarm } from './raise-alarm.ts'

/** What this tick may still ask for; each step takes from it. */
export type Allowance = { pages: number; lookups: number }

export type Stepped =
  | { readonly kind: 'stepped'; readonly run: Reconciliation }
  /** Nobody goes on before `until`; null: whoever comes next may. */
  | { readonly kind: 'wait'; readonly run: Reconciliation; readonly until: number | null }
  | { readonly kind: 'over'; readonly run: Reconciliation; readonly outcome: ReconciliationOutcome }
  /** Somebody else holds it by now. */
  | { readonly kind: 'lost' }

export function counted(progress: Progress, compared: Compared, calls: number): Progress {
  const { counts } = progress
  return {
    ...progress,
    counts: {
      invoices: counts.invoices + compared.judged.length,
      adopted: counts.adopted + compared.adopted,
      statuses: counts.statuses + compared.statuses,
      calls: counts.calls + calls,
    },
  }
}

export async function commit(deps: Deps, run: Reconciliation, step: Step): Promise<Stepped> {
  const taken = await commitStep(deps.db, run, step, deps.now())
  if (taken === null) return { kind: 'lost' }
  const first = new Map(taken.open.toReversed().map((each) => [each.reason, each]))
  for (const { id, reason, adjustmentId, invoiceId, day, currency } of first.values()) {
    const facts = { discrepancy: id, adjustment: adjustmentId, invoice: invoiceId, day, currency }
    await raiseAlarm(deps, 'reconciliation_mismatch', facts, reason)
  }
  return { kind: 'stepped', run: taken.run }
}

export async function waitAfter(
  deps: Deps,
  run: Reconciliation,
  error: BillingError,
): Promise<Stepped> {
  const { status, code, retryAfterSeconds } = error
  if (isKeyTrouble(error)) {
    await raiseAlarm(deps, 'billing_key_refused', { reconciliation: run.seq, status, code })
  }
  deps.log({ event: 'reconcile.trouble', seq: run.seq, phase: run.progress.phase, status, code })
  const seconds = isKeyTrouble(error)
    ? KEY_TROUBLE_RETRY_SECONDS
    : Math.max(retryAfterSeconds ?? 0, RECONCILE_RETRY_SECONDS)
  return { kind: 'wait', run, until: deps.now() + seconds * 1_000 }
}
