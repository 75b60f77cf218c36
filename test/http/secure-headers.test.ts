// The headers that keep a browser from guessing are those of hono's own middleware, in a tenth of its size.

import { Hono } from 'hono'
import { secureHeaders as honos } from 'hono/secure-headers'
import { expect, it } from 'vitest'
import { secureHeaders } from '../../src/http/secure-headers.ts'
import { fetchApp } from '../harness.ts'

const answerOf = async (app: Hono): Promise<[string, string][]> => [
  ...(await app.request('/')).headers,
]

it('sets the same headers as hono does when it is asked for nothing else', async () => {
  const body = (middleware: ReturnType<typeof honos>) =>
    new Hono().use(middleware).get('/', (c) => c.text('', 200, { 'x-frame-options': 'DENY' }))
  expect(await answerOf(body(secureHeaders))).toEqual(await answerOf(body(honos())))
})

it.each(['/healthz', '/nowhere', '/api/v1/events', '/i/unknown'])(
  '%s is answered with them, whatever becomes of it',
  async (path) => {
    const { headers } = await fetchApp(`https://makegood.example${path}`)
    expect(headers.get('strict-transport-security')).toBe('max-age=15552000; includeSubDomains')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  },
)
