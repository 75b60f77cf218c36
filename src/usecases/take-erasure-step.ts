// One step of an erasure: some adjustments, some payloads, or the rest. A crash repeats one step, and a step takes
// out nothing twice.

import { eraseRest } from '../db/erase-rest.ts'
import { commitErasureStep } from '../db/erase-step.ts'
import { nextEvents } from '../db/read-erasable-events.ts'
import {
  calledOf,
  countGoingOn,
  identitiesOf,
  nextAdjustments,
  sharedEmails,
} from '../db/read-erasures.ts'
import type { Erasure } from '../db/schema.ts'
import { finishErasure } from '../db/write-erasures.ts'
import { assert } from '../domain/assert.ts'
import {
  askersCountSince,
  erasureOf,
  unknownReferences,
  withReferences,
  type ErasableAdjustment,
} from '../domain/erasable.ts'
import { afterRound, asOfNow, withOpen } from '../domain/erasure-round.ts'
import {
  comparable,
  erasedCustomer,
  holdsText,
  notSearched,
  plainPart,
  textsFor,
  type ErasedCustomer,
} from '../domain/erasure.ts'
import { ERASURE_UNDECIDED_SHOWN_MAX } from '../domain/limits.ts'
import { searchEvent } from '../domain/search-event.ts'
import type { Deps } from '../deps.ts'

/** It begins a round. */
export const isNewRound = ({ phase, throughAdjustment }: Erasure): boolean =>
  phase === 'adjustments' && throughAdjustment === 0

/** Null where the lease was lost. */
export async function takeErasureStep(deps: Deps, run: Erasure): Promise<Erasure | null> {
  assert(run.customer !== null, 'an open erasure without a customer')
  if (run.customer.isOlder === true) return beginAnew(deps, run, run.customer)
  const customer = { ...run.customer, shared: await sharedEmails(deps.db, run.customer) }
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

/** An older row doesn't tell what was asked for from what was found: of that all is found once more. */
async function beginAnew(deps: Deps, run: Erasure, { ids, texts }: ErasedCustomer) {
  const [id] = ids
  const references = id === undefined ? [] : await calledOf(deps.db, id)
  const found = new Set(references.map(({ value }) => comparable(value)))
  const asked = texts.filter((text) => !found.has(text))
  return beginAgain(deps, { ...run, waiting: 0 }, erasedCustomer(ids, asked, references))
}

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
  const emptied = found.filter(({ fields }) => fields.includes('customerReference'))
  const cut = unknownReferences(
    known,
    emptied.map(({ row }) => row),
  )
  const open = found.filter(({ waits }) => waits).map(({ row: { seq } }) => seq)
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
        customer: withOpen({ ...known, cut: known.cut + cut.length }, { adjustments: open }),
        phase,
        after,
        throughAdjustment: rows.at(-1)?.seq ?? run.throughAdjustment,
        waiting: (isNewRound(run) ? 0 : run.waiting) + open.length,
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
  const only = customer.only?.events ?? null
  const range = { after: run.after, through: run.throughEvent, only }
  const parts = textsFor(customer, { account: null, isOthers: false }).map(plainPart)
  const { candidates, last } = await nextEvents(db, customer, range, parts)
  const his = candidates
    .map((event) => ({ ...event, ...searchEvent(event, textsFor(customer, event)) }))
    .filter(({ isNamed, hasWords }) => isNamed || hasWords)
  const ended = his.filter(({ isOpen }) => !isOpen)
  const open = his.filter(({ isOpen }) => isOpen)
  const waitsForAPerson = open
    .filter(({ fate }) => fate === 'conflict' || fate === 'undecided')
    .map(({ id }) => id)
  const { counts, throughAdjustment, waiting } = run
  const undecided = [...customer.undecided, ...waitsForAPerson]
  return commitErasureStep(
    db,
    run,
    {
      progress: {
        customer: withOpen(
          { ...customer, undecided: undecided.slice(0, ERASURE_UNDECIDED_SHOWN_MAX) },
          { events: open.map(({ seq }) => seq) },
        ),
        phase: last === null ? 'rest' : 'payloads',
        after: last ?? 0,
        throughAdjustment,
        waiting: waiting + open.length,
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
  if (customer.only !== null) {
    const waiting = await countGoingOn(db, run, customer, now())
    return beginAgain(deps, { ...run, waiting }, customer)
  }
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
  const { waiting, counts, throughAdjustment: through } = run
  const start = { phase: 'adjustments', after: 0, throughAdjustment: 0 } as const
  const next = afterRound(customer, { waits: waiting > 0, through })
  const progress = { ...start, customer: next, waiting, counts }
  return commitErasureStep(db, run, { ...NOTHING, progress }, now())
}
