// An erasure goes through all adjustments, then through all payloads, then through the rest, in bounded
// steps under a lease, with its progress in D1: a crash repeats one step, and a step takes out nothing twice.
// What still goes on is left as it is, with the rest, and all is looked at again an hour later.

import { eraseRest } from '../db/erase-rest.ts'
import { commitErasureStep } from '../db/erase-step.ts'
import { nextEvents } from '../db/read-erasable-events.ts'
import { findDueErasure, identitiesOf, nextAdjustments } from '../db/read-erasures.ts'
import type { Erasure } from '../db/schema.ts'
import { finishErasure, releaseErasure, takeErasure } from '../db/write-erasures.ts'
import { assert } from '../domain/assert.ts'
import {
  askersCountSince,
  erasureOf,
  withReferences,
  type ErasableAdjustment,
} from '../domain/erasable.ts'
import {
  holdsText,
  notSearched,
  plainPart,
  textsFor,
  type ErasedCustomer,
} from '../domain/erasure.ts'
import {
  ERASURE_AGAIN_SECONDS,
  ERASURE_STEPS_PER_TICK,
  ERASURE_TICK_SECONDS,
  ERASURE_UNDECIDED_SHOWN_MAX,
} from '../domain/limits.ts'
import { searchEvent } from '../domain/search-event.ts'
import type { Deps } from '../deps.ts'

/** The minute's look: goes on with the one that has waited longest, as far as one tick does. */
export async function eraseByClock(deps: Deps): Promise<void> {
  const startedAt = deps.now()
  const seq = await findDueErasure(deps.db, startedAt)
  if (seq === null) return
  let run = await takeErasure(deps.db, seq, startedAt)
  for (let steps = 0; run !== null && steps < ERASURE_STEPS_PER_TICK; steps++) {
    if (deps.now() - startedAt >= ERASURE_TICK_SECONDS * 1_000) break
    run = await takeStep(deps, run)
    if (run?.wakeAt === null) return
    if (run !== null && waits(run)) break
  }
  if (run === null) return
  const seconds = waits(run) ? ERASURE_AGAIN_SECONDS : 0
  await releaseErasure(deps.db, run, deps.now() + seconds * 1_000)
}

const isNewRound = ({ phase, throughAdjustment }: Erasure): boolean =>
  phase === 'adjustments' && throughAdjustment === 0

/** A round that has found more to look for, and waits for nothing, goes on at once. */
const waits = (run: Erasure): boolean => isNewRound(run) && run.waiting > 0

/** Null where the lease was lost. */
function takeStep(deps: Deps, run: Erasure): Promise<Erasure | null> {
  const { customer } = run
  assert(customer !== null, 'an open erasure without a customer')
  switch (run.phase) {
    case 'adjustments':
      return stepAdjustments(deps, run, customer)
    case 'payloads':
      return stepPayloads(deps, run, customer)
    case 'rest':
      return stepRest(deps, run, customer)
  }
}

async function stepAdjustments(
  deps: Deps,
  run: Erasure,
  customer: ErasedCustomer,
): Promise<Erasure | null> {
  const rows = await nextAdjustments(deps.db, run)
  if (rows.length > 0) return eraseRows(deps, run, customer, rows)
  const { throughAdjustment, counts } = run
  const waiting = isNewRound(run) ? 0 : run.waiting
  const sought = isNewRound(run) ? asOfNow(customer) : customer
  const progress = { customer: sought, phase: 'payloads', after: 0, throughAdjustment } as const
  return commitErasureStep(
    deps.db,
    run,
    { ...NOTHING, progress: { ...progress, waiting, counts } },
    deps.now(),
  )
}

/** What a round has found is found anew in the next one. */
const asOfNow = (customer: ErasedCustomer): ErasedCustomer => ({
  ...customer,
  undecided: [],
  cut: 0,
})

const NOTHING = { adjustments: [], ended: [], payloads: [], words: [] } as const

