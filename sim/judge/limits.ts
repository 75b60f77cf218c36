// The limits, added up again from the rows alone: what went out without a person fits, and the counters say
// what the rows say.

import { TIME_ZONE } from '../config.ts'
import { DAY, HOUR } from '../scenario.ts'
import type { Books, Row } from './books.ts'

type Counted = Row & { readonly counted_at: number; readonly counted_day: string }

const isCounted = (row: Row): row is Counted => row.counted_at !== null && row.counted_day !== null

const DAY_FORMAT = new Intl.DateTimeFormat('sv-SE', {
  timeZone: TIME_ZONE,
  dateStyle: 'short',
})

export function* checkLimits(books: Books): Iterable<string> {
  yield* checkSums(books)
  for (const row of books.rows.filter(isCounted)) {
    const day = DAY_FORMAT.format(row.counted_at)
    if (row.counted_day !== day) yield `counted_day: ${row.id} ${row.counted_day}, not ${day}`
  }
  for (const row of books.rows) {
    const counts = row.state === 'invoiced' || row.state === 'issuing'
    const isFree = ['rejected', 'cancelled', 'failed'].includes(row.state)
    if ((counts && row.counted_at === null) || (isFree && row.counted_at !== null)) {
      yield `counts: ${row.id} is ${row.state}, counted ${row.counted_at}`
    }
  }
  yield* checkAmounts(books)
}

/** `limit_sums` are kept by triggers; here they are added up. */
function* checkSums({ rows, world }: Books): Iterable<string> {
  const sums = new Map<string, number>()
  for (const row of rows.filter(isCounted)) {
    const { mode, settlement, amount, currency, rule_id, counted_at, counted_day } = row
    const direction = amount < 0 ? 'credit' : 'charge'
    const rest = [settlement, direction, currency]
    const hour = Math.floor(counted_at / HOUR)
    for (const key of [
      ['day', '', mode, counted_day, ...rest].join(' '),
      ['rule_hour', rule_id, mode, hour, ...rest].join(' '),
    ]) {
      sums.set(key, (sums.get(key) ?? 0) + Math.abs(amount))
    }
  }
  const kept = world.database.rows<Record<string, string | number>>('SELECT * FROM limit_sums')
  for (const { kind, key, mode, bucket, settlement, direction, currency, total } of kept) {
    const name = [kind, key, mode, bucket, settlement, direction, currency].join(' ')
    if ((sums.get(name) ?? 0) !== total) yield `limit_sums: ${name} is ${total}`
    sums.delete(name)
  }
  if (sums.size > 0) yield `limit_sums: ${[...sums.keys()].join(', ')} is missing`
}

/** Of what still counts, in the order in which it began to: nobody who was there later stood in its way. */
function* checkAmounts(books: Books): Iterable<string> {
  const { limits } = books.world.fleet.configs[0] ?? {}
  if (limits === undefined) return
  const counted = books.rows
    .filter(isCounted)
    .filter(({ state }) => state === 'invoiced')
    .toSorted((left, right) => claimedAs(books, left) - claimedAs(books, right))
  for (const [position, row] of counted.entries()) {
    const own = limits.of[row.settlement]
    const before = counted.slice(0, position).filter((each) => isSameClass(each, row))
    const used = (wanted: (each: Counted) => boolean): number =>
      before.filter(wanted).reduce((sum, each) => sum + Math.abs(each.amount), 0)
    const size = Math.abs(row.amount)
    const since = (days: number) => (each: Counted) => each.counted_at > row.counted_at - days * DAY
    const { perDay, perCustomer, perAsker, perHourPerRule, holdAbove } = own
    const found: readonly (readonly [string, boolean])[] = [
      ['holdAbove', size > holdAbove],
      [
        'perDay',
        perDay !== null &&
          size + used(({ counted_day }) => counted_day === row.counted_day) > perDay,
      ],
      [
        'perCustomer',
        perCustomer !== null &&
          size +
            used((each) => each.customer_id === row.customer_id && since(perCustomer.days)(each)) >
            perCustomer.max,
      ],
      [
        'perAsker',
        perAsker !== null &&
          row.asker !== null &&
          size + used((each) => each.asker === row.asker && since(perAsker.days)(each)) >
            perAsker.max,
      ],
      [
        'perHourPerRule',
        perHourPerRule !== null &&
          size + used((each) => each.rule_id === row.rule_id && hourOf(each) === hourOf(row)) >
            perHourPerRule,
      ],
      ['charge', limits.charges === 'hold' && row.amount > 0],
      [
        'duplicate',
        limits.duplicateHours > 0 &&
          isRepeated(row, counted.slice(0, position), limits.duplicateHours),
      ],
    ]
    for (const [limit, isOver] of found) {
      if (isOver && !wasLetThrough(books, row, limit)) {
        yield `over_${limit}: ${row.id} of ${row.amount} went out without a person`
      }
    }
  }
}

/** Where the claim by which it counts stands in the log: clocks of processes differ, its order doesn't. */
function claimedAs(books: Books, { id, counted_at }: Counted): number {
  const claims = books.entriesOf(id).filter(({ action }) => action === 'adjustment.claimed')
  return (claims.find(({ at }) => at === counted_at) ?? claims.at(-1))?.seq ?? 0
}

const hourOf = ({ counted_at }: Counted): number => Math.floor(counted_at / HOUR)

const isSameClass = (left: Row, right: Row): boolean =>
  left.settlement === right.settlement &&
  left.currency === right.currency &&
  left.mode === right.mode &&
  Math.sign(left.amount) === Math.sign(right.amount)

const REASONS: Readonly<Record<string, string>> = {
  charge: 'charge',
  duplicate: 'possible_duplicate',
}

/** A person has cleared this very reason. */
const wasLetThrough = (_: Books, row: Row, limit: string): boolean => {
  const cleared: unknown = JSON.parse(row.cleared_reasons ?? '[]')
  return Array.isArray(cleared) && cleared.includes(REASONS[limit] ?? `over_limit:${limit}`)
}

/** The same customer and amount a short time before, for something else. */
const isRepeated = (row: Counted, before: readonly Counted[], hours: number): boolean =>
  row.reverses === null &&
  before.some(
    (each) =>
      each.customer_id === row.customer_id &&
      each.amount === row.amount &&
      each.currency === row.currency &&
      each.reverses === null &&
      !(each.settlement === 'already_paid' && row.settlement === 'already_paid') &&
      each.subject !== row.subject &&
      each.counted_at > row.counted_at - hours * HOUR,
  )
