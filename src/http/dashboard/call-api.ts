// Forms do what the operator's API does, by asking it within the same request: the same fields, scopes, refusals and
// their words. Who calls has been found already, by the session.

import { audit } from '../api/audit.ts'
import { byHand } from '../api/by-hand.ts'
import { erasures } from '../api/erasures.ts'
import { events } from '../api/events.ts'
import { holds } from '../api/holds.ts'
import { identities } from '../api/identities.ts'
import { keys } from '../api/keys.ts'
import { links } from '../api/links.ts'
import { reports } from '../api/reports.ts'
import { requeue } from '../api/requeue.ts'
import { reversals } from '../api/reversals.ts'
import { rules } from '../api/rules.ts'
import { switches } from '../api/switches.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

type Fields = Readonly<Record<string, unknown>>

export type ApiAnswer<Data = Fields> =
  | { readonly ok: true; readonly data: Data; readonly nextCursor: string | null }
  | {
      readonly ok: false
      readonly status: ContentfulStatusCode
      readonly message: string
      readonly details?: unknown
    }

const callers = new WeakMap<Request, AppContext>()

const api = createRoutes()
  .use(async (c, next) => {
    const caller = callers.get(c.req.raw)
    if (caller === undefined) throw new Error('the API was asked by nobody')
    c.set('deps', caller.var.deps)
    c.set('operator', caller.var.operator)
    c.set('logFields', caller.var.logFields)
    await next()
  })
  .route('/events', events)
  .route('/adjustments', byHand)
  .route('/adjustments', holds)
  .route('/adjustments', requeue)
  .route('/adjustments', reversals)
  .route('/audit', audit)
  .route('/erasures', erasures)
  .route('/identities', identities)
  .route('/keys', keys)
  .route('/links', links)
  .route('/reports', reports)
  .route('/rules', rules)
  .route('/switches', switches)
  // What threw is told by the page, as everywhere.
  .onError((error) => {
    throw error
  })

type Sent = {
  readonly body?: object
  /** The tag of what the person was shown. */
  readonly ifMatch?: string
  /** Only where nothing is there yet. */
  readonly isOnlyNew?: boolean
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** The API's own answer, as it is. */
export async function askApi(
  c: AppContext,
  method: Method,
  path: string,
  init: { readonly headers?: Record<string, string>; readonly body?: string | ArrayBuffer } = {},
): Promise<Response> {
  const request = new Request(new URL(path, c.req.url), { method, ...init })
  callers.set(request, c)
  return api.fetch(request, c.env)
}

/** `Data`: what the API's own presenter says that it answers. */
export const callApi = <Data = Fields>(
  c: AppContext,
  method: Method,
  path: string,
  { body, ifMatch, isOnlyNew }: Sent = {},
): Promise<ApiAnswer<Data>> =>
  answerOf<Data>(
    askApi(c, method, path, {
      headers: {
        'content-type': 'application/json',
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
        ...(isOnlyNew ? { 'if-none-match': '*' } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )

/** A file of the API, handed on as it comes; or why there is none. */
export async function passOn(
  c: AppContext,
  path: string,
): Promise<Response | Extract<ApiAnswer, { ok: false }>> {
  const response = await askApi(c, 'GET', path)
  if (response.ok) return response
  const answer = await answerOf(Promise.resolve(response))
  if (answer.ok) throw new Error('an answer that is no success said that it is')
  return answer
}

/** What the envelope holds. */
export async function answerOf<Data = Fields>(asked: Promise<Response>): Promise<ApiAnswer<Data>> {
  const response = await asked
  // The API is this very Worker's.
  const answer = (await response.json()) as Answer<Data>
  if (answer.success) return { ok: true, data: answer.data, nextCursor: answer.nextCursor ?? null }
  const status = response.status as ContentfulStatusCode
  const { message, details } = answer.error
  return { ok: false, status, message, details }
}

type Answer<Data> =
  | { readonly success: true; readonly data: Data; readonly nextCursor?: string }
  | {
      readonly success: false
      readonly error: { readonly message: string; readonly details?: unknown }
    }
