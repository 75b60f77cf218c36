// The sandbox over HTTP: Commet's API below /api/v1, the PDF files, the controls below /sandbox, a page
// at /, and stand-ins for other services. The API key stays here: it selects the organization and is
// never stored.
import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { noteApi } from '../notes/app.ts'
import { NOTE_SERVICES } from '../notes/services.ts'
import { slackApi } from '../slack/app.ts'
import { stripeApi } from '../stripe/app.ts'
import { zendeskApi, zendeskPages } from '../zendesk/app.tsx'
import { refusal } from './answer.ts'
import type { ApiCall, ApiReply, CallHead, Mode } from './call.ts'
import { BODY_BYTES_MAX, RATE_CALLS_PER_WINDOW_DEFAULT } from './limits.ts'
import type { Env, Paper } from './organization.ts'
import type { Overview } from './overview.ts'
import { OverviewPage } from './page.tsx'
import { renderPdf } from './pdf.ts'
import { RateLimit } from './rate-limit.ts'
import { respond, textOf } from './respond.ts'
import { OWN_FAULT, toReply } from './spoil.ts'
import { newId } from './store.ts'

const API_PATH = '/api/v1'
const CONTROL_PATH = '/sandbox'

/** Makegood's own keys begin `ck_mg_`: one of them that is sent here is a mistake, not a live key. */
const KNOWN_KEY = /^ck_(?!mg_)[\x21-\x7e]{4,}$/

/** The key selects the mode; a key of another form belongs to nobody. */
function modeOfKey(apiKey: string | undefined): Mode | null {
  if (apiKey === undefined || !KNOWN_KEY.test(apiKey)) return null
  return apiKey.startsWith('ck_sandbox_') ? 'sandbox' : 'live'
}

function modeNamed(name: string | undefined): Mode {
  return name === 'live' ? 'live' : 'sandbox'
}

type AppEnv = { Bindings: Env; Variables: { mode: Mode } }

export const app = new Hono<AppEnv>()

/** Counts the answers that no organization gives, so that they carry the limiter's headers as well. */
const strangers = new RateLimit()

const unauthorized = toReply(refusal('unauthorized', 'The API key is missing or unknown'))
const internal = toReply(refusal('internal_error', OWN_FAULT))
const tooLarge = toReply({
  ...refusal('validation_error', 'The body is too large'),
  status: 413,
})

function respondToStranger(reply: ApiReply): Promise<Response> {
  const { headers } = strangers.count(Date.now(), RATE_CALLS_PER_WINDOW_DEFAULT)
  return respond({ ...reply, headers }, newId('req'))
}

app.onError((error) => {
  console.error(error)
  return respondToStranger(internal)
})

app.use(
  `${CONTROL_PATH}/*`,
  bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => respondToStranger(tooLarge) }),
)

app.use(`${API_PATH}/*`, async (c, next) => {
  const mode = modeOfKey(c.req.header('x-api-key'))
  if (mode === null) return respondToStranger(unauthorized)
  c.set('mode', mode)
  return next()
})

async function refuseBody(c: Context<AppEnv>): Promise<Response> {
  const head = readHead(c.req.raw)
  const organization = c.env.ORGANIZATION.getByName(c.get('mode'))
  return respond(await organization.refuse(head, tooLarge), head.requestId)
}

app.use(`${API_PATH}/*`, bodyLimit({ maxSize: BODY_BYTES_MAX, onError: refuseBody }))

app.all(`${API_PATH}/*`, async (c) => {
  const call = await readCall(c.req.raw)
  const reply = c.env.ORGANIZATION.getByName(c.get('mode')).call(call)
  // A caller who hangs up does not undo his call: the real API would finish it too.
  c.executionCtx.waitUntil(reply)
  return respond(await reply, call.requestId)
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

app.route('/zendesk', zendeskApi)
app.route('/slack', slackApi)
app.route('/stripe', stripeApi)
for (const service of NOTE_SERVICES) app.route(`/${service}`, noteApi(service))
app.route(`${CONTROL_PATH}/zendesk`, zendeskPages)

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

function readHead(request: Request): CallHead {
  const url = new URL(request.url)
  return {
    method: request.method,
    path: url.pathname.slice(API_PATH.length),
    search: url.search,
    requestId: newId('req'),
    version: request.headers.get('commet-version'),
    idempotencyKey: request.headers.get('idempotency-key'),
  }
}

async function readCall(request: Request): Promise<ApiCall> {
  const head = readHead(request)
  const bytes = new Uint8Array(await request.arrayBuffer())
  const operation = [head.method, head.path, head.search, ''].join('\n')
  const fingerprinted = new Blob([operation, bytes])
  const digest = await crypto.subtle.digest('SHA-256', await fingerprinted.arrayBuffer())
  return {
    ...head,
    body: textOf(bytes),
    origin: new URL(request.url).origin,
    fingerprint: new Uint8Array(digest).toHex(),
  }
}
