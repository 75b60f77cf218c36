import * as z from 'zod/mini'
import { findAdjustments } from '../../db/read-adjustments.ts'
import { findEvent } from '../../db/read-events.ts'
import { listEvents } from '../../db/read-filtered.ts'
import type { Event } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { FATES } from '../../domain/event.ts'
import { isEventId } from '../../domain/ids.ts'
import { dismissEvent, type DismissalTrouble } from '../../usecases/dismiss-event.ts'
import { explainEvent } from '../../usecases/explain-event.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import { requeueEvent, type RequeueEventTrouble } from '../../usecases/requeue-event.ts'
import { fail, NOT_FOUND, succeed, succeedFound, type Failure } from '../answers.ts'
import { noteBulk } from '../note-bulk.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validPageWith, word } from '../validate.ts'
import { presentWithNote } from './adjustments.ts'

const MISSING: Failure = { ...NOT_FOUND, code: 'event_not_found' }

const filters = {
  fate: z.optional(z.enum(FATES)),
  endpoint: z.optional(word),
  type: z.optional(word),
}

export const events = createRoutes()
  .get('/', requireScope('read'), validPageWith(filters), noteBulk('events'), async (c) => {
    const { limit, cursor = null, ...filter } = c.req.valid('query')
    const found = await listEvents(c.var.deps.db, filter, { before: cursor, limit })
    return succeedFound(c, found, presentEvent)
  })
  .get('/:id', requireScope('read'), async (c) => {
    const { deps, operator } = c.var
    const { db } = deps
    const id = c.req.param('id')
    const found = isEventId(id) ? await findEvent(db, id) : null
    if (found === null) return fail(c, MISSING)
    const { event, payload } = found
    if (payload !== null) await noteReading(deps, operator, 'payloads')
    const adjustments = await findAdjustments(db, event.decision.adjustments ?? [])
    const { why, fields } = await explainEvent(deps, { event, payload, adjustments })
    return succeed(c, {
      ...presentEvent(event),
      why,
      fields,
      payload,
      adjustments: await Promise.all(adjustments.map((row) => presentWithNote(c, row))),
    })
  })
  .post('/:id/dismiss', requireScope('write'), validBody(z.strictObject({})), async (c) => {
    const id = c.req.param('id')
    if (!isEventId(id)) return fail(c, MISSING)
    const { deps, operator, logFields } = c.var
    const dismissed = await dismissEvent(deps, operator, id)
    if (dismissed.ok) return succeed(c, presentEvent(dismissed.value))
    for (const [field, value] of Object.entries(dismissed.error)) logFields.set(field, value)
    return fail(c, failureOf(dismissed.error))
  })
  .post('/:id/requeue', requireScope('approve'), validBody(z.strictObject({})), async (c) => {
    const id = c.req.param('id')
    if (!isEventId(id)) return fail(c, MISSING)
    const { deps, operator, logFields } = c.var
    const requeued = await requeueEvent(deps, operator, id)
    if (requeued.ok) {
      const { event, made } = requeued.value
      return succeed(c, { ...presentEvent(event), made })
    }
    for (const [field, value] of Object.entries(requeued.error)) logFields.set(field, value)
    return fail(c, requeueFailure(requeued.error))
  })

function failureOf(trouble: DismissalTrouble): Failure {
  switch (trouble.reason) {
    case 'event_not_found':
      return MISSING
    case 'not_dismissable':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'not_dismissable',
        message: `Only a conflict, or what is undecided, is dismissed: this event is ${trouble.fate}.`,
      }
    default:
      return unreachable(trouble)
  }
}

function requeueFailure(trouble: RequeueEventTrouble): Failure {
  const { reason: code } = trouble
  const conflict = (message: string): Failure => ({
    status: 409,
    type: 'conflict_error',
    code: code === 'event_unknown' ? MISSING.code : code,
    message,
  })
  switch (trouble.reason) {
    case 'event_unknown':
      return MISSING
    case 'endpoint_unknown':
      return conflict('Its endpoint is not configured any more, so no rule reads it.')
    case 'made_by_hand':
      return conflict('A person made this by hand: no rule has decided it, and none would.')
    case 'payload_forgotten':
      return conflict('What was delivered with it was forgotten, as the retention says.')
    case 'body_hidden':
      return conflict('The bodies of its source hold a secret and are not kept.')
    case 'not_readable':
      return conflict(`Its source reads no event in what was kept: ${trouble.detail}.`)
    case 'not_requeueable':
      return conflict(`Only what made nothing is decided again: this event is ${trouble.fate}.`)
    case 'not_decided_twice':
      return conflict('It would approve something, or tell a fact of its time. Do that anew.')
    default:
      return unreachable(trouble)
  }
}

export function presentEvent(event: Event) {
  return {
    object: 'event',
    id: event.id,
    endpoint: event.endpoint,
    source: event.source,
    account: event.account,
    ownId: event.ownId,
    unsignedId: event.unsignedId,
    type: event.type,
    mode: event.mode,
    occurredAt: event.occurredAt === null ? null : new Date(event.occurredAt).toISOString(),
    receivedAt: new Date(event.receivedAt).toISOString(),
    commitment: event.commitment,
    fate: event.fate,
    reason: event.reason,
    rule: event.ruleId,
    decision: event.decision,
  }
}
