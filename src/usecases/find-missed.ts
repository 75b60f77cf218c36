// Asks each source that can be asked for deliveries that never came, once an hour. The trouble of one delays
// only itself, and what was found is committed before the search moves on.

import { findSearches } from '../db/read-gaps.ts'
import type { GapSearch } from '../db/schema.ts'
import { changeSearch, takeSearch } from '../db/write-gap-search.ts'
import type { Deps } from '../deps.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import {
  GAP_FAILURES_TOLD,
  GAP_OVERLAP_SECONDS,
  GAP_RUN_SECONDS,
  GAP_SEARCH_SECONDS,
  GAP_SETTLE_SECONDS,
  GAP_STEPS_PER_RUN,
} from '../domain/gap-limits.ts'
import type { AskTrouble } from '../gaps/finder.ts'
import { thrownFields } from '../log.ts'
import { findersOf, type ActiveFinder } from './finders-of.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { stepSearch, type Stepped } from './step-search.ts'

/** The minute's look. Where nothing is to be asked now, it is one statement, and none without a finder. */
export async function findMissed(deps: Deps): Promise<void> {
  const finders = findersOf(deps).filter((each) => each.off === null)
  if (finders.length === 0) return
  const names = finders.map(({ name }) => name)
  const waiting = (await findSearches(deps.db, names)).filter(({ wakeAt }) => wakeAt > deps.now())
  for (const each of finders) {
    if (waiting.some(({ endpoint }) => endpoint === each.name)) continue
    try {
      await search(deps, each)
    } catch (error) {
      // Its lease ends by itself, and the next search begins where this one stood.
      deps.log({ event: 'alarm.gap_search', endpoint: each.name, ...thrownFields(error) })
    }
  }
}

async function search(deps: Deps, active: ActiveFinder): Promise<void> {
  const startedAt = deps.now()
  let row = await takeSearch(deps.db, active.name, startedAt)
  if (row === null) return
  const to = wholeSecond(startedAt - GAP_SETTLE_SECONDS * 1_000)
  const isTimeUp = () => deps.now() - startedAt >= GAP_RUN_SECONDS * 1_000
  let at = wholeSecond(row.position ?? row.searchedUntil - GAP_OVERLAP_SECONDS * 1_000)
  if (at >= to) return end(deps, row, row.searchedUntil)
  let [moved, trouble]: [number, Stepped['trouble']] = [at, null]
  for (let steps = 0; steps < GAP_STEPS_PER_RUN; steps++) {
    const { until, isLeft, ...stepped } = await stepSearch(deps, active, { from: at, to, isTimeUp })
    trouble ??= stepped.trouble
    at = until
    const isOver = at >= to && !isLeft
    if (isOver && trouble === null) return end(deps, row, to)
    // Behind what could not be read the others are found all the same; the next search begins with it.
    const position = trouble?.at ?? at
    if (position > moved) {
      row = await changeSearch(deps.db, row, { position, failures: 0, trouble: null })
      if (row === null) return
      moved = position
    }
    if (isOver || isLeft || isTimeUp()) break
  }
  if (trouble !== null) return fail(deps, row, trouble)
  await changeSearch(deps.db, row, { wakeAt: deps.now() })
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1_000) * 1_000

/** People hear of it before the count is reset: a crash in between tells it again, and never not at all. */
async function end(deps: Deps, { endpoint, version }: GapSearch, until: number): Promise<void> {
  const [row] = await findSearches(deps.db, [endpoint])
  if (row?.version !== version) return
  const { found } = row
  if (found > 0) await raiseAlarm(deps, 'deliveries_missed', { endpoint, found }, endpoint)
  const now = deps.now()
  await changeSearch(deps.db, row, {
    searchedUntil: until,
    position: null,
    wakeAt: now + GAP_SEARCH_SECONDS * 1_000,
    found: 0,
    failures: 0,
    trouble: null,
    lastAt: now,
    lastFound: found,
  })
}

async function fail(deps: Deps, row: GapSearch, trouble: AskTrouble): Promise<void> {
  const { endpoint, found } = row
  const { code, status, retryAfterSeconds } = trouble
  const failures = row.failures + 1
  deps.log({ event: 'gap_search', endpoint, code, status, failures })
  if (failures === GAP_FAILURES_TOLD) {
    await raiseAlarm(deps, 'gap_search_failed', { endpoint, code, failures, found }, endpoint)
  }
  const wait = backoffSeconds(failures, retryAfterSeconds, deps.random())
  await changeSearch(deps.db, row, { failures, trouble: code, wakeAt: deps.now() + wait * 1_000 })
}
