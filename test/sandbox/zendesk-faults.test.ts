// The Zendesk stand-in obeys the sandbox's faults, switches, clock and reset, and its calls are recorded.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SANDBOX_KEY, startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'
import { zendeskOf } from './zendesk-calls.ts'

let sandbox: RunningSandbox
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const PATH = '/zendesk/api/v2/tickets/*'
const comment = { body: 'Once', public: false }

async function arm(...faults: Json[]): Promise<void> {
  const { status } = await sandbox.control('PUT', '/faults', { faults })
  expect(status).toBe(200)
}

const put = () => zendesk.raw('PUT', '/tickets/5158.json', { ticket: { comment } })

async function commentsWritten(): Promise<number> {
  await sandbox.control('DELETE', '/faults')
  return (await zendesk.comments(5158)).length - 1
}

describe('a fault', () => {
  it('that is a 429 carries Retry-After, or not, and nothing is written', async () => {
    await arm(
      { kind: 'rate_limited', path: PATH, retryAfterSeconds: 7, times: 1 },
      { kind: 'rate_limited', path: PATH, retryAfterSeconds: null, times: 1 },
    )
    const answers = [await put(), await put()]
    expect(answers.map(({ status }) => status)).toEqual([429, 429])
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['7', null])
    expect(await answers[0]?.json()).toMatchObject({ error: 'APIRateLimitExceeded' })
    expect(await commentsWritten()).toBe(0)
  })

  it.each([
    [500, false, 0],
    [503, true, 1],
  ])(
    'that is a %i with the write applied: %s leaves %i comments',
    async (status, applied, count) => {
      await arm({ kind: 'server_error', path: PATH, status, applied })
      const answer = await put()
      expect([answer.status, await answer.json()]).toMatchObject([
        status,
        { error: 'InternalError' },
      ])
      expect(await commentsWritten()).toBe(count)
    },
  )

  it.each([
    [false, 0],
    [true, 1],
  ])('that times out with the write applied: %s leaves %i comments', async (applied, count) => {
    await arm({ kind: 'timeout', path: PATH, applied, ms: 50 })
    const answer = await put()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      504,
      'text/html; charset=utf-8',
    ])
    expect(await commentsWritten()).toBe(count)
  })

  it('that resets the body breaks the connection after the write, of a deletion too', async () => {
    await arm({ kind: 'reset_body', path: '/zendesk/**' })
    const answer = await put()
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
    expect(await commentsWritten()).toBe(1)
    const { id } = await zendesk.field({ type: 'text', title: 'x' })
    await arm({ kind: 'reset_body', path: '/zendesk/**' })
    const deleted = await zendesk.raw('DELETE', `/ticket_fields/${id}.json`)
    await expect(deleted.text()).rejects.toThrow()
    await sandbox.control('DELETE', '/faults')
    expect((await zendesk.get(`/ticket_fields/${id}.json`)).status).toBe(404)
  })

  it('spoils the body: HTML, half of the JSON, another shape, other values', async () => {
    await arm(
      { kind: 'html', path: PATH, status: 200, applied: true, times: 1 },
      { kind: 'truncated_json', path: PATH, times: 1 },
      { kind: 'wrong_shape', path: PATH, times: 1 },
      { kind: 'other_answer', path: PATH, data: { status: 'closed' }, times: 2 },
    )
    const texts: string[] = []
    for (let call = 0; call < 4; call++) texts.push(await (await put()).text())
    expect(texts[0]).toMatch(/^<!doctype html>/)
    expect(texts[1]).toMatch(/^\{"ticket":\{"url"/)
    expect(() => JSON.parse(texts[1] ?? '')).toThrow(SyntaxError)
    expect(JSON.parse(texts[2] ?? '')).toEqual({ unexpected: { id: 42 } })
    expect(JSON.parse(texts[3] ?? '')).toMatchObject({ ticket: { id: 5158, status: 'closed' } })
    const refused = await zendesk.get('/tickets/1.json')
    expect(refused.json).toEqual({ error: 'RecordNotFound', description: 'Not found' })
    expect((await zendesk.ticket(5158)).status).toBe('open')
    expect(await commentsWritten()).toBe(4)
  })

  it('that is slow lets others pass meanwhile', async () => {
    await arm({ kind: 'latency', path: PATH, method: 'PUT', ms: 400, times: 1 })
    const order: string[] = []
    const slow = put().then(() => order.push('slow'))
    await zendesk.ticket(5158).then(() => order.push('fast'))
    await slow
    expect(order).toEqual(['fast', 'slow'])
  })

  it('without a path strikes Commet alone, and one with a path this one alone', async () => {
    await arm(
      { kind: 'server_error', status: 503 },
      { kind: 'server_error', status: 502, path: '/zendesk/**' },
    )
    const commet = await fetch(`${sandbox.origin}/api/v1/features`, {
      headers: { 'x-api-key': SANDBOX_KEY },
    })
    expect(commet.status).toBe(503)
    expect((await put()).status).toBe(502)
    await arm({ kind: 'server_error', path: PATH, method: 'PUT' })
    expect((await zendesk.get('/tickets/5158.json')).status).toBe(200)
    expect((await zendesk.put('/tickets/5158/tags.json', { tags: ['a'] })).status).toBe(200)
    expect((await put()).status).toBe(500)
  })
})

