// The door: what senders, openers of links and watchers meet. It is there at once; http/app.ts adds the rest.

import { createMiddleware } from 'hono/factory'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import type { Deps } from '../deps.ts'
import { LINK_PATH_DEFAULT } from '../domain/link.ts'
import { REQUEST_ID_CHARS_MAX } from '../domain/limits.ts'
import type { Env } from '../env.ts'
import { log, thrownFields } from '../log.ts'
import { createAllowedMethods } from './allowed-methods.ts'
import { fail, methodNotAllowed, NOT_FOUND, TRY_AGAIN } from './answers.ts'
import type { AppEnv } from './context.ts'
import { health } from './health.ts'
import { links } from './links.ts'
import { createRoutes } from './routes.ts'
import { secureHeaders } from './secure-headers.ts'
import { webhooks } from './webhooks.ts'

/** `linkPath`: where links are opened too, besides the path that they always have. */
export function createDoor(depsOf: (env: Env) => Deps, linkPath: string = LINK_PATH_DEFAULT) {
  const allowed = createAllowedMethods(() => door.routes)
  const door = createRoutes()
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
    .notFound((c) => {
      const methods = allowed(c.req.path)
      // A handler that was asked in the right way has found nothing.
      const isWrongMethod = methods.length > 0 && !methods.includes(c.req.method)
      return isWrongMethod ? methodNotAllowed(c, methods.join(', ')) : fail(c, NOT_FOUND)
    })
    .onError((error, c) => {
      // The deps themselves may be what threw.
      const deps: Deps | undefined = c.var.deps
      const write = deps?.log ?? log
      write({ event: 'alarm.request_threw', ...thrownFields(error) })
      return fail(c, TRY_AGAIN)
    })
  for (const path of new Set([LINK_PATH_DEFAULT, linkPath])) door.route(path, links)
  return door
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
