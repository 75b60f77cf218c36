// Reconciliation: our invoices against the billing API's, both ways. Its words, and what to do about each.

import type { AdjustmentId, DiscrepancyId, EventId } from './ids.ts'

export const RECONCILIATION_OUTCOMES = ['complete', 'unfinished', 'abandoned'] as const
/**
 * `unfinished`: the listing had no end; `abandoned`: the billing key is of another mode by now, or a restored
 * database's was asked for again.
 */
export type ReconciliationOutcome = (typeof RECONCILIATION_OUTCOMES)[number]

export const DISCREPANCY_REASONS = [
  'not_recorded',
  'second_invoice',
  'invoiced_though_held',
  'invoiced_though_failed',
  'invoiced_though_rejected',
  'invoiced_though_cancelled',
  'unknown_adjustment',
  'missing_at_billing',
  'not_readable',
  'differs',
  'not_settled',
  'stuck',
  'event_without_adjustment',
  'unexplained',
] as const
export type DiscrepancyReason = (typeof DISCREPANCY_REASONS)[number]

type Told = {
  readonly meaning: string
  readonly todo: string
  /** Whether a restored database stays paused because of it: what its next attempt settles doesn't. */
  readonly keepsPaused: boolean
}

export const DISCREPANCIES: Readonly<Record<DiscrepancyReason, Told>> = {
  not_recorded: {
    meaning: 'The billing API has the invoice; our adjustment is due and does not know it yet.',
    todo: 'Nothing at first: its next attempt looks for it. If it stays, see why the adjustment waits.',
    keepsPaused: false,
  },
  second_invoice: {
    meaning: 'The adjustment has another invoice; this one carries its id as well.',
    todo: 'Void this one at the billing API; the next comparison settles this.',
    keepsPaused: true,
  },
  invoiced_though_held: {
    meaning:
      'The adjustment waits for a person, and an invoice that does not fit it carries its id.',
    todo: 'Look at both. Void the invoice at the billing API, then let the adjustment through or reject it. If it is held again, try it again with "looked": true.',
    keepsPaused: false,
  },
  invoiced_though_failed: {
    meaning: 'The adjustment has failed, and an invoice that does not fit it carries its id.',
    todo: 'Look at both. Void the invoice at the billing API; the next comparison settles this. Then try the adjustment again with "looked": true.',
    keepsPaused: true,
  },
  invoiced_though_rejected: {
    meaning: 'A person rejected the adjustment, and the billing API has an invoice of it.',
    todo: 'Void the invoice at the billing API; the next comparison settles this.',
    keepsPaused: true,
  },
  invoiced_though_cancelled: {
    meaning:
      'The adjustment was cancelled before it went out, and an invoice carries its id that does not fit it, or it is a reversal whose original is closed.',
    todo: 'Void the invoice at the billing API; the next comparison settles this.',
    keepsPaused: true,
  },
  unknown_adjustment: {
    meaning: 'An invoice carries the id of an adjustment that this database does not have.',
    todo: 'After a restore: have the source send the event again; it takes this invoice and makes none. Else find out who made the invoice.',
    keepsPaused: false,
  },
  missing_at_billing: {
    meaning: 'Our record names an invoice that the billing API does not have.',
    todo: 'Ask the billing system where it went. Is the key the one of the same organization?',
    keepsPaused: false,
  },
  not_readable: {
    meaning: 'The billing API does not show this invoice, or not in a form that can be read.',
    todo: 'Look at it there. It is asked for again each hour; if there is nothing wrong with it, settle this with a note.',
    keepsPaused: true,
  },
  differs: {
    meaning: 'The invoice is there, but not as it was asked for; the fields say where.',
    todo: 'Find out who changed it. Void and make it again, or settle this with a note.',
    keepsPaused: true,
  },
  not_settled: {
    meaning:
      'A record of money that moved elsewhere is not marked paid, so it still promises money.',
    todo: 'Mark the invoice paid at the billing API if its attempts are used up; it is tried again until then.',
    keepsPaused: false,
  },
  stuck: {
    meaning: 'Its time came hours ago, and nothing has looked at it.',
    todo: 'See whether the cron runs, and what the log says of this adjustment.',
    keepsPaused: false,
  },
  event_without_adjustment: {
    meaning: 'The event says that it made an adjustment, and there is none.',
    todo: 'Look at the event and what it was about. This should never be: tell the maintainers.',
    keepsPaused: false,
  },
  unexplained: {
    meaning: 'The sums of a day differ, and no discrepancy says why.',
    todo: 'Reconcile again from before that day on, which settles it where the sums fit by now. If it stays, tell the maintainers.',
    keepsPaused: false,
  },
}

