// The comparison of the record with the billing API, past the product: when one is due, what it has come to,
// and whether it keeps claims from going out for longer than there is a cause.

import type { Crashes } from './crashes.ts'
import { HOUR, kindAt, MINUTE, type Scenario } from './scenario.ts'
import type { Sqlite } from './sqlite.ts'

/** One that speaks for the whole record: the clock's, or that of a restored database. */
const OF_ALL = '(asked_by IS NULL OR is_restored)'
const EVERY_MS = HOUR + 15 * MINUTE
/** A record that has not been listed for longer lets nothing out. */
const LISTED_WITHIN_MS = 20 * HOUR
/** Without an outage or a crash it is some ticks away; but they are late, and one call in three fails. */
const CLAIMS_WAIT_MS_MAX = 2 * HOUR

/** When one can begin, or go on. */
export function comparisonDueAt(database: Sqlite): number {
  const [row] = database.rows<Record<'open' | 'done' | 'first', number | null>>(
    `SELECT (SELECT min(coalesce(lease_until, 0)) FROM reconciliations WHERE finished_at IS NULL) AS open,
      (SELECT max(to_at) FROM reconciliations WHERE outcome = 'complete' AND ${OF_ALL}) AS done,
      (SELECT min(created_at) FROM adjustments) AS first`,
  )
  const since = row?.done ?? row?.first ?? Infinity
  return row?.open ?? since + EVERY_MS
}

/** Whether all that was there at that moment has been compared; where nothing ever came, nothing has to be. */
export function isCompared(database: Sqlite, at: number): boolean {
  const found = database.rows(
    `SELECT 1 FROM reconciliations WHERE outcome = 'complete' AND ${OF_ALL} AND to_at >= ?
      UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM adjustments)`,
    at,
  )
  return found.length > 0
}

/** Whether its first listing has been read to its end: from then on its age guards it. */
export const wasListed = (database: Sqlite): boolean => lastListed(database) !== null

function lastListed(database: Sqlite): number | null {
  const [row] = database.rows<{ at: number | null }>(
    `SELECT max(to_at) AS at FROM reconciliations WHERE listed_at IS NOT NULL AND ${OF_ALL}`,
  )
  return row?.at ?? null
}

type Watched = {
  readonly scenario: Scenario
  readonly database: Sqlite
  readonly timeline: { readonly now: () => number }
  readonly isHealed: () => boolean
  readonly crashes: Pick<Crashes, 'counts'>
  readonly violations: string[]
}

/** To be called each now and then. */
export function watchClaims(watched: Watched): () => void {
  const { scenario, database, timeline, isHealed, crashes, violations } = watched
  let since: number | null = null
  let crashedBefore = 0
  const mayTakeLong = (now: number): boolean =>
    !isHealed() &&
    (['down', 'refused', 'limited'].includes(kindAt(scenario.climates, now, 'calm')) ||
      kindAt(scenario.fullDisk, now, null) === 'full')
  return () => {
    const now = timeline.now()
    const crashed = cronCrashes(crashes)
    const listedAt = lastListed(database)
    const isOld = listedAt !== null && listedAt <= now - LISTED_WITHIN_MS
    const isStopped =
      isOld &&
      !mayTakeLong(now) &&
      crashed === crashedBefore &&
      database.rows("SELECT 1 FROM adjustments WHERE state = 'due' LIMIT 1").length > 0
    since = isStopped ? (since ?? now) : null
    crashedBefore = crashed
    if (since === null || now - since <= CLAIMS_WAIT_MS_MAX) return
    violations.push(`claims_stopped: for ${Math.round((now - since) / MINUTE)} minutes`)
  }
}

/** What is seldom crashes often, so that a comparison may need many ticks. */
function cronCrashes({ counts }: Pick<Crashes, 'counts'>): number {
  let sum = 0
  for (const [label, { before, after }] of counts) {
    if (label.startsWith('cron: ')) sum += before + after
  }
  return sum
}
