// The Stripe stand-in over HTTP, mounted at /stripe: the one key that it knows stays here.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { FakeCall } from '../src/call.ts'
import { BODY_BYTES_MAX } from '../src/limits.ts'
import type { Env } from '../src/organization.ts'
import { respond, textOf } from '../src/respond.ts'
import { toReply } from '../src/spoil.ts'
import { newId } from '../src/store.ts'
import { problem } from './page.ts'

/** Opens nothing anywhere else. */
const API_KEY = 'sk_test_sandbox_stripe'

export const stripeApi = new Hono<{ Bindings: Env }>()

stripeApi.use('*', async (c, next) => {
  if (c.req.header('authorization') === `Bearer ${API_KEY}`) return next()
  return respond(toReply(problem(401, 'Invalid API Key provided')), newId('req'))
})

stripeApi.use(
  '*',
  bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: () => respond(toReply(problem(413, 'The body is too large')), newId('req')),
  }),
)

stripeApi.all('/v1/*', async (c) => {
  const { pathname, search, origin } = new URL(c.req.url)
  const call: FakeCall = {
    service: 'stripe',
    method: c.req.method,
    path: pathname,
    shownPath: pathname,
    search,
    requestId: newId('req'),
    body: textOf(new Uint8Array(await c.req.arrayBuffer())),
    origin,
  }
  const reply = c.env.ORGANIZATION.getByName('sandbox').fake(call)
  // A caller who hangs up does not undo his call: the real API would finish it too.
  c.executionCtx.waitUntil(reply)
  return respond(await reply, call.requestId)
})
