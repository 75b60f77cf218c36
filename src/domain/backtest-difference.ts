// What differs between the adjustment that was made in a place and the one that would be.

import { assert } from './assert.ts'
import {
  presentId,
  undoKey,
  type Backtest,
  type Entry,
  type Place,
  type Said,
  type Side,
} from './backtest.ts'
import type { CustomerReference } from './customer.ts'
import type { Settlement } from './rule.ts'

/** In this order: the first that applies names the difference. */
export const DIFFERENCE_KINDS = [
  'would_be_made',
  'would_not_be_made',
  'would_be_undone',
  'would_not_be_undone',
  'rule',
  'currency',
  'amount',
  'customer',
  'settlement',
] as const
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

export type ShownSide = {
  readonly rule: string
  readonly amount: number
  readonly currency: string
  readonly customer: CustomerReference | null
  readonly settlement: Settlement
  readonly undone: boolean
}

export type Difference = {
  readonly kind: DifferenceKind
  /** Everything else that differs as well. */
  readonly also: readonly DifferenceKind[]
  readonly event: string
  readonly account: string
  readonly subject: string
  readonly part: string
  readonly before: ShownSide | null
  readonly after: ShownSide | null
  /** Signed minor units; null between two currencies. */
  readonly difference: number | null
  /** The rules' answers to the event. */
  readonly saidThen: string
  readonly saidNow: string
}

/** With the place of its event in the record. */
export type FoundDifference = { readonly seq: number; readonly difference: Difference }

export type Pair = readonly [before: Entry | null, after: Entry | null]

/**
 * Of one place, each in one pair: by rule and event first, since several rules may have become one, then
 * by rule. What is left over on both sides went from one rule to another.
 */
export function pairsOf(backtest: Backtest, { before, after }: Place): Pair[] {
  const isOfRule = (one: Entry, other: Entry) =>
    presentId(backtest, one.rule) === presentId(backtest, other.rule)
  const isOfEvent = (one: Entry, other: Entry) => isOfRule(one, other) && one.event === other.event
  const left = [...after]
  const partners = new Map<Entry, Entry>()
  for (const isPartner of [isOfEvent, isOfRule, () => true]) {
    for (const entry of before.filter((each) => !partners.has(each))) {
      const at = left.findIndex((other) => isPartner(entry, other))
      const [partner] = at < 0 ? [] : left.splice(at, 1)
      if (partner) partners.set(entry, partner)
    }
  }
  const pairs = before.map((entry): Pair => [entry, partners.get(entry) ?? null])
  return [...pairs, ...left.map((entry): Pair => [null, entry])]
}

/** Null where nothing differs. */
export function differenceOf(
  backtest: Backtest,
  before: Entry | null,
  after: Entry | null,
): FoundDifference | null {
  const [one, other] = [shown(backtest, 'before', before), shown(backtest, 'after', after)]
  const kinds = kindsOf(backtest, one, other)
  const [kind, ...also] = kinds
  const entry = after ?? before
  if (kind === undefined || entry === null) return null
  const said = saidOf(backtest, kind, entry)
  assert(said !== null, 'a difference between two sides that no event of the range made')
  const { account, subject, part } = entry
  const isOneCurrency = one === null || other === null || one.currency === other.currency
  const difference = {
    kind,
    also,
    event: said.event,
    account,
    subject,
    part,
    before: one,
    after: other,
    difference: isOneCurrency ? standingAmount(other) - standingAmount(one) : null,
    saidThen: said.saidThen,
    saidNow: said.saidNow,
  }
  return { seq: said.seq, difference }
}

function kindsOf(
  backtest: Backtest,
  before: ShownSide | null,
  after: ShownSide | null,
): DifferenceKind[] {
  if (before === null || after === null) {
    return [before === null ? 'would_be_made' : 'would_not_be_made']
  }
  const customer = (side: ShownSide) => JSON.stringify([side.customer?.kind, side.customer?.value])
  const differs: Readonly<Record<DifferenceKind, boolean>> = {
    would_be_made: false,
    would_not_be_made: false,
    would_be_undone: !before.undone && after.undone,
    would_not_be_undone: before.undone && !after.undone,
    rule: presentId(backtest, before.rule) !== presentId(backtest, after.rule),
    currency: before.currency !== after.currency,
    amount: before.amount !== after.amount,
    customer: customer(before) !== customer(after),
    settlement: before.settlement !== after.settlement,
  }
  return DIFFERENCE_KINDS.filter((kind) => differs[kind])
}

export function shown(backtest: Backtest, side: Side, entry: Entry | null): ShownSide | null {
  if (entry === null) return null
  const { rule, amount, currency, customer, settlement } = entry
  const undone = undoneBy(backtest, side, entry) !== undefined
  return { rule, amount, currency, customer, settlement, undone }
}

const undoneBy = (backtest: Backtest, side: Side, { account, subject, rule }: Entry) =>
  backtest.undone[side].get(undoKey(backtest, account, subject, rule))

/** The event that speaks for a difference: the one that undid it, or the one that made it. */
function saidOf(backtest: Backtest, kind: DifferenceKind, entry: Entry): Said | null {
  if (kind === 'would_be_undone') return undoneBy(backtest, 'after', entry) ?? entry.said
  if (kind === 'would_not_be_undone') return undoneBy(backtest, 'before', entry) ?? entry.said
  return entry.said
}

/** What was undone doesn't stand. */
export const standingAmount = (side: ShownSide | null): number =>
  side === null || side.undone ? 0 : side.amount