async function eraseRows(
  { config, db, now }: Deps,
  run: Erasure,
  customer: ErasedCustomer,
  rows: readonly ErasableAdjustment[],
): Promise<Erasure | null> {
  const at = now()
  const known = withReferences(isNewRound(run) ? asOfNow(customer) : customer, rows)
  const askedSince = askersCountSince(config.limits, at)
  const found = rows.map((row) => ({ row, ...erasureOf(row, known, askedSince) }))
  const ended = found.filter(({ isEnded }) => isEnded).map(({ row }) => row)
  const taken = found.filter(
    ({ row, isEnded, fields }) => fields.length > 0 || (isEnded && row.payload !== null),
  )
  const fixed = taken.filter(({ row: { account, subject, ruleHold } }) =>
    holdsText([subject, ruleHold], textsFor(known, { account, isOthers: false })),
  ).length
  const { phase, after, counts } = run
  return commitErasureStep(
    db,
    run,
    {
      progress: {
        customer: known,
        phase,
        after,
        throughAdjustment: rows.at(-1)?.seq ?? run.throughAdjustment,
        waiting: (isNewRound(run) ? 0 : run.waiting) + found.filter(({ waits }) => waits).length,
        counts: { ...counts, unchangeable: counts.unchangeable + fixed },
      },
      adjustments: found
        .filter(({ fields }) => fields.length > 0)
        .map(({ row: { id }, fields }) => ({ id, fields })),
      ended: ended.map(({ id }) => id),
      payloads: [...new Set(ended.flatMap(({ payload }) => (payload === null ? [] : [payload])))],
      words: [],
    },
    at,
  )
}

async function stepPayloads(
  { db, now }: Deps,
  run: Erasure,
  customer: ErasedCustomer,
): Promise<Erasure | null> {
  const range = { after: run.after, through: run.throughEvent }
  const parts = textsFor(customer, { account: null, isOthers: false }).map(plainPart)
  const { candidates, last } = await nextEvents(db, customer, range, parts)
  const his = candidates
    .map((event) => ({ ...event, ...searchEvent(event, textsFor(customer, event)) }))
    .filter(({ isNamed, hasWords }) => isNamed || hasWords)
  const ended = his.filter(({ isOpen }) => !isOpen)
  const waitsForAPerson = his
    .filter(({ isOpen, fate }) => isOpen && (fate === 'conflict' || fate === 'undecided'))
    .map(({ id }) => id)
  const { counts, throughAdjustment, waiting } = run
  const undecided = [...customer.undecided, ...waitsForAPerson]
  return commitErasureStep(
    db,
    run,
    {
      progress: {
        customer: { ...customer, undecided: undecided.slice(0, ERASURE_UNDECIDED_SHOWN_MAX) },
        phase: last === null ? 'rest' : 'payloads',
        after: last ?? 0,
        throughAdjustment,
        waiting: waiting + his.length - ended.length,
        counts: {
          ...counts,
          unchangeable: counts.unchangeable + ended.filter(({ isInId }) => isInId).length,
        },
      },
      ...NOTHING,
      payloads: ended.filter(({ isNamed }) => isNamed).map(({ seq }) => seq),
      words: ended.filter(({ hasWords }) => hasWords).map(({ seq }) => seq),
    },
    now(),
  )
}

/** What came while payloads were looked through comes first. Nothing else goes while something goes on. */
async function stepRest(
  deps: Deps,
  run: Erasure,
  customer: ErasedCustomer,
): Promise<Erasure | null> {
  const { db, log, now } = deps
  const rows = await nextAdjustments(db, run)
  if (rows.length > 0) return eraseRows(deps, run, customer, rows)
  if (run.waiting > 0 || customer.hasGrown) return beginAgain(deps, run, customer)
  const rest = await eraseRest(db, run, customer, now())
  if (rest === null || rest.isBehind) return rest?.run ?? null
  if (rest.run.waiting > 0) return beginAgain(deps, rest.run, customer)
  const { phase, after, throughAdjustment, waiting } = rest.run
  const counts = {
    ...run.counts,
    identities: run.counts.identities + rest.identities,
    notes: run.counts.notes + rest.notes,
  }
  const [id] = customer.ids
  const identities = id === undefined ? [] : await identitiesOf(db, id)
  if (identities.length > 0) {
    // More than are looked for at once, or said since then.
    const before = counts.notSearched + notSearched({ ...customer, texts: [] })
    const next = { ...customer, references: identities, cut: 0 }
    return beginAgain(deps, { ...rest.run, counts: { ...counts, notSearched: before } }, next)
  }
  if (id === undefined && rest.identities > 0) {
    const progress = { customer, phase, after, throughAdjustment, waiting, counts }
    return commitErasureStep(db, rest.run, { ...NOTHING, progress }, now())
  }
  const ended = { ...counts, notSearched: counts.notSearched + notSearched(customer) }
  const finished = await finishErasure(db, rest.run, ended, now())
  if (finished) log({ event: 'erased', erasure: finished.id, payloads: counts.payloads })
  return finished
}

/** What was waited for is shown until the next round, which counts anew. */
const beginAgain = ({ db, now }: Deps, run: Erasure, customer: ErasedCustomer) => {
  const { waiting, counts } = run
  const start = { phase: 'adjustments', after: 0, throughAdjustment: 0 } as const
  const progress = { ...start, customer: { ...customer, hasGrown: false }, waiting, counts }
  return commitErasureStep(db, run, { ...NOTHING, progress }, now())
}
