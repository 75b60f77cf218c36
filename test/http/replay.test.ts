// Every call of the reference, made as its example shows it: it is answered as the reference says. What stands
// for an id of the reader's is one that is there.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { pathsOf } from '../../src/http/reference/document.ts'
import { OPERATIONS } from '../../src/http/reference/operations.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { undescribed } from '../documented.ts'
import { invoicesOf, OPERATOR, signedRequest, ticket, commet } from '../harness.ts'
import { BROWSER, createLinkWorld, invoiceElsewhere } from '../link-world.ts'
import { setFaults, withPost } from '../world.ts'

let world: Awaited<ReturnType<typeof createLinkWorld>>
beforeEach(async () => {
  await env.DB.exec(
    'UPDATE adjustments SET wake_at = 4e12, attempts = max(attempts, 1) WHERE wake_at IS NOT NULL',
  )
  world = await createLinkWorld()
})
afterEach(async () => {
  await setFaults()
  await world.settle()
})

type Sending = RequestInit & { readonly url: string }

/** What there is to be before a call, and what of it the call names. */
type Stage = {
  readonly params?: Readonly<Record<string, string>>
  /** In place of what the example names. */
  readonly fields?: object
  readonly request?: Sending
}

async function received(fields: Record<string, unknown> = {}): Promise<string> {
  const [id] = await world.receive('zendesk', ticket(fields))
  if (id === undefined) throw new Error('no event')
  await world.work()
  return id
}

async function adjustment(fields: Record<string, unknown> = {}) {
  const row = await world.adjustment((await received(fields)) as `evt_${string}`)
  return { params: { id: row.id } }
}

const HELD = { tags: 'credit_requested', amount: '300.00' }
const UNDECIDED = { tags: 'credit_requested credit_10 credit_25' }
const UNKNOWN = { customer_external_id: 'nobody-of-this-name' }

/** With an invoice that is there, and of which Makegood doesn't know. */
async function lost(): Promise<Stage> {
  const [id] = await world.receive('zendesk', ticket())
  await setFaults({ kind: 'server_error', status: 500, method: 'POST', times: 1, applied: true })
  await world.work()
  await world.advance(60)
  await world.sweep()
  const error = {
    meaning: 'permanent',
    code: 'rate_limited',
    status: 429,
    requestId: null,
    message: 'refused',
  } as const
  await world.work(withPost(world.deps().billing, async () => ({ ok: false, error }) as any))
  await setFaults()
  const row = await world.adjustment(id!)
  const [invoice] = await invoicesOf(row.id, 'cus_acme')
  return { params: { id: row.id }, fields: { version: row.version, invoiceId: invoice?.id } }
}

async function failed(): Promise<Stage> {
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
  const stage = await adjustment()
  await setFaults()
  return stage
}

async function key(): Promise<Stage> {
  const name = `key-${crypto.randomUUID()}`
  const made = await makeKey(
    world.deps(),
    { name, email: null, scopes: ['read'], expiresAt: null },
    BOOTSTRAP,
  )
  if (!made.ok) throw new Error(made.error.reason)
  return { params: { id: made.value.key.id } }
}

/** The id of what a call answers. */
async function madeBy(path: string, body: object): Promise<Stage> {
  const { status, body: answer } = await world.api('POST', path, body)
  if (status >= 300) throw new Error(JSON.stringify(answer))
  return { params: { id: answer.data.id } }
}

async function discrepancy(): Promise<Stage> {
  await commet('/api/v1/invoices', {
    method: 'POST',
    body: JSON.stringify({
      customerId: 'cus_sample',
      amount: -900,
      description: 'Made elsewhere',
      metadata: { makegood_adjustment_id: `adj_${'0'.repeat(32)}` },
    }),
  })
  await world.advance(7_200)
  const since = new Date(world.now() - 3 * 3_600_000).toISOString()
  await world.api('POST', '/reconciliations', { since })
  const { body } = await world.api('GET', '/discrepancies?state=open&limit=1')
  return { params: { id: body.data[0].id } }
}

const window = () => ({
  since: new Date(world.now() - 7_200_000).toISOString(),
  until: new Date(world.now() - 3_600_000).toISOString(),
})
const event = async (fields = {}) => ({ params: { id: await received(fields) } })
const link = async () => ({ params: { id: (await world.link()).link.id } })
const elsewhere = async () => ({ params: { id: await invoiceElsewhere() } })
const sealed = async () => {
  await received()
  await sealLog(world.deps(), 'asked')
  return {}
}

const delivery = async (): Promise<Stage> => {
  const signed = await signedRequest('zendesk', ticket(), { nowMs: world.now() })
  const { url, method, headers } = signed
  return { request: { url, method, headers, body: await signed.text() } }
}

