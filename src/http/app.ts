// The HTTP surface: one small Hono per resource, put together here.

import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import type { Deps } from '../deps.ts'
import { LINK_PATH_DEFAULT } from '../domain/link.ts'
import { REQUEST_ID_CHARS_MAX } from '../domain/limits.ts'
import type { Env } from '../env.ts'
import { log, thrownFields } from '../log.ts'
import { fail, NOT_FOUND, TRY_AGAIN } from './answers.ts'
import { adjustments } from './api/adjustments.ts'
import { byHand } from './api/by-hand.ts'
import { events } from './api/events.ts'
import { holds } from './api/holds.ts'
import { identities } from './api/identities.ts'
import { keys } from './api/keys.ts'
import { links as linksApi } from './api/links.ts'
import { discrepancies, reconciliations } from './api/reconciliations.ts'
import { requeue } from './api/requeue.ts'
import { reversals } from './api/reversals.ts'
import { rules } from './api/rules.ts'
import { status } from './api/status.ts'
import { switches } from './api/switches.ts'
import type { AppEnv } from './context.ts'
import { health } from './health.ts'
import { links } from './links.ts'
import { requireKey } from './require-key.ts'
import { secureHeaders } from './secure-headers.ts'
import { webhooks } from './webhooks.ts'

/** `linkPath`: where links are opened too, besides the path that they always have. */
export function createApp(depsOf: (env: Env) => Deps, linkPath: string = LINK_PATH_DEFAULT) {
  const api = new Hono<AppEnv>()
    .use(requireKey)
    .route('/events', events)
    .route('/adjustments', adjustments)
    .route('/adjustments', byHand)
    .route('/adjustments', holds)
    .route('/adjustments', reversals)
    .route('/adjustments', requeue)
    .route('/identities', identities)
    .route('/keys', keys)
    .route('/links', linksApi)
    .route('/reconciliations', reconciliations)
    .route('/discrepancies', discrepancies)
    .route('/rules', rules)
    .route('/status', status)
    .route('/switches', switches)

  const app = new Hono<AppEnv>()
    .use(requestId({ limitLength: REQUEST_ID_CHARS_MAX }))
    .use(secureHeaders)
    .use(async (c, next) => {
      c.set('deps', depsOf(c.env))
      c.set('logFields', new Map())
      await next()
    })
    .use(logRequest)
    .route('/', health)
    .route('/webhooks', webhooks)
    .route('/api/v1', api)
    .notFound((c) => fail(c, NOT_FOUND))
    .onError((error, c) => {
      // The deps themselves may be what threw.
      const deps: Deps | undefined = c.var.deps
      const write = deps?.log ?? log
      write({ event: 'alarm.request_threw', ...thrownFields(error) })
      return fail(c, TRY_AGAIN)
    })
  for (const path of new Set([LINK_PATH_DEFAULT, linkPath])) app.route(path, links)
  return app
}

/** The route's pattern stands for the path: a slug is never logged. */
const logRequest = createMiddleware<AppEnv>(async (c, next) => {
  const { deps, logFields, requestId: id } = c.var
  const startedAt = deps.now()
  await next()
  deps.log({
    event: 'request',
    requestId: id,
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    ms: deps.now() - startedAt,
    ...Object.fromEntries(logFields),
  })
})
