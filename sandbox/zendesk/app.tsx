// The Zendesk stand-in over HTTP: its API, where the token stays, and the page of a ticket.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { FakeCall } from '../src/call.ts'
import { BODY_BYTES_MAX } from '../src/limits.ts'
import type { Env } from '../src/organization.ts'
import { respond, textOf } from '../src/respond.ts'
import { toReply } from '../src/spoil.ts'
import { newId } from '../src/store.ts'
import { isKnown } from './credentials.ts'
import { NoTicketPage, TicketPage } from './ticket-page.tsx'
import type { TicketView } from './ticket-view.ts'

type AppEnv = { Bindings: Env }

const unknown = toReply({ status: 401, body: { error: "Couldn't authenticate you" } })
const tooLarge = toReply({
  status: 413,
  body: { error: 'RequestEntityTooLarge', description: 'The body is too large' },
})

/** Mounted at /zendesk. */
export const zendeskApi = new Hono<AppEnv>()

zendeskApi.use('*', async (c, next) => {
  if (!isKnown(c.req.header('authorization'))) return respond(unknown, newId('req'))
  return next()
})

zendeskApi.use(
  '*',
  bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => respond(tooLarge, newId('req')) }),
)

zendeskApi.all('/api/v2/*', async (c) => {
  const { pathname, search, origin } = new URL(c.req.url)
  const call: FakeCall = {
    service: 'zendesk',
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

/** Mounted at /sandbox/zendesk, before the controls. */
export const zendeskPages = new Hono<AppEnv>()

zendeskPages.get('/tickets/:id', async (c) => {
  const id = c.req.param('id')
  const found = await c.env.ORGANIZATION.getByName('sandbox').ticketView(id)
  if (found === null) return c.html(`<!doctype html>${NoTicketPage({ id }).toString()}`, 404)
  const view: TicketView = JSON.parse(found)
  return c.html(`<!doctype html>${TicketPage({ view }).toString()}`)
})
