// Forms do what the operator's API does, by asking it within the same request: the same fields, scopes, refusals and
// their words. Who calls has been found already, by the session.

import { events } from '../api/events.ts'
import { holds } from '../api/holds.ts'
import { keys } from '../api/keys.ts'
import { requeue } from '../api/requeue.ts'
import { reversals } from '../api/reversals.ts'
import { switches } from '../api/switches.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

export type ApiAnswer =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
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
  .route('/keys', keys)
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

export async function callApi(
  c: AppContext,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  { body, ifMatch }: Sent = {},
): Promise<ApiAnswer> {
  const request = new Request(new URL(path, c.req.url), {
    method,
    headers: {
      'content-type': 'application/json',
      ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  callers.set(request, c)
  const response = await api.fetch(request, c.env)
  // The API is this very Worker's.
  const answer = (await response.json()) as Answer
  if (answer.success) return { ok: true, data: answer.data }
  const status = response.status as ContentfulStatusCode
  return { ok: false, status, message: answer.error.message }
}

type Answer =
  | { readonly success: true; readonly data: Readonly<Record<string, unknown>> }
  | { readonly success: false; readonly error: { readonly message: string } }
