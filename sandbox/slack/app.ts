// The Slack stand-in over HTTP, mounted at /slack.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { FakeCall } from '../src/call.ts'
import { BODY_BYTES_MAX } from '../src/limits.ts'
import type { Env } from '../src/organization.ts'
import { respond, textOf } from '../src/respond.ts'
import { newId } from '../src/store.ts'

export const slackApi = new Hono<{ Bindings: Env }>()

slackApi.use(
  '*',
  bodyLimit({ maxSize: BODY_BYTES_MAX, onError: (c) => c.text('invalid_payload', 413) }),
)

slackApi.all('/*', async (c) => {
  const { pathname, search, origin } = new URL(c.req.url)
  const call: FakeCall = {
    service: 'slack',
    method: c.req.method,
    path: pathname,
    // The last part is the secret of the webhook.
    shownPath: pathname.replace(/[^/]*$/, '***'),
    search,
    requestId: newId('req'),
    body: textOf(new Uint8Array(await c.req.arrayBuffer())),
    origin,
  }
  const reply = c.env.ORGANIZATION.getByName('sandbox').fake(call)
  c.executionCtx.waitUntil(reply)
  return respond(await reply, call.requestId)
})
