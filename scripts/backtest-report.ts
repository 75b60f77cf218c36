// What a backtest found, for people and as JSON. Nothing in it comes from a clock but the bounds.

import type { Difference, ShownSide } from '../src/domain/backtest-difference.ts'
import type { Findings } from '../src/domain/backtest-findings.ts'
import { decimalText } from '../src/domain/money.ts'
import { wordFor, amountText } from '../src/domain/adjustment.ts'

export type Backtested = {
  /** The configuration's file, as it was named. */
  readonly rules: string
  /** ISO 8601, of when events were received; `until` is null for all later ones. */
  readonly since: string
  readonly until: string | null
  readonly findings: Findings
}

const NOT_REPLAYED =
  'Limits, holds and what people decided are not replayed: amounts are what rules ask for.'

export const jsonReport = ({ findings, ...about }: Backtested): string =>
  JSON.stringify({ object: 'backtest', ...about, limits: 'not_replayed', ...findings }, null, 2)

/** `idsOnly`: of each difference the event's id, and no customer, subject, account, or word of a rule. */
export function textReport(
  { rules, since, until, findings }: Backtested,
  idsOnly: boolean = false,
): string {
  const { lines, fates, largest, differences } = findings
  const range = until === null ? `from ${since} on` : `from ${since} until ${until}`
  const parts = [
    [`${rules} over the events received ${range}.`, NOT_REPLAYED],
    [eventsLine(findings), differing(differences)],
    lines.length === 0 ? [] : table([LINE_HEAD, ...lines.map(lineCells)], 3),
    fates.length === 0 ? [] : table([FATE_HEAD, ...fates.map(fateCells)], 2),
    largest.length === 0
      ? []
      : [`The ${largest.length} largest:`, ...largest.flatMap(idsOnly ? toldById : told)],
  ]
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')
}

function differing(count: number): string {
  if (count === 0) return 'Nothing differs.'
  return count === 1 ? '1 differs.' : `${count} differ.`
}

function eventsLine({ events }: Findings): string {
  const { read, decided, notReceived, kept } = events
  const others: readonly (readonly [number, string])[] = [
    [kept.payload_forgotten, 'without their payload by now'],
    [kept.body_hidden, 'whose body was never kept'],
    [kept.not_readable, 'that can not be read'],
    [notReceived, 'that no endpoint would receive'],
  ]
  const told = others.filter(([events_]) => events_ > 0).map(([count, text]) => `${count} ${text}`)
  return `${[`${read} events: ${decided} decided again`, ...told].join(', ')}.`
}

const LINE_HEAD = ['rule', 'currency', 'kind', 'count', 'before', 'after', 'difference']

const lineCells = (line: Findings['lines'][number]): string[] => {
  const { rule, currency, kind, count, before, after, difference } = line
  const sums = [before, after, difference].map((sum) => decimalText(sum, currency))
  return [rule, currency, kind, String(count), ...sums]
}

const FATE_HEAD = ['fate then', 'fate now', 'events']

const fateCells = ({ before, after, events }: Findings['fates'][number]): string[] => [
  before,
  after,
  String(events),
]

/** The first `texts` columns are words, the others numbers. */
function table(rows: readonly (readonly string[])[], texts: number): string[] {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, at) => Math.max(cell.length, widest[at] ?? 0)),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, at) =>
        at < texts ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

const headOf = (difference: Difference, position: number): string =>
  `${String(position + 1).padStart(4)}  ${amountDifference(difference)}  ${[difference.kind, ...difference.also].join(', ')}`

const toldById = (difference: Difference, position: number): string[] => [
  `${headOf(difference, position)}  ${difference.event}`,
]

function told(difference: Difference, position: number): string[] {
  const { event, account, subject, part, before, after, saidThen, saidNow } = difference
  const name = part === '' ? subject : `${subject} (${part})`
  return [
    headOf(difference, position),
    `      ${name} of ${account}, ${event}`,
    `      before: ${sideText(before)}`,
    `      after:  ${sideText(after)}`,
    `      then:   ${saidThen}`,
    `      now:    ${saidNow}`,
  ]
}

function amountDifference({ before, after, difference }: Difference): string {
  const { currency } = after ?? before ?? { currency: '' }
  if (difference === null) return 'between two currencies'
  return `${decimalText(difference, currency)} ${currency.toUpperCase()}`
}

function sideText(side: ShownSide | null): string {
  if (side === null) return 'nothing'
  const customer = side.customer?.value ?? 'an unknown customer'
  const undone = side.undone ? ', undone' : ''
  return `${wordFor(side.amount)} of ${amountText(side)} for ${customer} by ${side.rule}, ${side.settlement}${undone}`
}
