// Retention: what is too old is forgotten, once an hour, in steps that go on at the next tick. What
// was decided, made and logged stays.

import {
  forgetOpenings,
  forgetPayloads,
  forgetRows,
  nextEvents,
  oldestPayloads,
  releaseRetention,
  takeRetention,
  type RetentionRun,
} from '../db/write-retention.ts'
import {
  RETENTION_EVERY_SECONDS,
  RETENTION_ROWS_PER_STEP,
  RETENTION_STEPS_PER_TICK,
} from '../domain/limits.ts'
import { forgottenBefore, movedNothing } from '../domain/retention.ts'
import type { Deps } from '../deps.ts'

/** Null where it isn't time, or somebody else is at it; else how many payloads went. */
export async function forgetByClock(deps: Deps): Promise<number | null> {
  const { db, log } = deps
  let run = await takeRetention(db, deps.now())
  if (run === null) return null
  await forgetOpenings(db, deps.now())
  let payloads = 0
  let isMore = true
  for (let steps = 0; isMore && steps < RETENTION_STEPS_PER_TICK; steps++) {
    const step = await forgetOldPayloads(deps, run)
    const hasRows = await forgetRows(db, deps.now())
    isMore = step.isMore || hasRows
    payloads += step.gone
    run = step.run
  }
  const until = deps.now() + (isMore ? 0 : RETENTION_EVERY_SECONDS * 1_000)
  await releaseRetention(db, run, until)
  if (payloads > 0) log({ event: 'forgotten', payloads })
  return payloads
}

type Step = { readonly run: RetentionRun; readonly gone: number; readonly isMore: boolean }

/** The oldest payloads for those of their age, and the events behind the last look for ignored ones. */
async function forgetOldPayloads({ config, db, now }: Deps, run: RetentionRun): Promise<Step> {
  const before = forgottenBefore(config.retention, now())
  const oldest = await oldestPayloads(db)
  const seen = await nextEvents(db, run.ignoredThrough)
  const young = seen.findIndex(({ receivedAt }) => receivedAt >= before.ignored)
  const passed = young < 0 ? seen : seen.slice(0, young)
  const rows = [
    ...oldest.filter(({ receivedAt }) => receivedAt < before.money),
    ...passed.filter(({ fate }) => movedNothing(fate)),
  ]
  const ignoredThrough = passed.at(-1)?.seq ?? run.ignoredThrough
  if (rows.length === 0 && ignoredThrough === run.ignoredThrough) {
    return { run, gone: 0, isMore: false }
  }
  const gone = await forgetPayloads(db, run, { rows, ignoredThrough }, now())
  const isMore = passed.length >= RETENTION_ROWS_PER_STEP || gone >= RETENTION_ROWS_PER_STEP
  return { run: { ...run, ignoredThrough }, gone, isMore }
}
