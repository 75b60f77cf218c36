// Requests drawn from the description of the calls, valid, nearly valid and hostile: each is answered as the
// description says, none with a 5xx, and no answer and no log line has a secret. More of them with
// API_REQUESTS=20000, and of another API_SEED.

import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { readCalls } from '../../scripts/fuzz-api-calls.ts'
import { drawApiRequest, SECRET_MARK, type KnownIds } from '../../scripts/fuzz-api-requests.ts'
import { randomFrom } from '../../scripts/fuzz-requests.ts'
import { createApp } from '../../src/http/app.ts'
import { makeDocument } from '../../src/http/reference/document.ts'
import { undescribed } from '../documented.ts'
import { OPERATOR, ticket } from '../harness.ts'
import { createLinkWorld, invoiceElsewhere } from '../link-world.ts'

const REQUESTS = Number(env.API_REQUESTS)
const AT_ONCE = 10
/** What is no fault: two seal at once, a pause was drawn before, and the tests deploy no assets. */
const NOT_NOW =
  /"code":"busy"|"code":"idempotency_unavailable".*"state":"due"|The page assets\/verify\.html is not deployed/
const seed = Number(env.API_SEED)

const SECRETS = [
  SECRET_MARK,
  OPERATOR['x-api-key'],
  env.COMMET_API_KEY,
  env.LINK_KEY,
  env.ZENDESK_WEBHOOK_SECRET,
  env.STANDARD_WEBHOOK_SECRET,
  'AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g',
].filter((secret) => typeof secret === 'string')

let world: Awaited<ReturnType<typeof createLinkWorld>>
let ids: KnownIds

beforeAll(async () => {
  // Nobody is held back: a request that is not looked at proves nothing.
  world = await createLinkWorld({ mayCall: async () => true, mayKnock: async () => true })
  const make = async (fields: Record<string, unknown> = {}) => {
    const [event] = await world.receive('zendesk', ticket(fields))
    await world.work()
    return event!
  }
  const events = [
    await make(),
    await make({ tags: 'credit_requested', amount: '300.00' }),
    await make({ customer_external_id: 'nobody' }),
    await make({ tags: 'credit_requested credit_10 credit_25' }),
  ]
  const keyOf = async (name: string) =>
    (await world.api('POST', '/keys', { name, scopes: ['read'] })).body.data.id
  const adjustments = await Promise.all(events.slice(0, 3).map((id) => world.adjustment(id)))
  ids = {
    evt_: events,
    adj_: adjustments.map(({ id }) => id),
    lnk_: [(await world.link()).link.id],
    invoices: await Promise.all(Array.from({ length: 20 }, invoiceElsewhere)),
    customers: ['cus_acme'],
    keys: await Promise.all(Array.from({ length: 5 }, (_, n) => keyOf(`drawn-${n}`))),
  }
})

/** Anything of it that says where it was thrown, or what it was given. */
const troubleOf = (text: string): string | null =>
  SECRETS.find((secret) => text.includes(secret)) ?? null

it(`answers ${REQUESTS} requests of seed ${seed} as it is described, and none with a 5xx`, async () => {
  const document = makeDocument(createApp(() => world.deps()).routes)
  const calls = readCalls(JSON.parse(JSON.stringify(document)))
  const outcomes = new Map<string, number>()
  const routes = new Map<string, Record<number, number>>()
  let next = 0
  const sendOn = async (): Promise<void> => {
    while (next < REQUESTS) {
      const number = (next += 1)
      const random = randomFrom(seed ^ Math.imul(number, 0x9e37_79b1))
      const given = { key: OPERATOR['x-api-key'], ids, now: world.now() }
      const drawn = drawApiRequest(calls, given, random)
      const { kind, method, route, path, headers, body } = drawn
      const what = `request ${number} of seed ${seed}: ${method} ${path.slice(0, 300)} ${
        body === null ? '' : new TextDecoder().decode(body).slice(0, 600)
      }`
      const response = await world.request(path, { method, headers, ...(body ? { body } : {}) })
      const url = `https://makegood.example${path}`
      expect(await undescribed(method, url, response), what).toBeNull()
      const bytes = await response.arrayBuffer()
      const text = `${new TextDecoder().decode(bytes)} ${JSON.stringify([...response.headers])}`
      expect(troubleOf(text), what).toBeNull()
      if (response.status === 429) expect(text, what).not.toContain('calls too often')
      const threw = world.lines.filter(({ event }) => event === 'alarm.request_threw')
      if (!NOT_NOW.test(text))
        expect(
          response.status,
          `${JSON.stringify(threw)} ${what} ${text.slice(0, 300)}`,
        ).toBeLessThan(500)
      const outcome = `${kind} ${response.status}`
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      const statuses = routes.get(`${method} ${route}`) ?? {}
      routes.set(`${method} ${route}`, {
        ...statuses,
        [response.status]: (statuses[response.status] ?? 0) + 1,
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn))
  await world.settle()
  const lines = world.lines.map((line) => JSON.stringify(line))
  expect(lines.map(troubleOf).filter((found) => found !== null)).toEqual([])
  expect(world.lines.filter(({ event }) => event === 'alarm.request_threw')).toEqual([])
  const asked = [...routes].map(([route, statuses]) => `${route} ${JSON.stringify(statuses)}`)
  console.info([...asked.toSorted(), JSON.stringify(Object.fromEntries(outcomes))].join('\n'))
  expect(routes.size).toBe(calls.length)
  expect(outcomes.get('valid 200') ?? 0).toBeGreaterThan(REQUESTS / 40)
  expect(outcomes.get('nearly 400') ?? 0).toBeGreaterThan(REQUESTS / 40)
}, 600_000)
