// docs/api.md names every call of the app with the scope that it asks for, and nothing else; its examples of
// answers are what is answered.

import { expect, it } from 'vitest'
import page from '../../docs/api.md?raw'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { depsWith, fetchApp, OPERATOR } from '../harness.ts'
import { blocksOf } from '../markdown.ts'

const ROWS = [...page.matchAll(/^\| `([A-Z]+) (\/[^`]*)` \| (.*) \|$/gm)].map(
  ([, method = '', path = '', cells = '']) => ({ call: `${method} ${path}`, path, cells }),
)
const isApi = ({ path }: { readonly path: string }) => path.startsWith('/api/v1/')

/** As the page writes it. */
const written = (path: string): string => path.replaceAll(/:(\w+)\??/g, '{$1}')

const app = createApp(() => depsWith())
const ROUTES = app.routes.filter(({ method }) => method !== 'ALL')

/** What a key that may only read is told to need. */
async function scopesOf(method: string, path: string, key: string): Promise<string> {
  const response = await app.request(path.replaceAll(/:\w+\??/g, 'nothing'), {
    method,
    headers: { 'x-api-key': key },
    ...(method === 'POST' ? { body: '{"no_such_field":1}' } : {}),
  })
  if (response.status !== 403) return '`read`'
  const { error } = await response.json<{ error: { message: string } }>()
  const [, words = ''] = /^This needs a key with the scope (.*)\.$/.exec(error.message) ?? []
  return words.replaceAll(/\w+/g, (word) => (word === 'or' ? word : `\`${word}\``))
}

it('lists each call of the operator’s API with its scope, and no other', async () => {
  const wanted = { name: 'reader', email: null, scopes: ['read'] as const, expiresAt: null }
  const made = await makeKey(depsWith(), wanted, BOOTSTRAP)
  if (!made.ok) throw new Error(made.error.reason)
  const { secret } = made.value
  const known = await Promise.all(
    ROUTES.filter(isApi).map(
      async ({ method, path }) =>
        `${method} ${written(path)}: ${await scopesOf(method, path, secret)}`,
    ),
  )
  const listed = ROWS.filter(isApi).map(({ call, cells }) => `${call}: ${cells.split(' | ')[0]}`)
  expect(listed.toSorted()).toEqual([...new Set(known)].toSorted())
  expect(listed.filter((line) => line.endsWith(': `admin`'))).toHaveLength(5)
})

it('names each part that is open to everybody', () => {
  const first = ({ path }: { readonly path: string }) => path.split('/')[1]
  const open = new Set(ROUTES.filter((route) => !isApi(route)).map(first))
  const listed = ROWS.filter((row) => !isApi(row)).map(first)
  expect(new Set(listed)).toEqual(open)
})

it('shows answers as they are', async () => {
  const [list, refusal] = blocksOf(page)
    .filter(({ language }) => language === 'json')
    .map(({ text }): unknown => JSON.parse(text))
  const body = { customer: { value: 'acme-42' }, direction: 'credit', amount: 1 }
  const request = { ...body, currency: 'usd', reason: 'goodwill' }
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> =>
    (
      await fetchApp(`https://makegood.example/api/v1${path}`, { headers: OPERATOR, ...init })
    ).json()
  const post = (given: object) =>
    ask('/adjustments', { method: 'POST', body: JSON.stringify(given) })
  expect(await post({ ...request, amount: 0 })).toEqual(refusal)
  for (const amount of [1, 2]) await post({ ...request, amount })
  const shown = { data: [expect.anything()], nextCursor: expect.stringMatching(/^\d+$/) }
  expect(await ask('/adjustments?limit=1')).toEqual(Object.assign({}, list, shown))
})
