// Some invoices by their ids: ours that no listing has shown, and what is open of earlier comparisons.

import type { BillingError } from '../commet/client.ts'
import { isOfThisAlone } from '../commet/trouble.ts'
import type { Invoice } from '../commet/contract.ts'
import { findUnlisted, findUnseen } from '../db/read-reconciliations.ts'
import type { Reconciliation } from '../db/schema.ts'
import { assert } from '../domain/assert.ts'
import {
  RECONCILE_RECHECKS_MAX,
  RECONCILE_TRIES_MAX,
  RECONCILE_WAITS_MAX,
} from '../domain/limits.ts'
import type { Progress } from '../domain/reconciliation.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { compareAgain, compareOwn } from './compare-invoices.ts'
import { stillOpen, together, type Compared } from './compared.ts'
import { stepOwn } from './reconciliation-own.ts'
import { commit, counted, waitAfter, type Allowance, type Stepped } from './reconciliation-step.ts'
import { tellUnread } from './unreadable-invoices.ts'

/** Of ours, what no listing has shown is asked for by its id. */
export async function stepOurs(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  allowed: Allowance,
): Promise<Stepped> {
  const { progress } = run
  const rows = await findUnlisted(deps.db, run, progress.after, Math.max(allowed.lookups, 1))
  if (rows.length === 0) {
    return stepAgain(deps, billing, { ...run, progress: { ...progress, phase: 'again' } }, allowed)
  }
  if (allowed.lookups === 0) return { kind: 'wait', run, until: null }
  const asked = await askEach(billing, progress, allowed, {
    rows,
    compare: (row, invoice) => compareOwn(deps, run, row, invoice),
    passOver: (row) => tellUnread(deps, run, row),
  })
  const after = rows[asked.done - 1]?.invoicedAt ?? progress.after
  const next = { ...counted(progress, asked.compared, asked.done), ...asked.progress, after }
  return commitAsked(deps, run, asked, next)
}

/** What is open of earlier comparisons, and this one hasn't met. */
export async function stepAgain(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  allowed: Allowance,
): Promise<Stepped> {
  const { progress } = run
  const room = RECONCILE_RECHECKS_MAX - progress.rechecks
  const rows =
    room <= 0 ? [] : await findUnseen(deps.db, run, Math.min(Math.max(allowed.lookups, 1), room))
  if (rows.length === 0) {
    return stepOwn(deps, { ...run, progress: { ...progress, phase: 'own' } })
  }
  if (allowed.lookups === 0) return { kind: 'wait', run, until: null }
  const asked = await askEach(billing, progress, allowed, {
    rows,
    compare: (row, invoice) => compareAgain(deps, run, row, invoice),
    passOver: (row) => Promise.resolve(stillOpen(row)),
  })
  const next = { ...counted(progress, asked.compared, asked.done), ...asked.progress }
  return commitAsked(deps, run, asked, { ...next, rechecks: progress.rechecks + asked.done })
}

type AskedEach = {
  readonly compared: Compared
  readonly done: number
  readonly trouble: BillingError | null
  readonly progress: Pick<Progress, 'tried' | 'waits'>
}

/** `passOver`: of one that can't be asked for. */
type Looks<Row> = {
  readonly rows: readonly Row[]
  readonly compare: (row: Row, invoice: Invoice | null) => Promise<Compared>
  readonly passOver: (row: Row) => Promise<Compared>
}

/** It stops where it is to wait: for the billing API, or for another try of one that it doesn't show. */
async function askEach<Row extends { readonly invoiceId: string | null }>(
  billing: Billing,
  { waits, ...before }: Progress,
  allowed: Allowance,
  { rows, compare, passOver }: Looks<Row>,
): Promise<AskedEach> {
  const parts: Compared[] = []
  let { tried } = before
  for (const row of rows) {
    allowed.lookups -= 1
    const invoice = await askFor(billing, row.invoiceId)
    if (!invoice.ok) {
      const asked = { compared: together(parts), done: parts.length, trouble: invoice.error }
      if (isOfAll(invoice.error)) return { ...asked, progress: { tried, waits } }
      const isLast = tried + 1 >= RECONCILE_TRIES_MAX || waits >= RECONCILE_WAITS_MAX
      if (!isLast && !isOfThisAlone(invoice.error)) {
        return { ...asked, progress: { tried: tried + 1, waits: waits + 1 } }
      }
    }
    tried = 0
    parts.push(await (invoice.ok ? compare(row, invoice.value) : passOver(row)))
  }
  return {
    compared: together(parts),
    done: parts.length,
    trouble: null,
    progress: { tried, waits },
  }
}

/** The key, or the rate limit: the next one would be answered likewise. */
const isOfAll = ({ status }: BillingError): boolean => status === 401 || status === 429

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
  { compared, trouble }: AskedEach,
  progress: Progress,
): Promise<Stepped> {
  const stepped = await commit(deps, run, { ...compared, progress })
  if (stepped.kind !== 'stepped' || trouble === null) return stepped
  return waitAfter(deps, stepped.run, trouble)
}
