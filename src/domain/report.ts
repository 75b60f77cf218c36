// The sums of a month, row by row. A sum is never more than what was counted so far: pages hand it on.

import type { Settlement } from './rule.ts'
import type { Mode } from './event.ts'
import type { AdjustmentState } from './adjustment.ts'
import type { Range } from './month.ts'

/** What of an adjustment is added up. */
export type Countable = {
  readonly mode: Mode | null
  readonly settlement: Settlement
  readonly reason: string
  readonly amount: number
  readonly currency: string
  readonly state: AdjustmentState
  readonly createdAt: number
  readonly invoicedAt: number | null
  readonly invoiceStatus: string | null
  readonly invoiceCurrency: string | null
  readonly invoiceSubtotal: number | null
  readonly invoiceTax: number | null
  readonly invoiceTotal: number | null
}

/** Signed minor units, as the billing API answered them. */
export type Invoiced = {
  readonly adjustments: number
  readonly net: number
  readonly tax: number
  readonly total: number
}

/** Of one mode, currency, settlement and reason. */
export type Sum = {
  readonly mode: Mode | null
  readonly currency: string
  readonly settlement: Settlement
  readonly reason: string
  readonly credits: Invoiced
  readonly charges: Invoiced
  /** Of both, what is void by now. */
  readonly voided: Invoiced
}

/** Signed minor units: what credits give and what charges take, apart. */
export type Tally = {
  readonly adjustments: number
  readonly credits: number
  readonly charges: number
}

/** Of one mode, currency and settlement. */
export type Total = {
  readonly mode: Mode | null
  readonly currency: string
  readonly settlement: Settlement
  /** All that came in the month, whatever became of it. */
  readonly asked: Tally
  /** Of that, what was neither rejected nor cancelled. */
  readonly recorded: Tally
  /** What was invoiced in the month, net, as the billing API answered it. */
  readonly invoiced: Tally
  /** Why the last two differ: recorded in the month, and not invoiced in it … */
  readonly notInvoiced: Tally
  /** … invoiced in it, and recorded in an earlier one … */
  readonly fromEarlier: Tally
  /** … and invoiced with another amount than was asked for: by so much. */
  readonly differing: Tally
}

/** What waits at the cut-off, of one mode, currency, settlement and state. */
export type OpenSum = Tally & {
  readonly mode: Mode | null
  readonly currency: string
  readonly settlement: Settlement
  readonly state: 'held' | 'failed'
}

const NOTHING: Invoiced = { adjustments: 0, net: 0, tax: 0, total: 0 }
const NO_TALLY: Tally = { adjustments: 0, credits: 0, charges: 0 }

const invoicedOf = (row: Countable): Invoiced => ({
  adjustments: 1,
  net: row.invoiceSubtotal ?? 0,
  tax: row.invoiceTax ?? 0,
  total: row.invoiceTotal ?? 0,
})

const both = (one: Invoiced, other: Invoiced): Invoiced => ({
  adjustments: one.adjustments + other.adjustments,
  net: one.net + other.net,
  tax: one.tax + other.tax,
  total: one.total + other.total,
})

type Side = 'credits' | 'charges'

const sideOf = ({ amount }: Pick<Countable, 'amount'>): Side => (amount < 0 ? 'credits' : 'charges')

const tallied = (tally: Tally, side: Side, amount: number, count = 1): Tally => ({
  ...tally,
  adjustments: tally.adjustments + count,
  [side]: tally[side] + amount,
})

/** An invoice is in the billing API's currency, which may be another than was asked for. */
const invoiceCurrency = (row: Countable): string =>
  row.invoiceCurrency?.toLowerCase() ?? row.currency

export function addInvoiced(sums: readonly Sum[], row: Countable): Sum[] {
  const { mode, settlement, reason } = row
  const key = { mode, currency: invoiceCurrency(row), settlement, reason }
  const found = sums.find((each) => isSame(each, key))
  const sum = found ?? { ...key, credits: NOTHING, charges: NOTHING, voided: NOTHING }
  const side = sideOf(row)
  const own = invoicedOf(row)
  const changed: Sum = {
    ...sum,
    [side]: both(sum[side], own),
    voided: row.invoiceStatus === 'void' ? both(sum.voided, own) : sum.voided,
  }
  return found ? sums.map((each) => (each === found ? changed : each)) : [...sums, changed]
}

const isSame = <Key extends object>(one: Key, key: Key): boolean =>
  Object.entries(key).every(([name, value]) => Reflect.get(one, name) === value)

type Part = 'asked' | 'recorded' | 'invoiced' | 'notInvoiced' | 'fromEarlier' | 'differing'

function addTo(
  totals: readonly Total[],
  key: Pick<Total, 'mode' | 'currency' | 'settlement'>,
  side: Side,
  changes: readonly (readonly [Part, number, number?])[],
): Total[] {
  const found = totals.find((each) => isSame(each, key))
  const empty: Total = {
    ...key,
    asked: NO_TALLY,
    recorded: NO_TALLY,
    invoiced: NO_TALLY,
    notInvoiced: NO_TALLY,
    fromEarlier: NO_TALLY,
    differing: NO_TALLY,
  }
  let total = found ?? empty
  for (const [part, amount, count] of changes) {
    total = { ...total, [part]: tallied(total[part], side, amount, count) }
  }
  return found ? totals.map((each) => (each === found ? total : each)) : [...totals, total]
}

const isIn = (at: number | null, { from, to }: Range): boolean =>
  at !== null && at >= from && at < to

/**
 * Of what was invoiced in the month. Where it was billed in another currency than was asked for, the difference
 * is one amount more in that, and one less in the other.
 */
export function totalInvoiced(totals: readonly Total[], row: Countable, month: Range): Total[] {
  const { mode, settlement, amount, currency } = row
  const billed = invoiceCurrency(row)
  const net = row.invoiceSubtotal ?? 0
  const side = sideOf(row)
  const isEarlier = row.createdAt < month.from
  const asked = { mode, currency, settlement }
  const earlier = isEarlier ? [['fromEarlier', amount] as const] : []
  if (billed === currency) {
    const differs = net === amount ? [] : [['differing', net - amount] as const]
    return addTo(totals, asked, side, [['invoiced', net], ...earlier, ...differs])
  }
  const gone = addTo(totals, asked, side, [...earlier, ['differing', -amount]])
  return addTo(gone, { ...asked, currency: billed }, side, [
    ['invoiced', net],
    ['differing', net, 0],
  ])
}

/** Of what was recorded in the month, whenever it was invoiced. */
export function totalRecorded(totals: readonly Total[], row: Countable, month: Range): Total[] {
  const { mode, settlement, currency, amount } = row
  const isWithdrawn = row.state === 'rejected' || row.state === 'cancelled'
  return addTo(totals, { mode, currency, settlement }, sideOf(row), [
    ['asked', amount],
    ...(isWithdrawn ? [] : [['recorded', amount] as const]),
    ...(isWithdrawn || isIn(row.invoicedAt, month) ? [] : [['notInvoiced', amount] as const]),
  ])
}

export function addOpen(
  sums: readonly OpenSum[],
  {
    mode,
    currency,
    settlement,
    amount,
  }: Pick<Countable, 'mode' | 'currency' | 'settlement' | 'amount'>,
  state: 'held' | 'failed',
): OpenSum[] {
  const key = { mode, currency, settlement, state }
  const found = sums.find((each) => isSame(each, key))
  const changed = { ...key, ...tallied(found ?? NO_TALLY, sideOf({ amount }), amount) }
  return found ? sums.map((each) => (each === found ? changed : each)) : [...sums, changed]
}
