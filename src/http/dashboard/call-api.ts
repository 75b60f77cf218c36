// Forms do what the operator's API does, by asking it within the same request: the same fields, scopes, refusals and
// their words. Who calls has been found already, by the session.

import { audit } from '../api/audit.ts'
import { erasures } from '../api/erasures.ts'
import { events } from '../api/events.ts'
import { holds } from '../api/holds.ts'
import { keys } from '../api/keys.ts'
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
  | { readonly ok: false; readonly status: ContentfulStatusCode; readonly message: string }

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
  .route('/adjustments', holds)
  .route('/adjustments', requeue)
  .route('/adjustments', reversals)
  .route('/audit', audit)
  .route('/erasures', erasures)
  .route('/keys', keys)
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
}

/** `Data`: what the API's own presenter says that it answers. */
export async function callApi<Data = Fields>(
  c: AppContext,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  { body, ifMatch }: Sent = {},
): Promise<ApiAnswer<Data>> {
  const response = await ask(c, path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return read(response)
}

/** A file of the API, handed on as it comes; or why there is none. */
export async function passOn(
  c: AppContext,
  path: string,
): Promise<Response | Extract<ApiAnswer, { ok: false }>> {
  const response = await ask(c, path, { method: 'GET' })
  if (response.ok) return response
  const answer = await read(response)
  if (answer.ok) throw new Error('an answer that is no success said that it is')
  return answer
}

async function ask(c: AppContext, path: string, init: RequestInit): Promise<Response> {
  const request = new Request(new URL(path, c.req.url), init)
  callers.set(request, c)
  return api.fetch(request, c.env)
}

async function read<Data>(response: Response): Promise<ApiAnswer<Data>> {
  const answer = await response.json<Answer<Data>>()
  if (answer.success) return { ok: true, data: answer.data, nextCursor: answer.nextCursor ?? null }
  const status = response.status as ContentfulStatusCode
  return { ok: false, status, message: answer.error.message }
}

type Answer<Data> =
  | { readonly success: true; readonly data: Data; readonly nextCursor?: string }
  | { readonly success: false; readonly error: { readonly message: string } }
