// The typed client of the app: calls that don't exist, and bodies that they don't take, do not compile.

import { hc } from 'hono/client'
import { expect, expectTypeOf, it } from 'vitest'
import type { AppType } from '../../src/http/app.ts'
import { fetchApp, OPERATOR } from '../harness.ts'

const client = hc<AppType>('https://makegood.example', {
  headers: OPERATOR,
  fetch: async (input: RequestInfo | URL, init?: RequestInit) => fetchApp(new Request(input, init)),
})

it('knows the calls, and sends what they take', async () => {
  const made = await client.api.v1.keys.$post({ json: { name: 'typed', scopes: ['read'] } })
  expect(made.status).toBe(201)
  const { data }: any = await made.json()
  const found = await client.api.v1.keys[':id'].$get({ param: { id: data.id } })
  expect(await found.json()).toMatchObject({ data: { name: 'typed' } })
  const listed = await client.api.v1.adjustments.$get({ query: { limit: '1' } })
  expect(listed.status).toBe(200)
})

it('has no type for what is not there', () => {
  type Body = Parameters<typeof client.api.v1.keys.$post>[0]['json']
  expectTypeOf<Body['name']>().toEqualTypeOf<string>()
  expectTypeOf<Body['scopes'][number]>().toEqualTypeOf<'read' | 'write' | 'approve' | 'admin'>()
  expectTypeOf<typeof client.api.v1>().not.toHaveProperty('nothing')
})
