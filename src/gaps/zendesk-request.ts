// What a ticket's trigger would have sent: the ticket as it was in the update that tagged it, from its
// audits. Pure. The body is the one of docs/sources/zendesk.md.

export type Audit = {
  readonly id: number
  readonly author_id?: number | null | undefined
  readonly created_at: string
  readonly events: readonly { readonly field_name?: unknown; readonly value?: unknown }[]
}

export type Person = {
  readonly id: number
  readonly email?: string | null | undefined
  readonly external_id?: string | null | undefined
  readonly role?: string | null | undefined
}

export type Request = {
  readonly asker: Person | null
  /** As Zendesk writes it. */
  readonly at: string
  /** After that update, with what its triggers did. */
  readonly tags: readonly string[]
  readonly amount: string
  /** A code: why nobody can tell if the trigger sent this. */
  readonly doubt: 'asker_unknown' | 'changed_since' | null
}

export type Asking = {
  /** By which tickets ask. */
  readonly tags: readonly string[]
  readonly presets: readonly string[]
  readonly amountField: string | null
}

/** Set by the trigger once it has asked, and taken off by each macro: one request is one delivery. */
export const ASKED_TAG = 'makegood_asked'

/**
 * The newest request of an agent that still stands. Null where none does, or none that a trigger would send:
 * it speaks for agents alone. An audit has what its update changed in the end, and not what a macro took off
 * for its trigger to set again: so a request whose amount or tags were changed since is in doubt.
 */
export const lastRequest = (
  audits: readonly Audit[],
  people: readonly Person[],
  asking: Asking,
): Request | null =>
  oldestFirst(audits).reduce<State>((before, audit) => stateAfter(before, audit, people, asking), {
    tags: [],
    amount: '',
    request: null,
  }).request

type State = {
  readonly tags: readonly string[]
  readonly amount: string
  readonly request: Request | null
}

function stateAfter(
  before: State,
  { author_id: author, created_at: at, events }: Audit,
  people: readonly Person[],
  { tags: asking, presets, amountField }: Asking,
): State {
  let { tags, amount } = before
  for (const { field_name: field, value } of events) {
    if (field === 'tags') tags = tagsIn(value)
    if (amountField !== null && field === amountField) amount = String(value ?? '')
  }
  if (!asking.some((tag) => tags.includes(tag))) return { tags, amount, request: null }
  const { request } = before
  const telling = [...asking, ...presets]
  const isAdded = telling.some((tag) => tags.includes(tag) && !before.tags.includes(tag))
  const who = people.find(({ id }) => id === author) ?? null
  if (isAdded && isAnAgents(author, who)) {
    const had = asking.filter((tag) => before.tags.includes(tag))
    // A macro takes off what asked before, and lets the trigger send anew.
    const isSent =
      had.length > 0 ? !had.some((tag) => tags.includes(tag)) : !before.tags.includes(ASKED_TAG)
    const doubt = who === null ? 'asker_unknown' : isSent ? null : 'changed_since'
    return { tags, amount, request: { asker: who, at, tags, amount, doubt } }
  }
  const isTaken = telling.some((tag) => before.tags.includes(tag) && !tags.includes(tag))
  const isSame = !isAdded && !isTaken && amount === before.amount
  if (request === null || isSame) return { tags, amount, request }
  return { tags, amount, request: { ...request, doubt: request.doubt ?? 'changed_since' } }
}

/** Ids alone tell what came first within a second. */
const oldestFirst = (audits: readonly Audit[]): readonly Audit[] =>
  audits.toSorted(
    (one, other) => Date.parse(one.created_at) - Date.parse(other.created_at) || one.id - other.id,
  )

/** Of somebody whom Zendesk doesn't know any more nobody can tell; the system itself is no agent. */
const isAnAgents = (author: Audit['author_id'], who: Person | null): boolean =>
  who === null ? (author ?? 0) > 0 : isAgent(who)

const tagsIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.filter((tag) => typeof tag === 'string')
  return typeof value === 'string' ? value.split(/\s+/).filter(Boolean) : []
}

export type RequestFacts = {
  readonly ticketId: number
  readonly tags: readonly string[]
  /** Null where the template has no amount's field. */
  readonly amount: string | null
  readonly currency: string
  /** His external id. */
  readonly customer: string | null
  readonly requester: string | null
  /** Who tagged it; null where nobody can tell, and the rules hold it. */
  readonly asker: Person | null
  readonly at: string | null
}

export const requestBody = (facts: RequestFacts): string =>
  JSON.stringify(
    {
      kind: 'makegood.ticket',
      ticket_id: String(facts.ticketId),
      tags: facts.tags.join(' '),
      ...(facts.amount === null ? {} : { amount: facts.amount }),
      currency: facts.currency,
      customer_external_id: facts.customer ?? '',
      requester_email: facts.requester ?? '',
      asker: facts.asker?.email ?? '',
      updated_at: facts.at ?? '',
    },
    null,
    2,
  )

const isAgent = ({ role }: Person): boolean => role === 'agent' || role === 'admin'
