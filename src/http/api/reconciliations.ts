// Comparisons with the billing API: what was compared, a further one, and what doesn't fit.

import * as z from 'zod/mini'
import { listDiscrepancies } from '../../db/read-filtered.ts'
import { findReconciliation, listReconciliations } from '../../db/read-reconciliations.ts'
import type { Discrepancy, Reconciliation } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { isDiscrepancyId } from '../../domain/ids.ts'
import { NOTE_CHARS_MAX, RECONCILE_DAYS_MAX } from '../../domain/limits.ts'
import { DISCREPANCIES } from '../../domain/reconciliation.ts'
import { settleDiscrepancy, type SettleTrouble } from '../../usecases/settle-discrepancy.ts'
import {
  startReconciliation,
  startRestored,
  type StartTrouble,
} from '../../usecases/start-reconciliation.ts'
import {
  fail,
  NOT_FOUND,
  succeed,
  succeedFound,
  succeedPage,
  TRY_AGAIN,
  type Failure,
} from '../answers.ts'
import { noteBulk } from '../note-bulk.ts'
import { refuseWithout, requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validPage, validPageWith } from '../validate.ts'

const moment = z.pipe(
  z.iso.datetime({ offset: true }),
  z.transform((text: string) => Date.parse(text)),
)

/** `since` and `until`: ISO 8601. `restored`: the database was put back to an earlier time. */
const wanted = z.union([
  z.strictObject({ since: moment, until: z.optional(moment) }),
  z.strictObject({
    restored: z.literal(true),
    days: z.optional(z.int().check(z.gte(1), z.lte(RECONCILE_DAYS_MAX))),
  }),
])

export const idOf = (seq: number): string => `rec_${seq}`
const seqOf = (id: string): number | null => {
  const [, digits] = /^rec_([1-9]\d{0,14})$/.exec(id) ?? []
  return digits === undefined ? null : Number(digits)
}

const MISSING: Failure = { ...NOT_FOUND, code: 'reconciliation_not_found' }

export const reconciliations = createRoutes()
  .get('/', requireScope('read'), validPage, async (c) => {
    const { limit, cursor = null } = c.req.valid('query')
    const rows = await listReconciliations(c.var.deps.db, { before: cursor, limit: limit + 1 })
    return succeedPage(c, rows, limit, present)
  })
  .get('/:id', requireScope('read'), async (c) => {
    const seq = seqOf(c.req.param('id'))
    const found = seq === null ? null : await findReconciliation(c.var.deps.db, seq)
    return found === null ? fail(c, MISSING) : succeed(c, present(found))
  })
  .post('/', requireScope('write'), validBody(wanted), async (c) => {
    const { deps, operator, logFields } = c.var
    const body = c.req.valid('json')
    const isRestored = 'restored' in body
    // It also resumes what it pauses.
    const refused = isRestored ? refuseWithout(c, 'approve') : null
    if (refused !== null) return refused
    const started = isRestored
      ? await startRestored(deps, operator, body.days)
      : await startReconciliation(deps, operator, { since: body.since, until: body.until ?? null })
    if (started.ok) return succeed(c, present(started.value), 201)
    for (const [field, value] of Object.entries(started.error)) logFields.set(field, value)
    return fail(c, failureOf(started.error))
  })

export const discrepancies = createRoutes()
  .get(
    '/',
    requireScope('read'),
    validPageWith({ state: z.optional(z.enum(['open', 'settled'])) }),
    noteBulk('discrepancies'),
    async (c) => {
      const { limit, cursor = null, ...filter } = c.req.valid('query')
      const found = await listDiscrepancies(c.var.deps.db, filter, { before: cursor, limit })
      return succeedFound(c, found, presentFound)
    },
  )
  .post(
    '/:id/settle',
    requireScope('approve'),
    validBody(
      z.strictObject({ note: z.string().check(z.minLength(1), z.maxLength(NOTE_CHARS_MAX)) }),
    ),
    async (c) => {
      const { deps, operator, logFields } = c.var
      const id = c.req.param('id')
      if (!isDiscrepancyId(id)) return fail(c, failureOf({ reason: 'discrepancy_not_found' }))
      const settled = await settleDiscrepancy(deps, operator, id, c.req.valid('json').note)
      if (settled.ok) return succeed(c, presentFound(settled.value))
      for (const [field, value] of Object.entries(settled.error)) logFields.set(field, value)
      return fail(c, failureOf(settled.error))
    },
  )

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/** `sums`: minor units, signed; null until they are there. */
function present(row: Reconciliation) {
  return {
    object: 'reconciliation',
    id: idOf(row.seq),
    mode: row.mode,
    since: iso(row.fromAt),
    until: iso(row.toAt),
    startedAt: iso(row.startedAt),
    askedBy: row.askedBy,
    restored: row.isRestored,
    phase: row.finishedAt === null ? row.progress.phase : null,
    finishedAt: iso(row.finishedAt),
    outcome: row.outcome,
    counts: row.progress.counts,
    sums: row.progress.sums,
  }
}

/** `expected`, `found`: minor units, signed, by our record and at the billing API. */
function presentFound(row: Discrepancy) {
  const { meaning, todo } = DISCREPANCIES[row.reason]
  return {
    object: 'discrepancy',
    id: row.id,
    reason: row.reason,
    meaning,
    todo,
    adjustmentId: row.adjustmentId,
    eventId: row.eventId,
    invoiceId: row.invoiceId,
    day: row.day,
    currency: row.currency,
    expected: row.expected,
    found: row.found,
    fields: row.fields,
    firstSeenAt: iso(row.firstSeenAt),
    lastSeenAt: iso(row.lastSeenAt),
    state: row.settledAt === null ? 'open' : 'settled',
    settledAt: iso(row.settledAt),
    settledBy: row.settledBy,
    note: row.note,
  }
}

function failureOf(trouble: StartTrouble | SettleTrouble): Failure {
  switch (trouble.reason) {
    case 'billing_not_configured':
      return { ...TRY_AGAIN, code: 'not_configured', message: 'No billing API is configured.' }
    case 'window_empty':
      return {
        status: 400,
        type: 'validation_error',
        code: 'validation_error',
        message: `since: it has to be before until, and ${trouble.settleSeconds} seconds before now: what is younger may not be listed yet`,
        param: 'since',
      }
    case 'window_too_long':
      return {
        status: 400,
        type: 'validation_error',
        code: 'validation_error',
        message: `since: ${trouble.days} days are too many; at most ${trouble.max} are compared at a time`,
        param: 'since',
      }
    case 'already_running':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'reconciliation_running',
        message:
          'One that a person asked for has not ended yet. Where it is after a restore, everything is paused.',
      }
    case 'discrepancy_not_found':
      return { ...NOT_FOUND, code: 'discrepancy_not_found' }
    case 'already_settled':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'already_settled',
        message: 'It was settled before.',
      }
    default:
      return unreachable(trouble)
  }
}
