// An erasure goes through all adjustments, then through all payloads, then through the rest, in bounded
// steps under a lease, with its progress in D1. What still goes on is left as it is, with the rest, and looked at
// again later.

import { findDueErasure, openAdjustmentsOf } from '../db/read-erasures.ts'
import type { Erasure } from '../db/schema.ts'
import { releaseErasure, takeErasure } from '../db/write-erasures.ts'
import { waitSeconds } from '../domain/erasure-round.ts'
import type { ErasedCustomer } from '../domain/erasure.ts'
import {
  ERASURE_LATE_DAYS,
  ERASURE_LATE_SHOWN_MAX,
  ERASURE_STEPS_PER_TICK,
  ERASURE_TICK_SECONDS,
  MS_PER_DAY,
} from '../domain/limits.ts'
import type { Deps } from '../deps.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { isNewRound, takeErasureStep } from './take-erasure-step.ts'

/** The minute's look: goes on with the one that has waited longest, as far as one tick does. */
export async function eraseByClock(deps: Deps): Promise<void> {
  const startedAt = deps.now()
  const seq = await findDueErasure(deps.db, startedAt)
  if (seq === null) return
  let run = await takeErasure(deps.db, seq, startedAt)
  for (let steps = 0; run !== null && steps < ERASURE_STEPS_PER_TICK; steps++) {
    if (deps.now() - startedAt >= ERASURE_TICK_SECONDS * 1_000) break
    run = await takeErasureStep(deps, run)
    if (run?.wakeAt === null) return
    if (run !== null && waits(run)) break
  }
  if (run === null) return
  const now = deps.now()
  if (run.customer === null || !waits(run)) return releaseErasure(deps.db, run, now)
  await releaseErasure(deps.db, run, now + waitSeconds(run.customer) * 1_000)
  if (now - run.requestedAt >= ERASURE_LATE_DAYS * MS_PER_DAY)
    await sayLate(deps, run, run.customer)
}

/** A round that has found more to look for, and waits for nothing, goes on at once. */
const waits = (run: Erasure): boolean => isNewRound(run) && run.waiting > 0

async function sayLate(
  deps: Deps,
  { id, requestedAt, waiting }: Erasure,
  customer: ErasedCustomer,
): Promise<void> {
  const waitsFor = [...(await openAdjustmentsOf(deps.db, customer)), ...customer.undecided]
  const shown = waitsFor.length === 0 ? null : waitsFor.slice(0, ERASURE_LATE_SHOWN_MAX)
  const requested = new Date(requestedAt).toISOString()
  await raiseAlarm(deps, 'erasure_open', { requested, waiting, waitsFor: shown }, id)
}
