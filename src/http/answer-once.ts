// `Idempotency-Key` on the writes of the operator's API: the same key and request get the same answer for a day.
// Adjustments by hand, and what is the billing API's own, have keys of their own.

import { createMiddleware } from 'hono/factory'
import * as z from 'zod/mini'
import { unreachable } from '../domain/assert.ts'
import { IDEMPOTENT_BODY_BYTES_MAX } from '../domain/limits.ts'
import { SCOPES } from '../domain/operator.ts'
import { thrownFields } from '../log.ts'
import {
  beginOnce,
  endOnce,
  forgetOnce,
  type Claim,
  type OnceTrouble,
} from '../usecases/answer-once.ts'
import { fail, type Failure } from './answers.ts'
import type { AppContext, AppEnv } from './context.ts'
import { IDEMPOTENCY_KEY, isIdempotencyKey, KEY_UNUSABLE } from './idempotency-key.ts'
import { refuseWithout } from './require-key.ts'
import { asking } from './route-facts.ts'
import { limitBody } from './validate.ts'

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const OWN_KEYS = /^\/api\/v1\/(adjustments$|(invoices|customers|features)(\/|$))/

/** `path`: of a request, or of a route. */
const hasNoKeyOfItsOwn = (method: string, path: string): boolean =>
  WRITES.has(method) && !OWN_KEYS.test(path)

export const answerOnce = asking(
  {
    asks: 'once',
    name: 'Idempotency-Key',
    schema: IDEMPOTENCY_KEY.check(
      z.meta({
        description:
          'Good for a day: the same key and request of the same caller get the same answer, with idempotent-replayed.',
      }),
    ),
    isOf: hasNoKeyOfItsOwn,
  },
  createMiddleware<AppEnv>(async (c, next) => {
    const key = c.req.header('idempotency-key')
    if (key === undefined || !hasNoKeyOfItsOwn(c.req.method, c.req.path)) return next()
    if (!isIdempotencyKey(key)) return fail(c, KEY_UNUSABLE)
    const tooLarge = await limitBody(IDEMPOTENT_BODY_BYTES_MAX)(c, async () => {})
    if (tooLarge) return tooLarge
    const { deps, operator, logFields } = c.var
    const once = await beginOnce(deps, operator, key, await readAsked(c))
    if (!once.ok) {
      for (const [field, value] of Object.entries(once.error)) logFields.set(field, value)
      return fail(c, failureOf(once.error))
    }
    if (once.value.kind === 'answered') {
      logFields.set('answered', 'before')
      return answerAgain(c, once.value.status, once.value.answer)
    }
    await next()
    await keep(c, once.value.claim)
    return undefined
  }),
)

/** What tells it from another request; the body is there for the handler too. */
async function readAsked(c: AppContext): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Uint8Array(await c.req.arrayBuffer())
  // An empty one as well: a stream that was read is nothing that the handler could read.
  if (c.req.raw.body !== null) c.req.raw = new Request(c.req.raw, { method: c.req.method, body })
  const { pathname, search } = new URL(c.req.url)
  const conditions = [c.req.header('if-match'), c.req.header('if-none-match')]
  const head = new TextEncoder().encode(
    `${JSON.stringify([c.req.method, pathname, search, ...conditions])}\n`,
  )
  const asked = new Uint8Array(head.length + body.length)
  asked.set(head)
  asked.set(body, head.length)
  return asked
}

/** Refused for what the request or its caller lacks, or for now: nothing was done. */
const isNothingDone = (status: number): boolean =>
  status >= 500 || [400, 401, 403, 405, 408, 412, 413, 415, 429].includes(status)

/** It is done in any case: trouble here is no reason to say otherwise, and the repeat is harmless. */
async function keep(c: AppContext, claim: Claim): Promise<void> {
  const { deps, requestId, shownOnce = null } = c.var
  const { status } = c.res
  try {
    if (isNothingDone(status)) return await forgetOnce(deps, claim)
    const whole = await kept(c)
    const without = { ...whole, body: null, made: shownOnce }
    const answers = (shownOnce === null ? [whole, without] : [without]).map((each) =>
      JSON.stringify(each),
    )
    return await endOnce(deps, claim, { status, answers })
  } catch (error) {
    deps.log({ event: 'alarm.answer_not_kept', requestId, ...thrownFields(error) })
  }
}

const KEPT_HEADERS = ['content-type', 'cache-control', 'etag']

const keptAnswer = z.object({
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** Null where it is shown once only, or too large. */
  body: z.nullable(z.string()),
  /** Then the id of what was made. */
  made: z._default(z.nullable(z.string()), null),
  // Who holds another key of the same person hears no more than that key may ask for.
  scopesNeeded: z._default(z.array(z.array(z.enum(SCOPES))), []),
})

async function kept(c: AppContext): Promise<z.input<typeof keptAnswer>> {
  const response = c.res.clone()
  const scopesNeeded = (c.var.scopesNeeded ?? []).map((scopes) => [...scopes])
  const headers = KEPT_HEADERS.flatMap((name): [string, string][] => {
    const value = response.headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  return { headers, body: await response.text(), scopesNeeded }
}

function answerAgain(c: AppContext, status: number, answer: string): Response {
  const { headers, body, made, scopesNeeded } = keptAnswer.parse(JSON.parse(answer))
  for (const [first, ...others] of scopesNeeded) {
    const refused = first === undefined ? null : refuseWithout(c, first, ...others)
    if (refused) return refused
  }
  if (body === null) return fail(c, goneAnswer({ status, id: made }))
  // By way of Hono's own answer, which has the request's id.
  const response = new Response(body, { status, headers: c.body(null).headers })
  for (const [name, value] of headers) response.headers.set(name, value)
  response.headers.set('idempotent-replayed', 'true')
  return response
}

/** `details`: for whoever may ask for it. */
const goneAnswer = (details?: {
  readonly status: number
  readonly id: string | null
}): Failure => ({
  ...CONFLICT,
  code: 'idempotency_answer_gone',
  message: 'This was done before. What it was answered is not kept.',
  ...(details === undefined ? {} : { details }),
})

const CONFLICT = { status: 409, type: 'conflict_error' } as const

function failureOf(trouble: OnceTrouble): Failure {
  const code = trouble.reason
  switch (trouble.reason) {
    case 'idempotency_key_mismatch':
      return {
        ...CONFLICT,
        code,
        message: 'This Idempotency-Key was used for another request before. Nothing was done.',
      }
    case 'idempotency_in_progress':
      return {
        ...CONFLICT,
        code,
        message:
          'The first request with this Idempotency-Key has not been answered yet. Try again.',
        retryAfterSeconds: Math.min(trouble.leftSeconds, RETRY_AFTER_SECONDS),
      }
    case 'idempotency_answer_gone':
      return goneAnswer()
    case 'idempotency_keys_used_up':
      return {
        status: 429,
        type: 'rate_limit_error',
        code,
        message:
          'Too many Idempotency-Keys of yours are kept. Nothing was done. Send fewer, or none.',
        retryAfterSeconds: KEYS_RETRY_AFTER_SECONDS,
      }
    default:
      return unreachable(trouble)
  }
}

const RETRY_AFTER_SECONDS = 2
/** By then the clock has forgotten those of yesterday. */
const KEYS_RETRY_AFTER_SECONDS = 3_600
