// Malformed bodies and hostile headers through the whole Worker in workerd, for as long as a test may
// take; the same with twenty thousand is `npm run fuzz -- --http --count 20000`.

import { describe, expect, it } from 'vitest'
import { fuzzHttp } from '../../scripts/fuzz-http.ts'
import { BODY_MARK, lineTrouble } from '../../scripts/fuzz-http-log.ts'

const REQUESTS = 2_000

it(`of ${REQUESTS} hostile requests over HTTP, each is answered, none by a 5xx, and the Worker lives`, async () => {
  const seed = Date.now() % 1_000_000
  console.info(`seed ${seed}`)
  const report = await fuzzHttp(seed, REQUESTS)
  console.info(Object.fromEntries(report.outcomes), report.slowestMs, report.events)
  const came = (outcome: string) => report.outcomes.get(outcome) ?? 0
  // Signed nonsense was kept, by both ways to say so, and what isn't signed was refused.
  expect(came('body 202')).toBeGreaterThan(REQUESTS / 10)
  expect(came('body 200')).toBeGreaterThan(REQUESTS / 10)
  expect(came('headers 401')).toBeGreaterThan(REQUESTS / 10)
  expect(report.events).toBeGreaterThan(REQUESTS / 4)
  expect(report.logLines).toBeGreaterThan(REQUESTS)
}, 180_000)

describe('a log line', () => {
  const line = {
    event: 'request',
    requestId: '9353406d-399d-4f5d-b137-e8f17f7e0920',
    method: 'POST',
    route: '/webhooks/:endpoint/:token?',
    status: 401,
    ms: 1,
    endpoint: 'hubspot',
    reason: 'header_malformed',
    header: 'x-hubspot-signature-version',
  }

  it('of codes, ids and numbers is as it should be', () => {
    expect(lineTrouble(JSON.stringify(line))).toBeNull()
  })

  it.each([
    ['a text of a request in a field', { ...line, reason: 'refund re_1 of Ms Miller' }],
    ['a field that nothing is known of', { ...line, body: 'x' }],
    ['an object in a field', { ...line, endpoint: { name: 'stripe' } }],
    ['a path with a slug', { ...line, route: '/i/0123456789abcdef' }],
    ['the mark of a body', { ...line, requestId: `${BODY_MARK}` }],
  ])('with %s is told', (_, said) => {
    expect(lineTrouble(JSON.stringify(said))).not.toBeNull()
  })

  it('that is no JSON, as a stack is, is told', () => {
    expect(lineTrouble('    at receiveDelivery (index.js:1:2)')).toBe('it is no JSON object')
  })
})
