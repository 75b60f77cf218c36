// What each rule did lately: of the sums of days that the cron keeps, up to a minute ago. Where more of them came than one
// page reads, it says for fewer days.

import {
  findSumsState,
  listDayEvents,
  listDayTotals,
  type DayTotals,
  type SumsState,
} from '../../db/read-totals.ts'
import type { Fate } from '../../domain/event.ts'
import { RULE_DAYS_ROWS_MAX } from '../../domain/limits.ts'
import { ownIds } from '../../domain/rule.ts'
import type { AppContext } from '../context.ts'
import { lastDays } from './days.tsx'
import { clockOf } from './layout.tsx'

export type RuleActivity = {
  readonly totals: readonly DayTotals[]
  /** Of the events that this rule decided, when they came. */
  readonly fates: ReadonlyMap<KeptFate, number>
}

export type Activity = {
  /** None where one day alone has more than a page reads. */
  readonly days: number
  readonly state: SumsState
  /** By the rule's present id; its former ids count as its own. */
  readonly byRule: ReadonlyMap<string, RuleActivity>
}

const KEPT_FATES = [
  'adjusted',
  'duplicate',
  'conflict',
  'ignored',
  'shadow',
  'undecided',
] as const satisfies readonly Fate[]

type KeptFate = (typeof KEPT_FATES)[number]

export async function readActivity(c: AppContext): Promise<Activity> {
  const { db, config, billing } = c.var.deps
  const days = lastDays(clockOf(c))
  const [from = ''] = days
  const asked = { mode: billing?.mode ?? 'live', currency: config.currency, from }
  const [totals, decided, state] = await Promise.all([
    listDayTotals(db, asked, RULE_DAYS_ROWS_MAX),
    listDayEvents(db, asked, RULE_DAYS_ROWS_MAX),
    findSumsState(db, asked),
  ])
  const whole = days.filter((day) => day > cutOff(totals) && day > cutOff(decided))
  const byRule = new Map<string, RuleActivity>()
  for (const rule of config.rules) {
    const own = new Set(ownIds(rule))
    const isOwn = (row: { readonly day: string; readonly ruleId: string }) =>
      own.has(row.ruleId) && whole.includes(row.day)
    const events = decided.filter(isOwn)
    const fates = KEPT_FATES.map(
      (fate) => [fate, events.reduce((sum, row) => sum + row[fate], 0)] as const,
    )
    byRule.set(rule.id, {
      totals: totals.filter(isOwn),
      fates: new Map(fates.filter(([, count]) => count > 0)),
    })
  }
  return { days: whole.length, state, byRule }
}

/** The day of which, with those before it, not every row may have come; none where all have. */
const cutOff = (rows: readonly { readonly day: string }[]): string =>
  rows.length < RULE_DAYS_ROWS_MAX ? '' : (rows.at(-1)?.day ?? '')
