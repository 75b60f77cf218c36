// What holds for every call: headers, keys, versions, limits, pages, modes; and the page at /.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LIVE_KEY, startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

function credit(more: Json = {}): Json {
  return { customerId: 'cus_acme', amount: -2500, description: 'Outage on Monday', ...more }
}

async function createdId(more: Json = {}): Promise<string> {
  const { json } = await sandbox.api('POST', '/invoices', credit(more))
  return json.data.id
}

describe('every answer', () => {
  it('carries its own request id and the headers of the rate limit', async () => {
    const first = await sandbox.api('GET', '/features')
    const second = await sandbox.api('GET', '/features')
    expect(first.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{16}$/)
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'))
    const left = (called: typeof first) => Number(called.headers.get('ratelimit-remaining'))
    expect(left(first) - left(second)).toBe(1)
    expect(Number(first.headers.get('ratelimit-limit'))).toBe(100_000)
    expect(Number(first.headers.get('ratelimit-reset'))).toBeGreaterThan(0)
  })

  it('refuses a key that is missing or of another form', async () => {
    for (const key of ['', 'ck_no', 'ck_mg_local_development_only', 'sk_sandbox_1']) {
      const { status, headers, json } = await sandbox.api('GET', '/invoices', undefined, {
        'x-api-key': key,
      })
      expect(status).toBe(401)
      expect(Number(headers.get('ratelimit-remaining'))).toBeGreaterThan(0)
      expect(json).toMatchObject({
        success: false,
        error: { type: 'authentication_error', code: 'unauthorized' },
      })
      expect(json.error.doc_url).toMatch(/^https:\/\/commet\.co\//)
    }
  })

  it('names a path that is not there, and the paths of the newer version as not available', async () => {
    const unknown = await sandbox.api('GET', '/plans')
    expect([unknown.status, unknown.json.error.code]).toEqual([404, 'not_found'])
    const id = await createdId()
    for (const [method, path] of [
      ['POST', `/invoices/${id}/download-links`],
      ['PATCH', `/invoices/${id}/status`],
      ['PATCH', `/invoices/${id}`],
    ] as const) {
      const newer = await sandbox.api(method, path, {}, { 'commet-version': '2026-07-31' })
      expect([newer.status, newer.json.error.code]).toEqual([404, 'endpoint_not_available'])
    }
    for (const [version, status] of [
      ['2026-07-31', 404],
      ['2026-07-11', 200],
    ] as const) {
      const asked = { 'commet-version': version }
      const link = await sandbox.api('GET', `/invoices/${id}/download`, undefined, asked)
      const body = { status: version === '2026-07-31' ? 'void' : 'paid' }
      const change = await sandbox.api('PUT', `/invoices/${id}/status`, body, asked)
      expect([link.status, change.status]).toEqual([status, status])
      if (status === 404) expect(change.json.error.code).toBe('endpoint_not_available')
    }
  })

  it('names nothing by an escape that is none', async () => {
    const { status, json } = await sandbox.api('GET', '/invoices/%zz')
    expect([status, json.error.code]).toEqual([404, 'invoice_not_found'])
  })

  it('says that a body is no JSON', async () => {
    const response = await fetch(`${sandbox.origin}/api/v1/invoices`, {
      method: 'POST',
      headers: { 'x-api-key': 'ck_sandbox_x' },
      body: '{"customerId":',
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_json' } })
  })

  it('refuses a body of more than one mebibyte', async () => {
    const called = fetch(`${sandbox.origin}/api/v1/invoices`, {
      method: 'POST',
      headers: { 'x-api-key': 'ck_sandbox_x' },
      body: 'x'.repeat(1_048_577),
    })
    const { status, headers } = await called
    expect([status, headers.has('x-request-id')]).toEqual([413, true])
    const left = Number((await sandbox.api('GET', '/features')).headers.get('ratelimit-remaining'))
    expect(Number(headers.get('ratelimit-remaining'))).toBe(left + 1)
    const [, logged] = (await sandbox.control('GET', '/requests')).json.requests
    expect(logged).toMatchObject({ status: 413, requestId: headers.get('x-request-id') })
  })

  it('is logged with the version that was asked for, and never with the key', async () => {
    const versions = [{}, { 'commet-version': '2026-07-11' }, { 'commet-version': '2031-01-01' }]
    for (const headers of versions) await sandbox.api('GET', '/features', undefined, headers)
    const { json } = await sandbox.control('GET', '/requests')
    const seen = json.requests.map((request: Json) => [
      request['version'],
      request['answeredVersion'],
    ])
    expect(seen).toEqual([
      ['2031-01-01', '2026-07-11'],
      ['2026-07-11', '2026-07-11'],
      [null, '2026-07-11'],
    ])
    expect(JSON.stringify(json)).not.toContain('ck_')
  })

  it('is a 429 with Retry-After once the limit of a minute is used up', async () => {
    await sandbox.control('PUT', '/switches', { rateLimitPerMinute: 1 })
    await sandbox.api('GET', '/features')
    const { status, headers, json } = await sandbox.api('GET', '/features')
    expect([status, json.error.type, json.error.code]).toEqual([
      429,
      'rate_limit_error',
      'rate_limited',
    ])
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(headers.get('ratelimit-remaining')).toBe('0')
  })
})

describe('the list of invoices', () => {
  async function walk(query: string, betweenPages: () => Promise<unknown>): Promise<string[]> {
    const seen: string[] = []
    let cursor = ''
    for (let pages = 0; pages < 20; pages++) {
      const { json } = await sandbox.api('GET', `/invoices?${query}${cursor}`)
      seen.push(...json.data.map((invoice: Json) => invoice['id']))
      expect(json.hasMore).toBe('nextCursor' in json)
      if (!json.hasMore) return seen
      cursor = `&cursor=${encodeURIComponent(json.nextCursor)}`
      await betweenPages()
    }
    throw new Error('the pages never ended')
  }

  it('neither repeats nor skips a row while invoices are added between its pages', async () => {
    const made: string[] = []
    for (let count = 0; count < 7; count++) made.push(await createdId({ amount: -1 - count }))
    const seen = await walk('customerId=cus_acme&limit=2', () => createdId({ amount: 99 }))
    expect(seen).toEqual([...made.toReversed(), 'inv_acme_plan'])
  })

  it('keeps the order in which invoices were made, also where the clock was turned back', async () => {
    const first = await createdId()
    await sandbox.control('POST', '/clock', { now: '2026-10-05T00:00:00.000Z' })
    const second = await createdId()
    expect(
      (await walk('customerId=cus_acme&limit=1', () => Promise.resolve())).slice(0, 2),
    ).toEqual([second, first])
  })

  it('filters by customer, status and subscription, and leaves the lines out', async () => {
    await createdId()
    const ids = async (query: string) => {
      const { json } = await sandbox.api('GET', `/invoices?${query}`)
      return json.data.map((invoice: Json) => invoice['invoiceNumber'])
    }
    expect(await ids('customerId=cus_acme')).toEqual(['INV-0010', 'INV-0001'])
    expect(await ids('status=outstanding')).toEqual(['INV-0010'])
    expect(await ids('subscriptionId=sub_acme')).toEqual(['INV-0001'])
    expect(await ids('customerId=cus_echo')).toEqual([])
    const { json } = await sandbox.api('GET', '/invoices?limit=1')
    expect(json.data[0]).not.toHaveProperty('lineItems')
  })

  it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=yesterday', 'status=open'])(
    'refuses %s',
    async (query) => {
      const { status, json } = await sandbox.api('GET', `/invoices?${query}`)
      expect([status, json.error.param]).toEqual([422, query.split('=')[0]])
    },
  )
})

describe('the two modes', () => {
  it('are two organizations: one does not see the other', async () => {
    const id = await createdId()
    const live = { 'x-api-key': LIVE_KEY }
    const unseen = await sandbox.api('GET', `/invoices/${id}`, undefined, live)
    expect(unseen.status).toBe(404)
    const made = await sandbox.api('POST', '/invoices', credit(), live)
    expect(made.json.data).toMatchObject({ livemode: true, invoiceNumber: 'INV-0010' })
    for (const key of [LIVE_KEY, 'ck_4f9a2c', 'ck_sandboxed']) {
      const asked = { 'x-api-key': key }
      const customer = await sandbox.api('GET', '/customers/cus_acme', undefined, asked)
      expect(customer.json.data.livemode).toBe(true)
    }
  })
})

describe('the page at /', () => {
  it('shows customers, invoices with their PDF, the outbox and the faults that are on', async () => {
    const id = await createdId({ description: '<script>alert(1)</script>' })
    await sandbox.api('PUT', '/customers/cus_acme', { fullName: 'Acme <b>bold</b>' })
    await sandbox.api('POST', `/invoices/${id}/send`, {})
    await sandbox.control('PUT', '/faults', { faults: [{ kind: 'latency', ms: 1, path: '/x' }] })
    const page = await (await fetch(sandbox.origin)).text()
    for (const shown of ['INV-0010', '-$25.00', 'Dupont', 'Your credit INV-0010', 'latency']) {
      expect(page).toContain(shown)
    }
    expect(page).not.toContain('<b>bold</b>')
    const address = /href="(\/files\/[^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
    const pdf = await fetch(sandbox.origin + String(address))
    expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  })
})
