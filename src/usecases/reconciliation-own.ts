// What D1 alone can tell of a comparison: what has been left lying, and the sums of what was seen.

import { findEventsWithout, findStuck } from '../db/read-reconciliations.ts'
import type { Reconciliation } from '../db/schema.ts'
import { findSums } from '../db/write-reconciliations.ts'
import { dayOf } from '../domain/day.ts'
import { dayTotals, unexplained, type Finding } from '../domain/reconciliation.ts'
import type { Deps } from '../deps.ts'
import { identified, NOTHING_COMPARED } from './compared.ts'
import { commit, type Stepped } from './reconciliation-step.ts'

/** What D1 alone can tell: what the sweep has left, and events whose adjustment isn't there. */
export async function stepOwn(deps: Deps, run: Reconciliation): Promise<Stepped> {
  const { progress } = run
  const stuck = await findStuck(deps.db, deps.now())
  const { last, without } = await findEventsWithout(deps.db, progress.event)
  const findings: readonly Finding[] = [
    ...stuck.map(({ id, currency }) => ({
      ...OWN,
      reason: 'stuck' as const,
      adjustmentId: id,
      currency,
    })),
    ...without.map((eventId) => ({ ...OWN, reason: 'event_without_adjustment' as const, eventId })),
  ]
  if (last === null && findings.length === 0) {
    return stepSums(deps, { ...run, progress: { ...progress, phase: 'sums' } })
  }
  return commit(deps, run, {
    ...NOTHING_COMPARED,
    findings: await identified(findings, run),
    progress: last === null ? { ...progress, phase: 'sums' } : { ...progress, event: last },
  })
}

const OWN = {
  adjustmentId: null,
  eventId: null,
  invoiceId: null,
  invoiceCreatedAt: null,
  day: null,
  currency: null,
  expected: 0,
  found: 0,
  fields: [],
  isCounted: false,
} as const satisfies Omit<Finding, 'reason'>

export async function stepSums(deps: Deps, run: Reconciliation): Promise<Stepped> {
  const { timeZone } = deps.config
  const { recorded, invoiced, explained } = await findSums(deps.db, run, deps.now())
  const sums = dayTotals(recorded, invoiced)
  const findings = unexplained(sums, explained).map(({ day, currency, amount }): Finding => ({
    ...OWN,
    reason: 'unexplained',
    day,
    currency,
    expected: amount,
  }))
  return commit(deps, run, {
    ...NOTHING_COMPARED,
    findings: await identified(findings, run),
    days: { first: dayOf(run.fromAt, timeZone), last: dayOf(run.toAt, timeZone) },
    progress: { ...run.progress, phase: 'tidy', sums },
  })
}
