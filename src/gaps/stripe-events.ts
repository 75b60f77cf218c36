// Stripe's list of events (docs.stripe.com/api/events/list): each is the very body of its delivery, kept for
// 30 days. It has the API version that the account had then, whichever the endpoint or this call names.

import * as z from 'zod/mini'
import {
  GAP_PAGE_ROWS,
  GAP_PAGES_MAX,
  GAP_SLICE_SECONDS,
  STRIPE_TYPES_MAX,
} from '../domain/gap-limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask, askTrouble, type Source } from './ask.ts'
import type { AskTrouble, Candidate, Finder, Searched, Wanted, Window } from './finder.ts'

export type StripeEventsOptions = {
  /** The endpoint whose deliveries it finds; left out, the only one of Stripe. */
  readonly endpoint?: string
  /** Name of the secret with an API key: a restricted one that may read events is enough. */
  readonly key?: string
  /** Name of a secret with another address than Stripe's: a stand-in's. */
  readonly url?: string
}

const ADDRESS = 'https://api.stripe.com'

const event = z.looseObject({ id: z.string(), type: z.string(), created: z.int() })
const pageShape = z.object({ data: z.array(event), has_more: z.boolean() })
type Event = z.output<typeof event>

export function stripeEvents(options: StripeEventsOptions = {}): Finder {
  const { endpoint = null, key = 'STRIPE_API_KEY', url } = options
  return {
    source: 'stripe',
    endpoint,
    secrets: [key, ...(url === undefined ? [] : [url])],
    problems: unknownFields(options, ['endpoint', 'key', 'url']),
    search(secrets, { types }, window) {
      const base = url === undefined ? ADDRESS : secrets(url)
      return search({ base, headers: { authorization: `Bearer ${secrets(key)}` } }, types, window)
    },
  }
}

/** The list is newest first: what doesn't fit into its pages is asked for in a shorter time. */
async function search(
  source: Source,
  types: Wanted['types'],
  window: Window,
): Promise<Result<Searched, AskTrouble>> {
  if (types.length === 0) return ok({ candidates: [], until: window.to })
  const from = window.from / 1_000
  let until = Math.min(window.to / 1_000, from + GAP_SLICE_SECONDS)
  for (;;) {
    const listed = await list(source, types, { from, until, isTimeUp: window.isTimeUp })
    if (!listed.ok) return listed
    if (listed.value !== null) {
      return ok({ candidates: listed.value.toReversed().map(candidate), until: until * 1_000 })
    }
    if (until - from <= 1) return err(askTrouble('too_many_at_once'))
    until = from + Math.ceil((until - from) / 2)
  }
}

const candidate = (each: Event): Candidate => {
  const at = each.created * 1_000
  return {
    at,
    known: { ownId: each.id },
    read: () => Promise.resolve(ok({ body: JSON.stringify(each), at })),
  }
}

type Slice = Pick<Window, 'isTimeUp'> & {
  /** Seconds since 1970; `until` is exclusive. */
  readonly from: number
  readonly until: number
}

/** Newest first; null where there are more than the pages hold. */
async function list(
  source: Source,
  types: Wanted['types'],
  { from, until, isTimeUp }: Slice,
): Promise<Result<Event[] | null, AskTrouble>> {
  const query = new URLSearchParams({ limit: String(GAP_PAGE_ROWS) })
  query.set('created[gte]', String(from))
  query.set('created[lt]', String(until))
  if (types.length <= STRIPE_TYPES_MAX) for (const type of types) query.append('types[]', type)
  const events: Event[] = []
  for (let page = 0; page < GAP_PAGES_MAX; page++) {
    if (page > 0 && isTimeUp()) return err(askTrouble('too_slow'))
    const answer = await ask(source, `/v1/events?${query.toString()}`, pageShape)
    if (!answer.ok) return answer
    const { data, has_more: isMore } = answer.value
    events.push(...data.filter(({ type }) => types.includes(type)))
    if (!isMore) return ok(events)
    const last = data.at(-1)
    // A list that doesn't go on would be read for ever, in ever shorter times.
    if (last === undefined || last.id === query.get('starting_after')) {
      return err(askTrouble('list_repeats'))
    }
    query.set('starting_after', last.id)
  }
  return ok(null)
}
