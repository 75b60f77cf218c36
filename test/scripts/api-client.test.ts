// The client that our commands call the API by. That a wrong call does not compile is what `npm run check` sees: the
// compiler is told below where it has to find an error, and says so where it finds none.

import { expect, it } from 'vitest'
import { apiOf, clientOf, within, type Api } from '../../scripts/api-client.ts'

type Sent = { readonly url: string; readonly init: RequestInit }

/** What a call sends; nobody is asked. */
async function sentBy(
  key: string | null,
  call: (client: ReturnType<typeof clientOf>) => Promise<unknown>,
): Promise<Sent> {
  const sent: Sent[] = []
  const fetch = async (url: string, init: RequestInit) => {
    sent.push({ url, init })
    return new Response('{}')
  }
  await call(clientOf({ url: 'https://makegood.example', key, fetch }))
  const [first] = sent
  if (first === undefined || sent.length > 1) throw new Error('not one call')
  return first
}

it('the key goes to the address that was named, and follows no redirect', async () => {
  const { url, init } = await sentBy('ck_mg_test', ({ api }) =>
    api.v1.adjustments[':id'].requeue.$post(
      { param: { id: 'adj_1' }, json: { version: 3, looked: true } },
      within(1_000),
    ),
  )
  expect(url).toBe('https://makegood.example/api/v1/adjustments/adj_1/requeue')
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
  expect(init.body).toBe('{"version":3,"looked":true}')
  expect(init.signal).toBeInstanceOf(AbortSignal)
  expect(new Headers(init.headers).get('x-api-key')).toBe('ck_mg_test')
})

it('without a key none is sent', async () => {
  const { url, init } = await sentBy(null, ({ readyz }) => readyz.$get())
  expect(url).toBe('https://makegood.example/readyz')
  expect(new Headers(init.headers).has('x-api-key')).toBe(false)
})

/** Compiled, and never called. */
export const WRONG: readonly ((api: Api) => unknown)[] = [
  // @ts-expect-error there is no such path
  (api) => api.adjustment.$get({ query: {} }),
  // @ts-expect-error nor such a method of it
  (api) => api.status.$post({}),
  // @ts-expect-error a state is one of the states
  (api) => api.adjustments.$get({ query: { state: 'lost' } }),
  // @ts-expect-error the version is missing
  (api) => api.adjustments[':id'].approve.$post({ param: { id: 'adj_1' }, json: {} }),
  // @ts-expect-error a version is a number
  (api) => api.adjustments[':id'].reject.$post({ param: { id: 'adj_1' }, json: { version: '1' } }),
]

it('a wrong call is asked of nobody here', () => {
  const { adjustments } = apiOf({ url: 'https://makegood.example', key: 'ck_mg_test' })
  expect(adjustments.$url().pathname).toBe('/api/v1/adjustments')
  expect(WRONG).toHaveLength(5)
})
