// The sums of days, added up once more from the rows and the log: what the cron kept says the same.

import { TIME_ZONE } from '../config.ts'
import type { Books, Entry, Row } from './books.ts'

const DAY_FORMAT = new Intl.DateTimeFormat('sv-SE', { timeZone: TIME_ZONE, dateStyle: 'short' })

const FACTS: Readonly<Record<string, string>> = {
  'adjustment.created': 'made',
  'adjustment.held': 'held',
  'adjustment.invoiced': 'invoiced',
  'adjustment.adopted': 'invoiced',
  'adjustment.rejected': 'rejected',
  'adjustment.expired': 'rejected',
  'adjustment.cancelled': 'cancelled',
  'adjustment.failed': 'failed',
}
const KEPT = ['made', 'held', 'invoiced', 'rejected', 'cancelled', 'failed', 'voided']

export function* checkTotals({ rowOf, entries, world }: Books): Iterable<string> {
  const wanted = new Map<string, number>()
  const voided = new Set<string>()
  for (const entry of entries) {
    const row = rowOf.get(entry.subject)
    const fact = isVoiding(entry) ? firstVoiding(entry, voided) : FACTS[entry.action]
    if (row === undefined || fact === undefined) continue
    const name = nameOf(fact, entry, row)
    wanted.set(name, (wanted.get(name) ?? 0) + Math.abs(row.amount))
  }
  const kept = world.database.rows<Record<string, string | number>>('SELECT * FROM daily_totals')
  for (const row of kept) {
    for (const fact of KEPT) {
      if (row[fact] === 0) continue
      const { day, mode, endpoint, rule_id, settlement, direction, currency } = row
      const name = [fact, day, mode, endpoint, rule_id, settlement, direction, currency].join(' ')
      const sum = row[`${fact}_sum`]
      if (wanted.get(name) !== sum) yield `daily_totals: ${name} is ${sum}`
      wanted.delete(name)
    }
  }
  if (wanted.size > 0) yield `daily_totals: ${[...wanted.keys()].join(', ')} is missing`
}

/** However many say so. */
function firstVoiding({ subject }: Entry, voided: Set<string>): 'voided' | undefined {
  if (voided.has(subject)) return undefined
  voided.add(subject)
  return 'voided'
}

const isVoiding = ({ action, data }: Entry): boolean =>
  action === 'adjustment.voided' ||
  (/\.(invoice_status_seen|void_failed)$/.test(action) && data['status'] === 'void')

const nameOf = (fact: string, { at }: Entry, row: Row): string =>
  [
    fact,
    DAY_FORMAT.format(at),
    row.mode ?? 'test',
    row.endpoint,
    row.rule_id,
    row.settlement,
    row.amount < 0 ? 'credit' : 'charge',
    row.currency,
  ].join(' ')
