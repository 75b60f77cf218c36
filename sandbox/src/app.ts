// The sandbox over HTTP: Commet's API below /api/v1, the PDF files, the controls below /sandbox, and a
// page at /. The API key stays here: it selects the organization and is never stored.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { refusal } from './answer.ts'
import type { ApiCall, ApiReply, Mode } from './call.ts'
import { BODY_BYTES_MAX } from './limits.ts'
import type { Env, Paper } from './organization.ts'
import type { Overview } from './overview.ts'
import { OverviewPage } from './page.tsx'
import { renderPdf } from './pdf.ts'
import { html, toReply } from './spoil.ts'
import { newId } from './store.ts'

const API_PATH = '/api/v1'
const CONTROL_PATH = '/sandbox'

/** The key selects the mode; a key of neither form belongs to nobody. */
function modeOfKey(apiKey: string | undefined): Mode | null {
  if (apiKey?.startsWith('ck_sandbox_')) return 'sandbox'
  if (apiKey?.startsWith('ck_live_')) return 'live'
  return null
}

function modeNamed(name: string | undefined): Mode {
  return name === 'live' ? 'live' : 'sandbox'
}

export const app = new Hono<{ Bindings: Env }>()

const tooLarge = { ...refusal('validation_error', 'The body is too large'), status: 413 }

app.use(
  '*',
  bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => respond(toReply(tooLarge), newId('req')) }),
)

app.onError((error) => {
  console.error(error)
  const internal = refusal('internal_error', 'The sandbox has a fault of its own; see its log')
  return respond(toReply(internal), newId('req'))
})

app.all(`${API_PATH}/*`, async (c) => {
  const requestId = newId('req')
  const mode = modeOfKey(c.req.header('x-api-key'))
  if (mode === null) {
    const unauthorized = refusal('unauthorized', 'The API key is missing or unknown')
    return respond(toReply(unauthorized), requestId)
  }
  const call = await readCall(c.req.raw, requestId)
  const reply = c.env.ORGANIZATION.getByName(mode).call(call)
  // A caller who hangs up does not undo his call: the real API would finish it too.
  c.executionCtx.waitUntil(reply)
  return respond(await reply, requestId)
})

app.get('/files/:mode/:file', async (c) => {
  const url = new URL(c.req.url)
  const mode = modeNamed(c.req.param('mode'))
  const found = await c.env.ORGANIZATION.getByName(mode).paper({
    invoiceId: c.req.param('file').replace(/\.pdf$/, ''),
    expiresAt: Number(c.req.query('expires')),
    pathAndQuery: url.pathname + url.search,
  })
  if ('reason' in found) {
    const expired = found.reason === 'expired'
    return c.text(expired ? 'This address has expired.' : 'The signature does not match.', 403)
  }
  const paper: Paper = JSON.parse(found.json)
  return c.body(await renderPdf(paper), 200, {
    'content-type': 'application/pdf',
    'content-disposition': `inline; filename="${paper.invoice.invoiceNumber}.pdf"`,
    'cache-control': 'private, no-store',
  })
})

/** `?mode=live` turns the live organization; without it the sandbox one, and the clock and reset both. */
app.all(`${CONTROL_PATH}/*`, async (c) => {
  const path = c.req.path.slice(CONTROL_PATH.length)
  const asked = c.req.query('mode')
  const both = asked === undefined && c.req.method === 'POST' && /^\/(clock|reset)$/.test(path)
  const modes: readonly Mode[] = both ? ['live', 'sandbox'] : [modeNamed(asked)]
  const body = await c.req.text()
  const [last] = (
    await Promise.all(
      modes.map((mode) => c.env.ORGANIZATION.getByName(mode).control(c.req.method, path, body)),
    )
  ).slice(-1)
  return last === undefined ? c.notFound() : respond(last, newId('req'))
})

app.get('/', async (c) => {
  const mode = modeNamed(c.req.query('mode'))
  const overview: Overview = JSON.parse(await c.env.ORGANIZATION.getByName(mode).overview())
  return c.html(`<!doctype html>${OverviewPage({ overview }).toString()}`)
})

async function readCall(request: Request, requestId: string): Promise<ApiCall> {
  const url = new URL(request.url)
  const body = await request.text()
  const path = url.pathname.slice(API_PATH.length)
  const operation = [request.method, path, url.search, body].join('\n')
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(operation))
  return {
    method: request.method,
    path,
    search: url.search,
    body,
    origin: url.origin,
    requestId,
    version: request.headers.get('commet-version'),
    idempotencyKey: request.headers.get('idempotency-key'),
    fingerprint: new Uint8Array(digest).toHex(),
  }
}

async function respond(reply: ApiReply, requestId: string): Promise<Response> {
  const base = { 'content-type': 'application/json', ...reply.headers, 'x-request-id': requestId }
  switch (reply.wire.kind) {
    case 'whole':
      return new Response(reply.body, { status: reply.status, headers: base })
    case 'silent': {
      await scheduler.wait(reply.wire.ms)
      const gateway = html(504)
      return new Response(gateway.body, { status: gateway.status, headers: gateway.headers })
    }
    case 'reset':
      return new Response(halfThenBreak(reply.body), { status: reply.status, headers: base })
  }
}

/** A body that is cut off after its first half: the runtime then drops the connection. */
function halfThenBreak(text: string): ReadableStream {
  const bytes = new TextEncoder().encode(text)
  const { readable, writable } = new FixedLengthStream(bytes.byteLength)
  const writer = writable.getWriter()
  const cut = async () => {
    await writer.write(bytes.slice(0, Math.floor(bytes.byteLength / 2)))
    // Without this moment the runtime would drop the half that is on its way, and the status with it.
    await scheduler.wait(20)
    await writer.abort('reset on demand')
  }
  // The caller may be gone before the cut; then there is nothing left to break.
  cut().catch(() => undefined)
  return readable
}
