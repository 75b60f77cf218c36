// What a month of use would have left in the sums that the cron keeps: for pictures of the charts. No adjustment and no
// entry of the log belongs to it.

import { DatabaseSync } from 'node:sqlite'
import { localFile } from './backtest-database.ts'

const DAYS = 29
const DAY_MS = 86_400_000
const BUSY_MS = 5_000

/** Of each rule, and how much of it a week's day has. Amounts in minor units. */
const RULES = [
  ['zendesk', 'zendesk', 'zendesk-ticket-credit', 'owed', 'credit', 6, 2_850],
  ['stripe', 'stripe', 'stripe-refund-record', 'already_paid', 'credit', 4, 3_120],
  ['standard', 'standard', 'credit-requested', 'owed', 'charge', 1, 1_490],
] as const

/** Mondays have the most, weekends little. */
const WEEK = [2, 9, 7, 6, 6, 5, 1]

export function fillPastDays(statePath: string, now: number): void {
  const database = new DatabaseSync(localFile(statePath), { timeout: BUSY_MS })
  const total =
    database.prepare(`INSERT INTO daily_totals (mode, currency, day, source, endpoint, rule_id, settlement,
    direction, made, made_sum, held, held_sum, invoiced, invoiced_sum, rejected, rejected_sum, cancelled, cancelled_sum,
    failed, failed_sum, voided, voided_sum)
    VALUES ('test', 'usd', ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING`)
  const events =
    database.prepare(`INSERT INTO daily_events (mode, day, source, endpoint, rule_id, adjusted, duplicate,
    conflict, ignored, shadow, undecided) VALUES ('test', ?, ?, ?, ?, ?, ?, 0, 0, 0, 0) ON CONFLICT DO NOTHING`)
  for (let back = 1; back <= DAYS; back++) {
    const at = new Date(now - back * DAY_MS)
    const day = at.toISOString().slice(0, '2026-10-31'.length)
    for (const [source, endpoint, rule, settlement, direction, weight, amount] of RULES) {
      const count = Math.ceil(((WEEK[at.getUTCDay()] ?? 0) * weight * (7 + (back % 4))) / 40)
      const sum = count * (amount + ((back * 131) % 700))
      total.run(day, source, endpoint, rule, settlement, direction, count, sum, count, sum)
      events.run(day, source, endpoint, rule, count, back % 3)
    }
  }
  database.close()
}
