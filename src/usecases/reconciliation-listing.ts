// A page of the listing: theirs beside ours.

import type { Invoice } from '../commet/contract.ts'
import type { Reconciliation } from '../db/schema.ts'
import { LOOK_PAGE_ROWS, RECONCILE_PAGES_MAX } from '../domain/limits.ts'
import type { Progress } from '../domain/reconciliation.ts'
import type { Billing, Deps } from '../deps.ts'
import { compareListed, NOTHING_COMPARED } from './compare-invoices.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { commit, counted, waitAfter, type Left, type Stepped } from './reconciliation-step.ts'

export async function stepListing(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  left: Left,
): Promise<Stepped> {
  const { progress } = run
  if (progress.pages >= RECONCILE_PAGES_MAX) return { kind: 'over', run, outcome: 'unfinished' }
  if (left.pages === 0) return { kind: 'wait', run, until: null }
  left.pages -= 1
  const cursor = progress.page === null ? {} : { cursor: progress.page }
  const answer = await billing.invoices.list({ limit: LOOK_PAGE_ROWS, ...cursor })
  if (!answer.ok) {
    const isForgotten = answer.error.meaning === 'permanent' && progress.page !== null
    if (!isForgotten || isKeyTrouble(answer.error)) return waitAfter(deps, run, answer.error)
    // The cursor is of no use any more: from the beginning, where all that was seen is known.
    const restart = { ...progress, page: null, last: null, isNewestFirst: true }
    return commit(deps, run, {
      ...NOTHING_COMPARED,
      progress: { ...restart, pages: progress.pages + 1 },
    })
  }
  const { data, nextCursor } = answer.value
  const compared = await compareListed(deps, run, data)
  const { last, isNewestFirst } = orderOf(progress, data)
  const isOver = nextCursor === null || (isNewestFirst && last !== null && last < run.fromAt)
  return commit(deps, run, {
    ...compared,
    progress: {
      ...counted(progress, compared, 1),
      pages: progress.pages + 1,
      ...(isOver
        ? { phase: 'ours', page: null, after: run.fromAt }
        : { page: nextCursor, last, isNewestFirst }),
    },
  })
}

/** The vendor promises no order: it stops early only where it has run from new to old so far. */
function orderOf(
  { last, isNewestFirst }: Progress,
  invoices: readonly Invoice[],
): Pick<Progress, 'last' | 'isNewestFirst'> {
  let order = { last, isNewestFirst }
  for (const { createdAt } of invoices) {
    const at = Date.parse(createdAt)
    order = { last: at, isNewestFirst: order.isNewestFirst && at <= (order.last ?? Infinity) }
  }
  return order
}
