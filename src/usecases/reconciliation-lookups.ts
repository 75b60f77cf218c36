// Some invoices by their ids: ours that no listing has shown, and what is open of earlier comparisons.

import type { BillingError } from '../commet/client.ts'
import type { Invoice } from '../commet/contract.ts'
import { findUnlisted, findUnseen } from '../db/read-reconciliations.ts'
import type { Reconciliation } from '../db/schema.ts'
import { assert } from '../domain/assert.ts'
import { RECONCILE_RECHECKS_MAX } from '../domain/limits.ts'
import type { Progress } from '../domain/reconciliation.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { compareAgain, compareOwn, together, type Compared } from './compare-invoices.ts'
import { stepOwn } from './reconciliation-own.ts'
import { commit, counted, waitAfter, type Left, type Stepped } from './reconciliation-step.ts'

/** Of ours, what no listing has shown is asked for by its id. */
export async function stepOurs(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  left: Left,
): Promise<Stepped> {
  const { progress } = run
  const rows = await findUnlisted(deps.db, run, progress.after, Math.max(left.lookups, 1))
  if (rows.length === 0) {
    return stepAgain(deps, billing, { ...run, progress: { ...progress, phase: 'again' } }, left)
  }
  if (left.lookups === 0) return { kind: 'wait', run, until: null }
  const asked = await askEach(billing, rows, left, (row, invoice) =>
    compareOwn(deps, run, row, invoice),
  )
  const after = rows[asked.done - 1]?.invoicedAt ?? progress.after
  const next = { ...counted(progress, asked.compared, asked.done), after }
  return commitAsked(deps, run, asked, next)
}

/** What is open of earlier comparisons, and this one hasn't met. */
export async function stepAgain(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  left: Left,
): Promise<Stepped> {
  const { progress } = run
  const room = RECONCILE_RECHECKS_MAX - progress.rechecks
  const rows =
    room <= 0 ? [] : await findUnseen(deps.db, run, Math.min(Math.max(left.lookups, 1), room))
  if (rows.length === 0) {
    return stepOwn(deps, { ...run, progress: { ...progress, phase: 'own' } })
  }
  if (left.lookups === 0) return { kind: 'wait', run, until: null }
  const asked = await askEach(billing, rows, left, ({ invoiceId, adjustmentId }, invoice) => {
    assert(invoiceId !== null, 'only what has an invoice is looked at again')
    return compareAgain(deps, run, { invoiceId, adjustmentId }, invoice)
  })
  const next = counted(progress, asked.compared, asked.done)
  return commitAsked(deps, run, asked, { ...next, rechecks: progress.rechecks + asked.done })
}

type AskedEach = {
  readonly compared: Compared
  readonly done: number
  readonly trouble: BillingError | null
}

async function askEach<Row extends { readonly invoiceId: string | null }>(
  billing: Billing,
  rows: readonly Row[],
  left: Left,
  compare: (row: Row, invoice: Invoice | null) => Promise<Compared>,
): Promise<AskedEach> {
  const parts: Compared[] = []
  for (const row of rows) {
    left.lookups -= 1
    const invoice = await askFor(billing, row.invoiceId)
    if (!invoice.ok) {
      return { compared: together(parts), done: parts.length, trouble: invoice.error }
    }
    parts.push(await compare(row, invoice.value))
  }
  return { compared: together(parts), done: parts.length, trouble: null }
}

async function askFor(
  billing: Billing,
  invoiceId: string | null,
): Promise<Result<Invoice | null, BillingError>> {
  assert(invoiceId !== null, 'an invoice is asked for by its id')
  const answer = await billing.invoices.get(invoiceId)
  if (answer.ok) return ok(answer.value.data)
  return answer.error.status === 404 ? ok(null) : err(answer.error)
}

async function commitAsked(
  deps: Deps,
  run: Reconciliation,
  { compared, done, trouble }: AskedEach,
  progress: Progress,
): Promise<Stepped> {
  if (done === 0 && trouble !== null) return waitAfter(deps, run, trouble)
  const stepped = await commit(deps, run, { ...compared, progress })
  if (stepped.kind !== 'stepped' || trouble === null) return stepped
  return waitAfter(deps, stepped.run, trouble)
}
