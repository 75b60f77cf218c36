// Trying again: `POST /adjustments/{id}/requeue` and `/adopt`, for one that a person saw at a version, and
// `POST /adjustments/requeue` for many that have failed.

import * as z from 'zod/mini'
import type { Adjustment } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import { BILLING_ID_CHARS_MAX, REQUEUE_IDS_MAX, WORD_CHARS_MAX } from '../../domain/limits.ts'
import type { RequeueRefusal } from '../../domain/requeue.ts'
import type { Result } from '../../domain/result.ts'
import {
  adoptInvoice,
  type AdoptionRefusal,
  type AdoptionTrouble,
} from '../../usecases/adopt-invoice.ts'
import {
  requeueAdjustment,
  requeueMany,
  type RequeueTrouble,
} from '../../usecases/requeue-adjustment.ts'
import { fail, NOT_FOUND, succeed, TRY_AGAIN, type Failure } from '../answers.ts'
import { matchVersion, moved } from '../conditions.ts'
import type { AppContext } from '../context.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody } from '../validate.ts'
import { succeedWithTag } from './adjustments.ts'

const version = z.int().check(z.gte(1))

/** `looked`: no invoice of it is at the billing API, or only void or uncollectible ones. */
const again = z.strictObject({ version, looked: z._default(z.boolean(), false) })

const adoption = z.strictObject({
  version,
  invoiceId: z.string().check(z.minLength(1), z.maxLength(BILLING_ID_CHARS_MAX)),
})

const ONE_OF = 'either ids, or state and perhaps code, is wanted'

const many = z.pipe(
  z.strictObject({
    ids: z.optional(
      z
        .array(
          z
            .custom<`adj_${string}`>((id) => typeof id === 'string' && isAdjustmentId(id), {
              message: 'the id of an adjustment is wanted',
            })
            .check(z.meta({ type: 'string', pattern: '^adj_[0-9a-z]{32}$' })),
        )
        .check(z.minLength(1), z.maxLength(REQUEUE_IDS_MAX)),
    ),
    state: z.optional(z.literal('failed')),
    /** Of its last trouble. */
    code: z.optional(z.string().check(z.minLength(1), z.maxLength(WORD_CHARS_MAX))),
  }),
  z.transform(({ ids, state, code }, ctx) => {
    if (ids !== undefined && state === undefined && code === undefined) return { ids }
    if (ids === undefined && state !== undefined) return { code: code ?? null }
    ctx.issues.push({ code: 'custom', path: ['ids'], message: ONE_OF, input: ids })
    return z.NEVER
  }),
)

const MISSING: Failure = { ...NOT_FOUND, code: 'adjustment_not_found' }

export const requeue = createRoutes()
  .post('/requeue', requireScope('approve'), validBody(many), async (c) => {
    const { deps, operator, logFields } = c.var
    const { requeued, hasMore } = await requeueMany(deps, operator, c.req.valid('json'))
    logFields.set('requeued', requeued.length)
    return succeed(c, {
      object: 'requeue',
      requeued: requeued.length,
      adjustments: requeued,
      hasMore,
    })
  })
  .post('/:id/requeue', requireScope('approve'), validBody(again), matchVersion, async (c) => {
    const id = c.req.param('id')
    if (!isAdjustmentId(id)) return fail(c, MISSING)
    const { deps, operator } = c.var
    return answer(c, await requeueAdjustment(deps, operator, id, c.req.valid('json')))
  })
  .post('/:id/adopt', requireScope('approve'), validBody(adoption), matchVersion, async (c) => {
    const id = c.req.param('id')
    if (!isAdjustmentId(id)) return fail(c, MISSING)
    const { deps, operator } = c.var
    return answer(c, await adoptInvoice(deps, operator, id, c.req.valid('json')))
  })

type Trouble = RequeueTrouble | AdoptionTrouble

async function answer(c: AppContext, result: Result<Adjustment, Trouble>): Promise<Response> {
  const { logFields } = c.var
  if (result.ok) {
    logFields.set('adjustment', result.value.id)
    return succeedWithTag(c, result.value)
  }
  const trouble = result.error
  const isRefused = trouble.reason === 'refused'
  const { reason, ...numbers } = isRefused ? trouble.refusal : trouble
  logFields.set('reason', reason)
  if (isRefused) logFields.set('adjustment', trouble.adjustment.id)
  for (const [field, value] of Object.entries(numbers)) {
    logFields.set(field, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return fail(c, moved(c, failureOf(trouble)))
}

function failureOf(trouble: Trouble): Failure {
  switch (trouble.reason) {
    case 'adjustment_not_found':
      return MISSING
    case 'refused':
      return refusalOf(trouble.refusal, present(trouble.adjustment))
    case 'billing_not_configured':
      return { ...TRY_AGAIN, code: 'not_configured', message: 'No billing API is configured.' }
    case 'billing_unavailable':
      return {
        ...TRY_AGAIN,
        code: 'billing_unavailable',
        message: 'The billing API could not be asked for this invoice. Try again.',
      }
    default:
      return unreachable(trouble)
  }
}

/** What the next request has to name, and why it waits. */
const present = ({ state, version: at, holdReasons, trouble }: Adjustment) => ({
  state,
  version: at,
  reasons: holdReasons,
  trouble,
})

function refusalOf(
  refusal: RequeueRefusal | AdoptionRefusal,
  details: ReturnType<typeof present>,
): Failure {
  const conflict = (message: string, more: object = {}): Failure => ({
    status: 409,
    type: 'conflict_error',
    code: refusal.reason,
    message,
    details: { ...details, ...more },
  })
  switch (refusal.reason) {
    case 'not_requeueable':
      return conflict(`It has not failed, and its outcome is not unknown: it is ${refusal.state}.`)
    case 'version_moved':
      return conflict('It has changed since this version. Look at it again.')
    case 'look_first':
      return conflict(
        'An invoice may be there. Look for it: adopt it, or say "looked": true if there is none but void ones.',
      )
    case 'invoice_unknown':
      return conflict('The billing API has no invoice with this id.')
    case 'invoice_of_another':
      return conflict(`This invoice belongs to ${refusal.other}.`, { other: refusal.other })
    case 'invoice_differs': {
      const { differences } = refusal
      const fields = differences.map(({ field }) => field).join(', ')
      return conflict(`This is not the invoice that was asked for: ${fields}.`, { differences })
    }
    default:
      return unreachable(refusal)
  }
}