export const KEEPING_PAUSED: readonly DiscrepancyReason[] = DISCREPANCY_REASONS.filter(
  (reason) => DISCREPANCIES[reason].keepsPaused,
)

/** Minor units, signed: what our record says, and what the billing API has. */
export type Finding = {
  readonly reason: DiscrepancyReason
  readonly adjustmentId: AdjustmentId | null
  readonly eventId: EventId | null
  readonly invoiceId: string | null
  /** When the billing API made it, milliseconds. */
  readonly invoiceCreatedAt: number | null
  readonly day: string | null
  readonly currency: string | null
  readonly expected: number
  readonly found: number
  /** Names of what differs. */
  readonly fields: readonly string[]
  /** Whether it is part of the sums that are compared now. */
  readonly isCounted: boolean
}
export type Found = Finding & { readonly id: DiscrepancyId }

/** Minor units, signed. `recorded`: by our adjustments; `invoiced`: by the billing API's invoices. */
export type DayTotal = {
  readonly day: string
  readonly currency: string
  readonly recorded: number
  readonly invoiced: number
}

export type ReconciliationCounts = {
  /** Invoices of ours that were compared. */
  readonly invoices: number
  /** Invoices that our record lacked and has now. */
  readonly adopted: number
  /** Invoices whose status has moved on since. */
  readonly statuses: number
  /** Billing calls. */
  readonly calls: number
}

/** Where it goes on after a crash. */
export type Progress = {
  readonly phase: 'listing' | 'ours' | 'again' | 'own' | 'sums' | 'tidy'
  /** The listing's cursor; null at its beginning. */
  readonly page: string | null
  /** Creation of the last invoice listed so far, and whether all before it were newer. */
  readonly last: number | null
  readonly isNewestFirst: boolean
  readonly pages: number
  /** Of ours: from when on they are still to be looked at, milliseconds. */
  readonly after: number
  /** Of the event that was looked at last: its `seq`. */
  readonly event: number
  readonly rechecks: number
  /** How often the single invoice that is next was asked for in vain, and this comparison any. */
  readonly tried: number
  readonly waits: number
  readonly sums: readonly DayTotal[] | null
  readonly counts: ReconciliationCounts
}

/** `event`: of the last one that an earlier reconciliation has looked at. */
export const progressFrom = (event: number): Progress => ({
  phase: 'listing',
  page: null,
  last: null,
  isNewestFirst: true,
  pages: 0,
  after: 0,
  event,
  rechecks: 0,
  tried: 0,
  waits: 0,
  sums: null,
  counts: { invoices: 0, adopted: 0, statuses: 0, calls: 0 },
})

type Amount = { readonly day: string; readonly currency: string; readonly amount: number }

/** The two sides of each day and currency, in their order. */
export function dayTotals(
  recorded: readonly Amount[],
  invoiced: readonly Amount[],
): readonly DayTotal[] {
  const totals = new Map<string, DayTotal>()
  const add = ({ day, currency }: Amount, side: Partial<DayTotal>): void => {
    const key = `${day} ${currency}`
    totals.set(key, { day, currency, recorded: 0, invoiced: 0, ...totals.get(key), ...side })
  }
  for (const each of recorded) add(each, { recorded: each.amount })
  for (const each of invoiced) add(each, { invoiced: each.amount })
  return [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total)
}

/**
 * What of the sums' differences no finding explains. `explained`: of each day and currency, what the
 * findings expect less what they found.
 */
export function unexplained(
  totals: readonly DayTotal[],
  explained: readonly Amount[],
): readonly Amount[] {
  const left = new Map<string, Amount>()
  const add = (day: string, currency: string, amount: number): void => {
    const key = `${day} ${currency}`
    left.set(key, { day, currency, amount: (left.get(key)?.amount ?? 0) + amount })
  }
  for (const { day, currency, recorded, invoiced } of totals) {
    add(day, currency, recorded - invoiced)
  }
  for (const { day, currency, amount } of explained) add(day, currency, -amount)
  return [...left.values()].filter(({ amount }) => amount !== 0)
}
