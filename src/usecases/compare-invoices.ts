// Invoices of the billing API beside our adjustments: what our record lacks is taken into it, what has
// moved on is noted, and what doesn't fit is answered as findings.

import type { Invoice } from '../commet/contract.ts'
import { findAdjustment, findAdjustments } from '../db/read-adjustments.ts'
import type { Adjustment, Discrepancy, Reconciliation } from '../db/schema.ts'
import { wakeNow } from '../db/write-adjustment.ts'
import { commitListed } from '../db/write-listed.ts'
import type { ListedRow } from '../db/write-reconciliations.ts'
import { commitInvoiceStatusSeen } from '../db/write-seen.ts'
import {
  ADJUSTMENT_METADATA_KEY,
  frozenRequest,
  INVOICE_STATUSES,
  isClosed,
} from '../domain/adjustment.ts'
import { assert } from '../domain/assert.ts'
import { dayOf } from '../domain/day.ts'
import { isAdjustmentId, type AdjustmentId } from '../domain/ids.ts'
import { LISTING_SETTLE_SECONDS } from '../domain/limits.ts'
import {
  judgeInvoice,
  judgeMissing,
  judgeOwn,
  type Circumstances,
  type Judgement,
  type Listed,
} from '../domain/judge-invoice.ts'
import type { Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'
import { identified, NOTHING_COMPARED, stillOpen, together, type Compared } from './compared.ts'
import { findWords } from './find-words.ts'
import { issuedBy } from './issued-by.ts'

type Action = NonNullable<Judgement['action']>

/** One page of the listing: those with our mark, and of these what was made in the window is compared. */
export async function compareListed(
  deps: Deps,
  run: Reconciliation,
  invoices: readonly Invoice[],
): Promise<Compared> {
  // The oldest first: of two that our record lacks, that is the one to be taken.
  const ours = invoices
    .filter(({ metadata }) => metadata[ADJUSTMENT_METADATA_KEY] !== undefined)
    .toSorted((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt))
  const ids = ours.flatMap((invoice) => adjustmentIdOf(invoice) ?? [])
  const rows = new Map((await known(deps, ids)).map((row) => [row.id, row]))
  const parts: Compared[] = []
  for (const invoice of ours) {
    const listed = listedOf(run, invoice)
    const row = rows.get(listed.adjustmentId ?? 'adj_') ?? null
    if (!isWithin(run, listed) && !isLost(run, listed, row)) {
      parts.push({ ...NOTHING_COMPARED, listed: [rowOf(deps, run, listed, listed.subtotal)] })
      continue
    }
    const judged = judgeInvoice(listed, row, aroundOf(deps, run, listed))
    const { compared, after } = await act(deps, run, row, invoice, judged)
    if (after !== null) rows.set(after.id, after)
    parts.push({ ...compared, listed: [rowOf(deps, run, listed, listed.subtotal)] })
  }
  return together(parts)
}

/** Nothing to read is the usual hour. */
const known = (deps: Deps, ids: readonly AdjustmentId[]): Promise<readonly Adjustment[]> =>
  ids.length === 0 ? Promise.resolve([]) : findAdjustments(deps.db, ids)

/** An adjustment of ours that no listing has shown, and what its invoice is; null where there is none. */
export async function compareOwn(
  deps: Deps,
  run: Reconciliation,
  row: Adjustment,
  invoice: Invoice | null,
): Promise<Compared> {
  const { timeZone } = deps.config
  if (invoice === null) {
    assert(row.invoiceId !== null && row.invoicedAt !== null, 'an invoice without its row')
    const isCounted = !isClosed(row.invoiceStatus)
    const day = dayOf(row.invoicedAt, timeZone)
    const missing = {
      invoiceId: row.invoiceId,
      day,
      currency: row.currency,
      subtotal: 0,
      isCounted,
    }
    const { findings } = judgeMissing(row, { now: deps.now(), day, isCounted })
    return {
      ...NOTHING_COMPARED,
      listed: [missing],
      findings: await identified(findings, run),
      judged: [row.invoiceId],
    }
  }
  const listed = listedOf(run, invoice)
  const judged = judgeOwn(listed, row, aroundOf(deps, run, listed))
  const { compared } = await act(deps, run, row, invoice, judged)
  const isMarked = listed.adjustmentId === row.id
  return { ...compared, listed: [rowOf(deps, run, listed, isMarked ? listed.subtotal : 0)] }
}

/**
 * What is open of an earlier comparison, looked at again: its invoice as it is now, or null. It is part of
 * no sum of this one.
 */
export async function compareAgain(
  deps: Deps,
  run: Reconciliation,
  open: Discrepancy,
  invoice: Invoice | null,
): Promise<Compared> {
  const listed = invoice === null ? null : listedOf(run, invoice)
  // Whose it is could not be read when it was found.
  const isUnread = open.reason === 'not_readable' && open.adjustmentId === null
  const adjustmentId = isUnread ? (listed?.adjustmentId ?? null) : open.adjustmentId
  const row = adjustmentId === null ? null : await findAdjustment(deps.db, adjustmentId)
  const isOwn = row !== null && row.invoiceId === open.invoiceId
  const day = dayOf(listed?.createdAt ?? run.startedAt, deps.config.timeZone)
  const around = { now: deps.now(), day, isCounted: false }
  if (invoice === null || listed === null) {
    // Nothing removes an invoice there: a key that can't see it is no proof that it is gone.
    if (!isOwn) return stillOpen(open)
    const { findings } = judgeMissing(row, around)
    return {
      ...NOTHING_COMPARED,
      findings: await identified(findings, run),
      judged: [row.invoiceId ?? ''],
    }
  }
  // Whoever took our mark from an invoice of nobody has made it none of ours.
  const isOurs = listed.adjustmentId !== null && listed.adjustmentId === adjustmentId
  const judged = isOwn
    ? judgeOwn(listed, row, around)
    : isOurs
      ? judgeInvoice(listed, row, around)
      : { findings: [], action: null }
  return (await act(deps, run, row, invoice, judged)).compared
}

function adjustmentIdOf({ metadata }: Invoice): AdjustmentId | null {
  const id = metadata[ADJUSTMENT_METADATA_KEY]
  return typeof id === 'string' && isAdjustmentId(id) ? id : null
}

function listedOf({ toAt }: Reconciliation, invoice: Invoice): Listed {
  const createdAt = Date.parse(invoice.createdAt)
  return {
    ...invoice,
    // A time that can't be read is as good as none: it is compared, as of the window's last day.
    createdAt: Number.isNaN(createdAt) ? toAt - 1 : createdAt,
    adjustmentId: adjustmentIdOf(invoice),
  }
}

const isWithin = ({ fromAt, toAt }: Reconciliation, { createdAt }: Listed): boolean =>
  createdAt >= fromAt && createdAt < toAt

/**
 * Younger than everything that has settled, and nobody is making it: a database that was put back has lost its last
 * minutes, too, and may have posted in them under a key that it doesn't know any more.
 */
const isLost = (
  { toAt, startedAt }: Reconciliation,
  { createdAt }: Listed,
  row: Adjustment | null,
): boolean =>
  createdAt >= Math.max(toAt, startedAt - LISTING_SETTLE_SECONDS * 1_000) &&
  (row === null || !['issuing', 'invoiced'].includes(row.state))

const aroundOf = (deps: Deps, run: Reconciliation, listed: Listed): Circumstances => ({
  now: deps.now(),
  day: dayOf(listed.createdAt, deps.config.timeZone),
  isCounted: isWithin(run, listed),
})

const rowOf = (deps: Deps, run: Reconciliation, listed: Listed, subtotal: number): ListedRow => ({
  invoiceId: listed.id,
  day: dayOf(listed.createdAt, deps.config.timeZone),
  currency: listed.currency.toLowerCase(),
  subtotal,
  isCounted: isWithin(run, listed) && !isClosed(listed.status),
})

type Acted = { readonly compared: Compared; readonly after: Adjustment | null }

/** `after`: the row where it was changed, since a further invoice may be beside it. */
async function act(
  deps: Deps,
  run: Reconciliation,
  row: Adjustment | null,
  invoice: Invoice,
  { findings, action }: Judgement,
): Promise<Acted> {
  const compared: Compared = {
    ...NOTHING_COMPARED,
    findings: await identified(findings, run),
    judged: [invoice.id],
  }
  if (row === null || action === null) return { compared, after: null }
  try {
    return await take(deps, row, invoice, { compared, action })
  } catch (error) {
    // What can't be written of one stops no other: it stays as it was found.
    const facts = { adjustment: row.id, invoice: invoice.id, action }
    deps.log({ event: 'alarm.reconcile_row_failed', ...facts, ...thrownFields(error) })
    return { compared, after: null }
  }
}

async function take(
  deps: Deps,
  row: Adjustment,
  invoice: Invoice,
  { compared, action }: { readonly compared: Compared; readonly action: Action },
): Promise<Acted> {
  switch (action) {
    case 'adopt': {
      const after = await adopt(deps, row, invoice)
      const taken = { ...compared, findings: [], adopted: 1 }
      return { compared: after === null ? compared : taken, after }
    }
    case 'wake':
    case 'settle':
      await wakeNow(deps.db, row, deps.now())
      return { compared, after: null }
    case 'status': {
      const status = INVOICE_STATUSES.find((each) => each === invoice.status)
      assert(status !== undefined, 'only a known status is followed')
      const seen = await commitInvoiceStatusSeen(deps.db, row, { event: null, status }, deps.now())
      return { compared: { ...compared, statuses: seen === 'seen' ? 1 : 0 }, after: null }
    }
  }
}

/** Null where somebody else was first: then the next comparison sees what became of it. */
async function adopt(deps: Deps, row: Adjustment, invoice: Invoice): Promise<Adjustment | null> {
  // What was never claimed has no request yet: it would be this one.
  const words = row.request === null ? await findWords(deps.db, row) : null
  const known = words === 'forgotten' ? null : words
  const request = row.request ?? frozenRequest(row, invoice.customerId, known)
  const how = { adopted: true, requestId: null }
  const { issued, now } = await issuedBy(deps, { ...row, request }, invoice, how)
  return commitListed(deps.db, row, issued, request, now)
}