describe('the rate limit', () => {
  it('is a switch, and its 429 says when to come again', async () => {
    await sandbox.control('PUT', '/switches', { zendeskRateLimitPerMinute: 2 })
    const answers = []
    for (let call = 0; call < 6; call++) answers.push(await zendesk.get('/users/me.json'))
    const limited = answers.filter(({ status }) => status === 429)
    // A new minute may begin in between, and then two more are let through.
    expect(limited.length).toBeGreaterThanOrEqual(2)
    for (const { headers, json } of limited) {
      const seconds = Number(headers.get('retry-after'))
      expect(seconds).toBeGreaterThanOrEqual(1)
      expect(seconds).toBeLessThanOrEqual(60)
      expect(json.error).toBe('APIRateLimitExceeded')
    }
    expect((await sandbox.api('GET', '/features')).status).toBe(200)
  })
})

describe('the calls', () => {
  it('are recorded with their faults, and never with what proves who calls', async () => {
    await arm({ kind: 'server_error', path: PATH, status: 503, times: 1 })
    await put()
    await zendesk.get('/search.json?query=tags:a')
    const { json } = await sandbox.control('GET', '/requests')
    expect(json.requests).toMatchObject([
      {
        method: 'GET',
        path: '/zendesk/api/v2/search.json?query=tags:a',
        status: 200,
        answeredVersion: null,
      },
      {
        method: 'PUT',
        path: '/zendesk/api/v2/tickets/5158.json',
        status: 503,
        faults: ['server_error'],
      },
    ])
    const text = JSON.stringify(json)
    expect(text).not.toContain('sandbox_zendesk_token')
    expect(text.toLowerCase()).not.toContain('basic')
  })
})

describe('the clock and the reset', () => {
  it('are those of the sandbox', async () => {
    await sandbox.control('POST', '/clock', { now: '2031-05-05T10:00:00.000Z' })
    await put()
    expect((await zendesk.ticket(5158)).updated_at).toMatch(/^2031-05-05T10:00:/)
    await zendesk.field({ type: 'text', title: 'x' })
    const fresh = await zendesk.post('/tickets.json', { ticket: { comment } })
    expect(fresh.status).toBe(201)
    await sandbox.control('POST', '/reset')
    expect(await zendesk.ticket(5158)).toMatchObject({
      tags: ['billing'],
      updated_at: '2026-10-24T10:12:07Z',
    })
    expect(await zendesk.comments(5158)).toHaveLength(1)
    expect((await zendesk.get('/ticket_fields.json')).json.count).toBe(2)
    expect((await zendesk.get('/tickets/5161.json')).status).toBe(404)
  })

  it('of the live organization has no tickets to show', async () => {
    const { status } = await sandbox.control('POST', '/zendesk/tickets/5158/act?mode=live', {
      agent: 'agent@saas.example',
    })
    expect(status).toBe(404)
  })
})

describe('what was answered', () => {
  it('is there after a restart', async () => {
    const statePath = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
    const first = await startSandbox(statePath)
    const kept = zendeskOf(() => first)
    await kept.update(5158, { comment, additional_tags: ['kept'] })
    const before = await kept.ticket(5158)
    await first.stop()
    const second = await startSandbox(statePath)
    const found = zendeskOf(() => second)
    expect({ ...(await found.ticket(5158)), url: '' }).toEqual({ ...before, url: '' })
    expect(await found.comments(5158)).toHaveLength(2)
    await second.stop()
    await rm(statePath, { recursive: true, force: true })
  })
})
