import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { depsWith } from '../harness.ts'

/** What Hono's own middleware sets on an answer that has nothing else. */
async function ofHono(): Promise<[string, string][]> {
  const app = new Hono().use(secureHeaders()).get('/', (c) => c.body(null))
  return [...(await app.request('/')).headers]
}

it.each([
  ['an answer', '/healthz', 200],
  ['what is not there', '/nothing', 404],
  ['who is not let in', '/api/v1/events', 401],
])('%s has every header that Hono itself would set', async (_, path, status) => {
  const deps = depsWith()
  const response = await createApp(() => deps).request(path, {}, env)
  expect(response.status).toBe(status)
  const wanted = await ofHono()
  expect(wanted.length).toBeGreaterThan(8)
  expect(Object.fromEntries(response.headers)).toMatchObject(Object.fromEntries(wanted))
})

it('an answer about a thrown error has them too', async () => {
  const deps = depsWith()
  const app = createApp(() => ({ ...deps, log: () => {} })).get('/throws', () => {
    throw new Error('on purpose')
  })
  const response = await app.request('/throws')
  expect(response.status).toBe(503)
  expect(Object.fromEntries(response.headers)).toMatchObject(Object.fromEntries(await ofHono()))
})