const STAGES: Readonly<Record<string, () => Promise<Stage>>> = {
  'GET /api/v1/events': event,
  'GET /api/v1/events/:id': event,
  'POST /api/v1/events/:id/requeue': () => event(UNDECIDED),
  'POST /api/v1/events/:id/dismiss': () => event(UNDECIDED),
  'GET /api/v1/adjustments': () => adjustment(HELD),
  'GET /api/v1/adjustments/:id': () => adjustment(HELD),
  'GET /api/v1/adjustments/:id/evidence': () => adjustment(),
  'POST /api/v1/adjustments/:id/approve': () => adjustment(HELD),
  'POST /api/v1/adjustments/:id/reject': () => adjustment(HELD),
  'POST /api/v1/adjustments/:id/customer': () => adjustment(UNKNOWN),
  'POST /api/v1/adjustments/:id/reverse': () => adjustment(),
  'POST /api/v1/adjustments/:id/requeue': failed,
  'POST /api/v1/adjustments/:id/adopt': lost,
  'POST /api/v1/adjustments/requeue': failed,
  'GET /api/v1/identities': () =>
    madeBy('/identities', { kind: 'external_id', value: 'acme-42', customerId: 'cus_acme' }),
  'GET /api/v1/invoices/:id': elsewhere,
  'GET /api/v1/invoices/:id/download': elsewhere,
  'POST /api/v1/invoices/:id/send': elsewhere,
  'PUT /api/v1/invoices/:id/status': elsewhere,
  'GET /api/v1/customers/:id': async () => ({ params: { id: 'cus_acme' } }),
  'PUT /api/v1/customers/:id': async () => ({ params: { id: 'cus_acme' } }),
  'GET /api/v1/features/:code': async () => ({ params: { code: 'api_calls' } }),
  'PUT /api/v1/features/:code/manage': async () => ({ params: { code: 'api_calls' } }),
  'GET /api/v1/reports': () => adjustment(),
  'GET /api/v1/search': () => adjustment(HELD),
  'GET /api/v1/identities/:id': () =>
    madeBy('/identities', { kind: 'external_id', value: 'x-2', customerId: 'cus_acme' }),
  'GET /api/v1/switches/:kind/:key?': async () => ({
    params: { kind: 'endpoint', key: 'zendesk' },
  }),
  'DELETE /api/v1/identities/:id': () =>
    madeBy('/identities', { kind: 'external_id', value: 'x-1', customerId: 'cus_acme' }),
  'GET /api/v1/links': link,
  'GET /api/v1/links/:id': link,
  'DELETE /api/v1/links/:id': link,
  'POST /api/v1/links': async () => ({ fields: { invoiceId: await invoiceElsewhere() } }),
  'PUT /api/v1/switches/:kind/:key?': async () => ({
    params: { kind: 'endpoint', key: 'zendesk' },
  }),
  'DELETE /api/v1/switches/:kind/:key?': async () => ({
    params: { kind: 'endpoint', key: 'zendesk' },
  }),
  'GET /api/v1/reconciliations': () => madeBy('/reconciliations', window()),
  'GET /api/v1/reconciliations/:id': () => madeBy('/reconciliations', window()),
  'POST /api/v1/reconciliations': async () => ({ fields: window() }),
  'GET /api/v1/discrepancies': discrepancy,
  'POST /api/v1/discrepancies/:id/settle': discrepancy,
  'GET /api/v1/audit/checkpoint': sealed,
  'GET /api/v1/audit/verify': sealed,
  'GET /api/v1/erasures/:id': () => madeBy('/erasures', { customer: { externalId: 'gone-8' } }),
  'GET /api/v1/keys/:id': key,
  'DELETE /api/v1/keys/:id': key,
  'POST /webhooks/:endpoint/:token?': delivery,
  'GET /i/:slug{[^]*}': async () => ({ params: { slug: (await world.link()).slug } }),
  'GET /docs/errors/:code': async () => ({ params: { code: 'version_moved' } }),
}

it.each(Object.entries(OPERATIONS))('%s', async (route, { example = {}, answers }) => {
  const {
    params = {},
    fields = {},
    request,
  } = await (STAGES[route]?.() ?? Promise.resolve<Stage>({}))
  const [method = '', pattern = ''] = route.split(' ')
  const path = (pathsOf(pattern).at(-1) ?? '').replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => params[name] ?? 'missing',
  )
  const query = new URLSearchParams(example.query).toString()
  const { body, text, headers } = example
  const url = `https://makegood.example${path}${query === '' ? '' : `?${query}`}`
  const type = text?.type ?? (body === undefined ? null : 'application/json')
  const asked = request ?? {
    method,
    headers: {
      ...(path.startsWith('/api/v1') ? OPERATOR : BROWSER),
      ...headers,
      ...(type === null ? {} : { 'content-type': type }),
    },
    ...(text ? { body: text.body } : {}),
    ...(body === undefined ? {} : { body: JSON.stringify({ ...Object(body), ...fields }) }),
  }
  const response = await world.request(request?.url ?? url, asked)
  expect([Object.keys(answers), await response.clone().text()]).toEqual([
    expect.arrayContaining([String(response.status)]),
    expect.anything(),
  ])
  expect(response.status).toBeLessThan(400)
  expect(await undescribed(method, url, response)).toBeNull()
})

it('every stage is of a call', () => {
  expect(Object.keys(STAGES).filter((route) => !(route in OPERATIONS))).toEqual([])
})
