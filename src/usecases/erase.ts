// An erasure goes through all adjustments, then through all payloads, then through the rest, in bounded
// steps under a lease, with its progress in D1: a crash repeats one step, and a step takes out nothing twice.
// What of his still goes on is left as it is, and all is looked at again an hour later.

import { eraseRest } from '../db/erase-rest.ts'
import { findDueErasure, nextAdjustments, nextPayloads } from '../db/read-erasures.ts'
import type { ErasableAdjustment, ErasablePayload } from '../db/read-erasures.ts'
import type { Erasure } from '../db/schema.ts'
import {
  commitErasureStep,
  finishErasure,
  releaseErasure,
  takeErasure,
  type ErasedAdjustment,
} from '../db/write-erasures.ts'
import { assert } from '../domain/assert.ts'
import {
  comparable,
  holdsText,
  isSearchable,
  plainPart,
  type ErasedCustomer,
} from '../domain/erasure.ts'
import {
  ERASURE_AGAIN_SECONDS,
  ERASURE_IDENTIFIERS_MAX,
  ERASURE_STEPS_PER_TICK,
  ERASURE_TICK_SECONDS,
} from '../domain/limits.ts'
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
    if (run !== null && isNewRound(run)) break
  }
  if (run === null) return
  const seconds = isNewRound(run) ? ERASURE_AGAIN_SECONDS : 0
  await releaseErasure(deps.db, run, deps.now() + seconds * 1_000)
}

const isNewRound = ({ phase, after }: Erasure): boolean => phase === 'adjustments' && after === 0

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

const isOpen = ({ state }: ErasableAdjustment): boolean =>
  state === 'due' || state === 'issuing' || state === 'held'

async function stepAdjustments(
  { db, now }: Deps,
  run: Erasure,
  customer: ErasedCustomer,
): Promise<Erasure | null> {
  const rows = await nextAdjustments(db, run.after, run.throughAdjustment)
  const known = withReferences(customer, rows)
  const his = rows.filter((row) => isHis(row, known))
  const ended = his.filter((row) => !isOpen(row))
  const erased = rows
    .filter((row) => !isOpen(row))
    .map((row): ErasedAdjustment => ({ id: row.id, fields: fieldsOf(row, known) }))
    .filter(({ fields }) => fields.length > 0)
  const found = new Set(ended.flatMap(({ payload }) => (payload === null ? [] : [payload])))
  const { counts } = run
  const last = rows.at(-1)
  return commitErasureStep(
    db,
    run,
    {
      progress: {
        customer: known,
        phase: last ? 'adjustments' : 'payloads',
        after: last?.seq ?? 0,
        waiting: (run.after === 0 ? 0 : run.waiting) + his.length - ended.length,
        counts: {
          ...counts,
          adjustments: counts.adjustments + erased.length,
          payloads: counts.payloads + found.size,
          unchangeable: counts.unchangeable + his.filter((row) => namesHim(row, known)).length,
        },
      },
      adjustments: erased,
      payloads: [...found],
      details: [],
    },
    now(),
  )
}

/** What his adjustments call him, other events may call him too. */
function withReferences(
  { ids, texts }: ErasedCustomer,
  rows: readonly ErasableAdjustment[],
): ErasedCustomer {
  const found = rows
    .filter(({ customerId }) => customerId !== null && ids.includes(customerId))
    .flatMap(({ customerReference: text }) => (text === null ? [] : [comparable(text)]))
  return { ids, texts: [...new Set([...texts, ...found])].slice(0, ERASURE_IDENTIFIERS_MAX) }
}

const isHis = (
  { customerId, chosenCustomerId, customerReference }: ErasableAdjustment,
  { ids, texts }: ErasedCustomer,
): boolean =>
  [customerId, chosenCustomerId].some((id) => id !== null && ids.includes(id)) ||
  (customerReference !== null && texts.includes(comparable(customerReference)))

/** The billing API's own id says nothing by itself, and the money is accounted for by it. */
function fieldsOf(row: ErasableAdjustment, customer: ErasedCustomer): readonly string[] {
  const { asker, customerKind, customerReference, decisionNote } = row
  const isAsker = asker !== null && customer.texts.includes(comparable(asker))
  const about = isHis(row, customer)
  return [
    ...(about && customerReference !== null && customerKind !== 'billing_id'
      ? ['customerReference']
      : []),
    ...(about && decisionNote !== null ? ['decisionNote'] : []),
    ...(isAsker ? ['asker'] : []),
  ]
}

const namesHim = ({ subject }: ErasableAdjustment, { texts }: ErasedCustomer): boolean =>
  holdsText(subject, texts.filter(isSearchable))

async function stepPayloads(
  { db, now }: Deps,
  run: Erasure,
  customer: ErasedCustomer,
): Promise<Erasure | null> {
  const texts = [...customer.ids, ...customer.texts].map(comparable).filter(isSearchable)
  const { candidates, last } = await nextPayloads(
    db,
    run.after,
    run.throughEvent,
    texts.map(plainPart),
  )
  const his = candidates.filter((each) => holdsText(dataOf(each), texts))
  const ended = his.filter((each) => !each.isOpen)
  const { counts } = run
  return commitErasureStep(
    db,
    run,
    {
      progress: {
        customer,
        phase: last === null ? 'rest' : 'payloads',
        after: last ?? 0,
        waiting: run.waiting + his.length - ended.length,
        counts: {
          ...counts,
          payloads: counts.payloads + ended.length,
          unchangeable:
            counts.unchangeable + ended.filter(({ ownId }) => holdsText(ownId, texts)).length,
        },
      },
      adjustments: [],
      payloads: ended.map(({ seq }) => seq),
      details: ended
        .filter(({ decision }) => holdsText(JSON.parse(decision), texts))
        .map(({ seq }) => seq),
    },
    now(),
  )
}

/** What is no JSON is one text. */
function dataOf({ encoding, body }: ErasablePayload): unknown {
  if (encoding === 'base64') return new TextDecoder('latin1').decode(Uint8Array.fromBase64(body))
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''))
  } catch {
    return body
  }
}

async function stepRest(
  { db, log, now }: Deps,
  run: Erasure,
  customer: ErasedCustomer,
): Promise<Erasure | null> {
  const rest = await eraseRest(db, run, customer, now())
  if (rest === null) return null
  const counts = {
    ...run.counts,
    identities: run.counts.identities + rest.identities,
    notes: run.counts.notes + rest.notes,
  }
  const nothing = { adjustments: [], payloads: [], details: [] }
  const { waiting } = run
  if (rest.identities > 0) {
    const progress = { customer, phase: 'rest', after: 0, waiting, counts } as const
    return commitErasureStep(db, rest.run, { ...nothing, progress }, now())
  }
  if (waiting > 0) {
    // What was counted as unchangeable is counted again.
    const again = { ...counts, unchangeable: 0 }
    const progress = { customer, phase: 'adjustments', after: 0, waiting, counts: again } as const
    return commitErasureStep(db, rest.run, { ...nothing, progress }, now())
  }
  const finished = await finishErasure(db, rest.run, counts, now())
  if (finished) log({ event: 'erased', erasure: finished.id, payloads: counts.payloads })
  return finished
}
