// The Stripe stand-in: webhook endpoints, in the words of Stripe's API. They are kept and never called. A
// secret is shown once, by the call that makes its endpoint.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import type { FakeCall, Listing } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { RATE_CALLS_PER_WINDOW_DEFAULT } from '../src/limits.ts'
import { matchPath } from '../src/path.ts'
import { toReply } from '../src/spoil.ts'
import { documents, newId, nowMs } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import { EVENTS, listEvents } from './events.ts'
import { problem, stripePage, type Form } from './page.ts'

const LIST = '/stripe/v1/webhook_endpoints'
/** Stripe allows so many of an account. */
const ENDPOINTS_MAX = 16

type Endpoint = {
  readonly id: string
  readonly object: 'webhook_endpoint'
  readonly api_version: string | null
  readonly created: number
  readonly description: string | null
  readonly enabled_events: readonly string[]
  readonly livemode: false
  readonly metadata: Readonly<Record<string, string>>
  readonly status: 'enabled' | 'disabled'
  readonly url: string
}

const changes = {
  url: z.url({ protocol: /^https?$/ }),
  enabled_events: z.array(z.string().min(1)).min(1),
  description: z.string(),
  metadata: z.record(z.string().max(40), z.string().max(500)),
}
const newEndpoint = z.strictObject({
  url: changes.url,
  enabled_events: changes.enabled_events,
  description: changes.description.nullable().default(null),
  metadata: changes.metadata.default({}),
  api_version: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(\.[a-z]+)?$/)
    .nullable()
    .default(null),
})
/** Its API version can't be changed. */
const endpointUpdate = z.strictObject({
  url: changes.url.exactOptional(),
  enabled_events: changes.enabled_events.exactOptional(),
  description: changes.description.exactOptional(),
  metadata: changes.metadata.exactOptional(),
  disabled: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .exactOptional(),
})

export const stripeFake: Fake = {
  voice: {
    tooManyCalls: toReply(problem(429, 'Request rate limit exceeded')),
    outcomeUnknown: toReply(problem(500, 'The outcome of this call is unknown')),
    serverError: (status) => toReply(problem(status, 'Something went wrong on our side')),
    otherShape: '{"object":"unexpected","id":42}',
    withOther: (body, other) => JSON.stringify({ ...JSON.parse(body), ...other }),
  },
  callsPerMinute: () => RATE_CALLS_PER_WINDOW_DEFAULT,
  answer: (store, call, listing, transact) => toReply(transact(() => answer(store, call, listing))),
}

function answer(store: Store, call: FakeCall, listing: Listing): Answer {
  if (call.body === null) return problem(400, 'The body is no UTF-8')
  const { method } = call
  const input = readForm(method === 'GET' ? call.search : call.body)
  if (call.path === EVENTS && method === 'GET') return listEvents(store, input, listing)
  if (call.path === LIST) {
    if (method === 'GET') return list(store, input, listing)
    if (method === 'POST') return create(store, input)
  }
  const id = matchPath(`${LIST}/*`, call.path)
  const found = id === null ? null : find(store, id)
  if (id !== null && found === null) return problem(404, `No such webhook endpoint: '${id}'`)
  if (found !== null && method === 'GET') return { status: 200, body: found }
  if (found !== null && method === 'POST') return update(store, found, input)
  if (found !== null && method === 'DELETE') {
    store.sql.exec('DELETE FROM stripe_endpoints WHERE id = ?', found.id)
    return { status: 200, body: { id: found.id, object: 'webhook_endpoint', deleted: true } }
  }
  return problem(404, `Unrecognized request URL (${method}: ${call.path})`)
}

/** `a=1`, `list[]=x` or `list[0]=x`, `map[key]=x`. */
function readForm(text: string): Form {
  const read: Record<string, string | string[] | Record<string, string>> = {}
  for (const [field, value] of new URLSearchParams(text)) {
    const [, name = field, key] = /^(\w+)\[(\w*)\]$/.exec(field) ?? []
    const before = read[name]
    if (key === undefined) read[name] = value
    else if (/^\d*$/.test(key)) read[name] = [...(Array.isArray(before) ? before : []), value]
    else {
      const map = typeof before === 'object' && !Array.isArray(before) ? before : {}
      read[name] = { ...map, [key]: value }
    }
  }
  return read
}

function list(store: Store, input: Form, listing: Listing): Answer {
  const select = 'SELECT document FROM stripe_endpoints ORDER BY sequence DESC'
  return stripePage(documents<Endpoint>(store, select), '/v1/webhook_endpoints', input, listing)
}

const find = (store: Store, id: string): Endpoint | null =>
  documents<Endpoint>(store, 'SELECT document FROM stripe_endpoints WHERE id = ?', id)[0] ?? null

function create(store: Store, input: Form): Answer {
  const wanted = newEndpoint.safeParse(input)
  if (!wanted.success) return invalid(wanted.error)
  const rows = store.sql.exec<{ rows: number }>('SELECT COUNT(*) AS rows FROM stripe_endpoints')
  if (rows.one().rows >= ENDPOINTS_MAX) {
    return problem(400, `You have reached the maximum of ${ENDPOINTS_MAX} webhook endpoints`)
  }
  const endpoint: Endpoint = {
    id: newId('we'),
    object: 'webhook_endpoint',
    created: Math.floor(nowMs(store) / 1_000),
    livemode: false,
    status: 'enabled',
    ...wanted.data,
  }
  write(store, endpoint)
  const secret = `whsec_${crypto.getRandomValues(new Uint8Array(24)).toHex()}`
  return { status: 200, body: { ...endpoint, secret } }
}

function update(store: Store, endpoint: Endpoint, input: Form): Answer {
  const wanted = endpointUpdate.safeParse(input)
  if (!wanted.success) return invalid(wanted.error)
  const { disabled, metadata, ...change } = wanted.data
  const after: Endpoint = {
    ...endpoint,
    ...change,
    metadata: { ...endpoint.metadata, ...metadata },
    ...(disabled === undefined ? {} : { status: disabled ? 'disabled' : 'enabled' }),
  }
  write(store, after)
  return { status: 200, body: after }
}

function invalid({ issues }: z.ZodError): Answer {
  const [issue] = issues
  return problem(400, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`)
}

const write = (store: Store, endpoint: Endpoint): unknown =>
  store.sql.exec(
    `INSERT INTO stripe_endpoints (id, document) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET document = excluded.document`,
    endpoint.id,
    JSON.stringify(endpoint),
  )
