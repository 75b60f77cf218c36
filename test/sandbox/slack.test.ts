// The Slack stand-in: one incoming webhook, and what was posted to it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const PATH = '/slack/services/T000/B000/XXX'

async function post(body: unknown, path = PATH, method = 'POST'): Promise<[number, string]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const sent = method === 'GET' ? {} : { body: text }
  const response = await fetch(sandbox.origin + path, { method, ...sent })
  return [response.status, await response.text()]
}

async function messages(): Promise<any[]> {
  await sandbox.control('DELETE', '/faults')
  return (await sandbox.control('GET', '/slack')).json.messages
}

const arm = (...faults: Json[]) => sandbox.control('PUT', '/faults', { faults })

describe('a message', () => {
  it('is taken with a text or with blocks, and lies there, the newest first', async () => {
    await sandbox.control('POST', '/clock', { now: '2030-01-01T00:00:00.000Z' })
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'waits' } }]
    expect(await post({ text: '*ticket:5158*\nwaits' })).toEqual([200, 'ok'])
    expect(await post({ blocks })).toEqual([200, 'ok'])
    expect(await messages()).toMatchObject([
      { text: '', blocks },
      { text: '*ticket:5158*\nwaits', blocks: [], at: expect.stringMatching(/^2030-01-01/) },
    ])
    const home = await (await fetch(`${sandbox.origin}/`)).text()
    expect(home).toContain('*ticket:5158*\nwaits')
  })

  it('that is posted twice is there twice: Slack knows no keys', async () => {
    for (let time = 0; time < 2; time++) await post({ text: 'same' })
    expect(await messages()).toHaveLength(2)
  })

  it.each([
    ['an empty text', { text: '' }, 400, 'no_text'],
    ['nothing', {}, 400, 'no_text'],
    ['no blocks', { blocks: [] }, 400, 'no_text'],
    ['no JSON', 'hello', 400, 'invalid_payload'],
    ['a text that is none', { text: 5 }, 400, 'invalid_payload'],
    ['a list', [], 400, 'invalid_payload'],
  ])('of %s is refused', async (_name, body, status, word) => {
    expect(await post(body)).toEqual([status, word])
    expect(await messages()).toEqual([])
  })

  it('to another address has no service, whatever it says', async () => {
    for (const path of ['/slack/services/T000/B000/YYY', '/slack/services/T000', `${PATH}/x`]) {
      expect(await post({ text: 'x' }, path)).toEqual([404, 'no_service'])
    }
    expect(await post({ text: 'x' }, PATH, 'GET')).toEqual([400, 'invalid_payload'])
    expect(await messages()).toEqual([])
  })
})

describe('its faults', () => {
  it.each([
    [{ kind: 'rate_limited', retryAfterSeconds: 3 }, 429, 'rate_limited', 0],
    [{ kind: 'server_error', status: 503 }, 503, 'rollup_error', 0],
    [{ kind: 'server_error', status: 503, applied: true }, 503, 'rollup_error', 1],
    [{ kind: 'truncated_json' }, 200, 'o', 1],
    [{ kind: 'wrong_shape' }, 200, '{"unexpected":true}', 1],
    [{ kind: 'other_answer', data: {} }, 200, 'ok', 1],
  ])('of %j answer as they should, and post or not', async (fault, status, text, count) => {
    await arm({ ...fault, path: '/slack/services/*/*/*' })
    expect(await post({ text: 'x' })).toEqual([status, text])
    expect(await messages()).toHaveLength(count)
  })

  it('of another path leave it alone', async () => {
    await arm({ kind: 'server_error' }, { kind: 'server_error', path: '/zendesk/**' })
    expect(await post({ text: 'x' })).toEqual([200, 'ok'])
  })
})

describe('its calls', () => {
  it('are recorded without the secret part of the address', async () => {
    await post({ text: 'x' })
    await post({ text: 'x' }, '/slack/services/T000/B000/another-secret')
    const { json } = await sandbox.control('GET', '/requests')
    expect(json.requests).toMatchObject([
      { method: 'POST', path: '/slack/services/T000/B000/***', status: 404 },
      { method: 'POST', path: '/slack/services/T000/B000/***', status: 200 },
    ])
    expect(JSON.stringify(json)).not.toMatch(/XXX|another-secret/)
  })

  it('are forgotten with the messages by the reset', async () => {
    await post({ text: 'x' })
    await sandbox.control('POST', '/reset')
    expect(await messages()).toEqual([])
  })
})
