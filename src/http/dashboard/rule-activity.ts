// What each rule did lately. The one place that says from what, and of how long: sums of hours that are kept, and the
// newest events. Both reads are bounded by rows, so it is a day, and not a month.

import { listRuleSums, type KeptSum } from '../../db/read-dashboard.ts'
import { listRuleFates } from '../../db/read-endpoints.ts'
import type { Fate } from '../../domain/event.ts'
import {
  CHART_ROWS_MAX,
  LAST_EVENTS_READ_MAX,
  MS_PER_DAY,
  MS_PER_HOUR,
} from '../../domain/limits.ts'
import { ownIds } from '../../domain/rule.ts'
import type { AppContext } from '../context.ts'

const HOURS = 24

export const ACTIVITY_SPAN = `${HOURS} hours`

export type RuleActivity = {
  /** Issued or on their way. */
  readonly sums: readonly KeptSum[]
  /** Of the events that this rule decided. */
  readonly fates: ReadonlyMap<Fate, number>
}

export type Activity = {
  /** By the rule's present id; its former ids count as its own. */
  readonly byRule: ReadonlyMap<string, RuleActivity>
  /** False where more came than one page reads: then fates are at least so many. */
  readonly hasAllEvents: boolean
  /** False where more was issued than one page adds up: then no sum is shown. */
  readonly hasAllSums: boolean
}

export async function readActivity(c: AppContext): Promise<Activity> {
  const { db, config, billing, now } = c.var.deps
  const ids = config.rules.flatMap((rule) => ownIds(rule))
  const fromHour = Math.floor(now() / MS_PER_HOUR) - HOURS + 1
  const [sums, { rows, isAll }] = await Promise.all([
    listRuleSums(db, billing?.mode ?? 'live', ids, fromHour),
    listRuleFates(db, now() - MS_PER_DAY, LAST_EVENTS_READ_MAX),
  ])
  const byRule = new Map<string, RuleActivity>()
  for (const rule of config.rules) {
    const own = new Set(ownIds(rule))
    const decided = rows.filter(({ ruleId }) => ruleId !== null && own.has(ruleId))
    const fates = Map.groupBy(decided, ({ fate }) => fate)
    byRule.set(rule.id, {
      sums: sums.filter(({ key }) => own.has(key)),
      fates: new Map([...fates].map(([fate, of]) => [fate, of.length])),
    })
  }
  return { byRule, hasAllEvents: isAll, hasAllSums: sums.length < CHART_ROWS_MAX }
}
