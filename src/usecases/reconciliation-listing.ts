// A page of the listing: theirs beside ours.

import type { ListedInvoice } from '../commet/contract.ts'
import type { Reconciliation } from '../db/schema.ts'
import { LOOK_PAGE_ROWS, RECONCILE_PAGES_MAX } from '../domain/limits.ts'
import type { Progress } from '../domain/reconciliation.ts'
import type { Billing, Deps } from '../deps.ts'
import { compareListed } from './compare-invoices.ts'
import { NOTHING_COMPARED, together } from './compared.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { commit, counted, waitAfter, type Allowance, type Stepped } from './reconciliation-step.ts'
import { isUnreadable, listLoosely, tellUnreadable } from './unreadable-invoices.ts'

export async function stepListing(
  deps: Deps,
  billing: Billing,
  run: Reconciliation,
  allowed: Allowance,
): Promise<Stepped> {
  const { progress } = run
  if (progress.pages >= RECONCILE_PAGES_MAX) return { kind: 'over', run, outcome: 'unfinished' }
  if (allowed.pages === 0) return { kind: 'wait', run, until: null }
  allowed.pages -= 1
  const cursor = progress.page === null ? {} : { cursor: progress.page }
  const answer = await listLoosely(billing, { limit: LOOK_PAGE_ROWS, ...cursor })
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
  const compared = together([
    await compareListed(
      deps,
      run,
      data.filter((each) => !isUnreadable(each)),
    ),
    await tellUnreadable(deps, run, data.filter(isUnreadable)),
  ])
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
  invoices: readonly ListedInvoice[],
): Pick<Progress, 'last' | 'isNewestFirst'> {
  let order = { last, isNewestFirst }
  for (const { createdAt } of invoices) {
    const at = Date.parse(createdAt ?? '')
    order = { last: at, isNewestFirst: order.isNewestFirst && at <= (order.last ?? Infinity) }
  }
  return order
}
