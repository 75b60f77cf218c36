// What differs between what was made of recorded events and what the rules would make of them: counted
// and added up by rule, currency and kind, with the largest differences one by one.

import { assert } from './assert.ts'
import { presentId, type Backtest, type Entry, type KeptReason } from './backtest.ts'
import {
  DIFFERENCE_KINDS,
  differenceOf,
  pairsOf,
  shown,
  standingAmount,
  type Difference,
  type DifferenceKind,
  type FoundDifference,
  type Pair,
} from './backtest-difference.ts'
import { currencyDecimals } from './currencies.ts'

/** Signed minor units, of what stands: what was undone counts zero. */
export type FindingLine = {
  readonly rule: string
  readonly currency: string
  readonly kind: DifferenceKind | 'same'
  readonly count: number
  readonly before: number
  readonly after: number
  readonly difference: number
}

export type Findings = {
  readonly events: {
    readonly read: number
    readonly decided: number
    readonly notReceived: number
    readonly kept: Readonly<Record<KeptReason, number>>
  }
  readonly differences: number
  /** A difference between two rules or currencies stands in a line of each. */
  readonly lines: readonly FindingLine[]
  readonly fates: readonly {
    readonly before: string
    readonly after: string
    readonly events: number
  }[]
  readonly largest: readonly Difference[]
}

type Sums = Pick<FindingLine, 'rule' | 'currency' | 'kind'> & {
  count: number
  before: number
  after: number
}

/** `largestMax`: how many of the differences are listed. */
export function findingsOf(backtest: Backtest, largestMax: number): Findings {
  const sums = new Map<string, Sums>()
  const found: FoundDifference[] = []
  for (const place of backtest.places.values()) {
    for (const [before, after] of pairsOf(backtest, place)) {
      const differing = differenceOf(backtest, before, after)
      const isInRange = before?.said !== null || differing !== null
      if (isInRange) addUp(backtest, sums, differing?.difference.kind ?? 'same', [before, after])
      if (differing) found.push(differing)
    }
  }
  const { seen } = backtest
  const kept = (reason: KeptReason): number => seen.get(reason) ?? 0
  return {
    events: {
      read: [...seen.values()].reduce((sum, events) => sum + events, 0),
      decided: seen.get('decided') ?? 0,
      notReceived: seen.get('not_received') ?? 0,
      kept: {
        payload_forgotten: kept('payload_forgotten'),
        body_hidden: kept('body_hidden'),
        not_readable: kept('not_readable'),
      },
    },
    differences: found.length,
    lines: linesOf(sums),
    fates: fatesOf(backtest),
    largest: found
      .toSorted(byWeight)
      .slice(0, largestMax)
      .map(({ difference }) => difference),
  }
}

function addUp(
  backtest: Backtest,
  sums: Map<string, Sums>,
  kind: FindingLine['kind'],
  [before, after]: Pair,
): void {
  const sumOf = (entry: Entry): Sums => {
    const rule = presentId(backtest, entry.rule)
    const { currency } = entry
    const key = JSON.stringify([rule, currency, kind])
    const sum = sums.get(key) ?? { rule, currency, kind, count: 0, before: 0, after: 0 }
    sums.set(key, sum)
    return sum
  }
  const [one, other] = [before && sumOf(before), after && sumOf(after)]
  for (const sum of new Set([one, other])) if (sum) sum.count += 1
  if (one) one.before += standingAmount(shown(backtest, 'before', before))
  if (other) other.after += standingAmount(shown(backtest, 'after', after))
}

const KIND_ORDER: readonly FindingLine['kind'][] = ['same', ...DIFFERENCE_KINDS]

function linesOf(sums: ReadonlyMap<string, Sums>): FindingLine[] {
  const lines = [...sums.values()].map((sum): FindingLine => {
    const difference = sum.after - sum.before
    const isWhole = [sum.before, sum.after, difference].every((each) => Number.isSafeInteger(each))
    assert(isWhole, 'a sum beyond the whole numbers')
    return { ...sum, difference }
  })
  return lines.toSorted(
    (one, other) =>
      byText(one.rule, other.rule) ||
      byText(one.currency, other.currency) ||
      KIND_ORDER.indexOf(one.kind) - KIND_ORDER.indexOf(other.kind),
  )
}

const fatesOf = ({ fates }: Backtest): Findings['fates'] =>
  [...fates]
    .toSorted(([one], [other]) => byText(one, other))
    .map(([key, events]) => {
      const [before = '', after = ''] = key.split(' > ')
      return { before, after, events }
    })

/** The same in every language, unlike localeCompare. */
const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** Largest first; what differs by nothing in money goes by its amount, and then as it came. */
function byWeight(one: FoundDifference, other: FoundDifference): number {
  const [a, b] = [one.difference, other.difference]
  return (
    weightOf(b) - weightOf(a) ||
    amountOf(b) - amountOf(a) ||
    one.seq - other.seq ||
    byText(a.account, b.account) ||
    byText(a.subject, b.subject) ||
    byText(a.part, b.part)
  )
}

/** Between two currencies both amounts are the difference. */
const weightOf = ({ before, after, difference }: Difference): number =>
  difference === null
    ? sizeOf(before, standingAmount(before)) + sizeOf(after, standingAmount(after))
    : sizeOf(after ?? before, difference)

const amountOf = ({ before, after }: Difference): number =>
  Math.max(sizeOf(before, before?.amount ?? 0), sizeOf(after, after?.amount ?? 0))

const DECIMALS_MAX = 3

/** In thousandths of the currency's unit, so that currencies with other decimals compare. */
const sizeOf = (side: { readonly currency: string } | null, amount: number): number =>
  Math.abs(amount) * 10 ** (DECIMALS_MAX - (currencyDecimals(side?.currency ?? '') ?? 0))
