// The sandbox over HTTP: Commet's API below /api/v1, the PDF files, the controls below /sandbox.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall, ApiReply, Mode } from './call.ts'
import { BODY_BYTES_MAX } from './limits.ts'
import type { Env, Paper } from './organization.ts'
import { renderPdf } from './pdf.ts'
import { newId } from './store.ts'

const API_PATH = '/api/v1'

/** The key selects the mode; a key of neither form belongs to nobody. */
function modeOf(apiKey: string | undefined): Mode | null {
  if (apiKey?.startsWith('ck_sandbox_')) return 'sandbox'
  if (apiKey?.startsWith('ck_live_')) return 'live'
  return null
}

export const app = new Hono<{ Bindings: Env }>()

app.use('*', bodyLimit({ maxSize: BODY_BYTES_MAX }))

app.all(`${API_PATH}/*`, async (c) => {
  const requestId = newId('req')
  const mode = modeOf(c.req.header('x-api-key'))
  if (mode === null) {
    return respond(whole(refusal('unauthorized', 'The API key is missing or unknown')), requestId)
  }
  const call = await readCall(c.req.raw, requestId)
  return respond(await c.env.ORGANIZATION.getByName(mode).call(call), requestId)
})

app.get('/files/:mode/:file', async (c) => {
  const url = new URL(c.req.url)
  const mode: Mode = c.req.param('mode') === 'live' ? 'live' : 'sandbox'
  const found = await c.env.ORGANIZATION.getByName(mode).paper({
    invoiceId: c.req.param('file').replace(/\.pdf$/, ''),
    expiresAt: Number(c.req.query('expires')),
    pathAndQuery: url.pathname + url.search,
  })
  if ('reason' in found) {
    const text =
      found.reason === 'expired' ? 'This address has expired.' : 'The signature is wrong.'
    return c.text(text, 403)
  }
  const paper: Paper = JSON.parse(found.json)
  const pdf = await renderPdf(paper)
  return c.body(pdf, 200, {
    'content-type': 'application/pdf',
    'content-disposition': `inline; filename="${paper.invoice.invoiceNumber}.pdf"`,
    'cache-control': 'private, no-store',
  })
})

function whole(answer: Answer): ApiReply {
  const body = JSON.stringify(answer.body)
  return { status: answer.status, headers: {}, body, wire: { kind: 'whole' } }
}

async function readCall(request: Request, requestId: string): Promise<ApiCall> {
  const url = new URL(request.url)
  const body = await request.text()
  const path = url.pathname.slice(API_PATH.length)
  const signed = new TextEncoder().encode([request.method, path, url.search, body].join('\n'))
  return {
    method: request.method,
    path,
    search: url.search,
    body,
    origin: url.origin,
    requestId,
    version: request.headers.get('commet-version'),
    idempotencyKey: request.headers.get('idempotency-key'),
    fingerprint: new Uint8Array(await crypto.subtle.digest('SHA-256', signed)).toHex(),
  }
}

function respond(reply: ApiReply, requestId: string): Response {
  const headers = {
    'content-type': 'application/json',
    ...reply.headers,
    'x-request-id': requestId,
  }
  return new Response(reply.body, { status: reply.status, headers })
}
