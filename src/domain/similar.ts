// Adjustments that a person may take for the same as the one that he decides about, and by what.

import type { Mode } from './event.ts'
import type { AdjustmentId } from './ids.ts'
import { SIMILAR_DAYS, SIMILAR_SHOWN_MAX } from './limits.ts'

export type Comparable = {
  readonly id: AdjustmentId
  readonly account: string
  readonly subject: string
  readonly ruleId: string
  readonly mode: Mode | null
  readonly amount: number
  readonly currency: string
  readonly customerKind: string
  readonly customerReference: string | null
  readonly customerId: string | null
  readonly createdAt: number
}

/** In the order of their weight. */
export const LIKENESSES = ['subject', 'customer', 'amount'] as const
export type Likeness = (typeof LIKENESSES)[number]

export type Similar<Row extends Comparable> = {
  readonly row: Row
  readonly by: readonly Likeness[]
}

const MS_PER_DAY = 86_400_000

/** The most alike first, then the newest. */
export function similarOf<Row extends Comparable>(
  of: Comparable,
  candidates: readonly Row[],
  now: number,
): readonly Similar<Row>[] {
  const since = now - SIMILAR_DAYS * MS_PER_DAY
  return candidates
    .filter(({ id, mode }) => id !== of.id && mode === of.mode)
    .map((row) => ({ row, by: LIKENESSES.filter((each) => IS_ALIKE[each](of, row, since)) }))
    .filter(({ by }) => by.length > 0)
    .toSorted((a, b) => weightOf(b.by) - weightOf(a.by) || b.row.createdAt - a.row.createdAt)
    .slice(0, SIMILAR_SHOWN_MAX)
}

const IS_ALIKE: Readonly<
  Record<Likeness, (of: Comparable, other: Comparable, since: number) => boolean>
> = {
  // Parts of one subject by one rule belong together.
  subject: (of, other) =>
    other.account === of.account && other.subject === of.subject && other.ruleId !== of.ruleId,
  customer: (of, other, since) => other.createdAt >= since && isSameCustomer(of, other),
  amount: (of, other, since) =>
    other.createdAt >= since && other.amount === of.amount && other.currency === of.currency,
}

const isSameCustomer = (of: Comparable, other: Comparable): boolean =>
  (of.customerId !== null && other.customerId === of.customerId) ||
  (of.customerReference !== null &&
    other.account === of.account &&
    other.customerKind === of.customerKind &&
    other.customerReference === of.customerReference)

const WEIGHTS: Readonly<Record<Likeness, number>> = { subject: 4, customer: 2, amount: 1 }

const weightOf = (by: readonly Likeness[]): number =>
  by.reduce((sum, each) => sum + WEIGHTS[each], 0)
