// Stripe's list of events: what a test or a script says that has happened there. Nothing of it is delivered.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import type { Listing } from '../src/call.ts'
import { parse } from '../src/parse.ts'
import { documents } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import { problem, stripePage, type Form } from './page.ts'

export const EVENTS = '/stripe/v1/events'
/** Stripe's own limit. */
const TYPES_MAX = 20
const EVENTS_PER_CALL_MAX = 2_000

const event = z.looseObject({ id: z.string().min(1), type: z.string().min(1), created: z.int() })
const given = z.strictObject({ events: z.array(event).min(1).max(EVENTS_PER_CALL_MAX) })

const seconds = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform(Number)
const asked = z.strictObject({
  limit: z.string().exactOptional(),
  starting_after: z.string().exactOptional(),
  created: z
    .strictObject({ gte: seconds.exactOptional(), lt: seconds.exactOptional() })
    .default({}),
  types: z.array(z.string()).max(TYPES_MAX).exactOptional(),
})

/** The control `POST /sandbox/stripe/events`; null for any other. */
export function stripeControl(
  store: Store,
  method: string,
  path: string,
  body: unknown,
): Answer | null {
  if (method !== 'POST' || path !== '/stripe/events') return null
  const wanted = parse(given, body)
  if (!wanted.ok) return wanted.error
  for (const each of wanted.value.events) {
    store.sql.exec(
      `INSERT INTO stripe_events (id, created, type, document) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING`,
      each.id,
      each.created,
      each.type,
      JSON.stringify(each),
    )
  }
  return { status: 200, body: { events: wanted.value.events.length } }
}

export function listEvents(store: Store, input: Form, listing: Listing): Answer {
  const wanted = asked.safeParse(input)
  if (!wanted.success) {
    const [issue] = wanted.error.issues
    return problem(400, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`)
  }
  const { created, types } = wanted.data
  const all = documents<z.output<typeof event>>(
    store,
    `SELECT document FROM stripe_events WHERE created >= ? AND created < ?
       ORDER BY created DESC, sequence DESC`,
    created.gte ?? 0,
    created.lt ?? Number.MAX_SAFE_INTEGER,
  )
  const rows = all.filter(({ type }) => types?.includes(type) ?? true)
  return stripePage(rows, '/v1/events', input, listing)
}
