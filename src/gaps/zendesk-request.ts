// What a ticket's trigger would have sent: the ticket as it was in the update that tagged it, from its
// audits. Pure. The body is the one of docs/sources/zendesk.md, so that the delivery itself is the same event.

export type Audit = {
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
  readonly authorId: number | null
  /** As Zendesk writes it. */
  readonly at: string
  /** After that update, with what its triggers did. */
  readonly tags: readonly string[]
  readonly amount: string
}

/**
 * The last update that brought one of the tags by which the ticket asks now. `audits`: oldest first. Null
 * where none did.
 */
export function lastRequest(
  audits: readonly Audit[],
  asking: readonly string[],
  amountField: string | null,
): Request | null {
  let tags: readonly string[] = []
  let amount = ''
  let request: Request | null = null
  for (const { author_id: author, created_at: at, events } of audits) {
    const before = tags
    for (const { field_name: field, value } of events) {
      if (field === 'tags') tags = tagsIn(value)
      if (amountField !== null && field === amountField) amount = String(value ?? '')
    }
    if (asking.some((tag) => tags.includes(tag) && !before.includes(tag))) {
      request = { authorId: author ?? null, at, tags, amount }
    }
  }
  return request
}

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
  /** Who tagged it. The trigger speaks for agents alone: of anybody else nobody asks, and the rules hold it. */
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
      asker: isAgent(facts.asker) ? (facts.asker?.email ?? '') : '',
      updated_at: facts.at ?? '',
    },
    null,
    2,
  )

const isAgent = (person: Person | null): boolean =>
  person?.role === 'agent' || person?.role === 'admin'
