// The body that a support desk's trigger sends: a template of the user's, filled in by the desk,
// which renders every placeholder as text; an empty one is an empty text.

import * as z from 'zod/mini'
import { hold, type Outcome, type ProposalFields } from '../domain/rule.ts'
import { emailCustomer, externalCustomer, textOrNull } from './sender-fields.ts'
import { requestedCredit, type TaggedRequestOptions } from './tagged-request.ts'

/** `kind` of the template by which an agent asks. */
export const TICKET_KIND = 'makegood.ticket'

export const ticketTemplate = <Kind extends string>(kind: Kind) =>
  z.object({
    kind: z.literal(kind),
    ticket_id: z.string().check(z.regex(/^\d{1,20}$/)),
    tags: z.optional(z.string()),
    amount: z.optional(z.string()),
    currency: z.optional(z.string()),
    customer_external_id: z.optional(z.string()),
    requester_email: z.optional(z.string()),
    asker: z.optional(z.string()),
  })

type Ticket = z.output<ReturnType<typeof ticketTemplate>>

/** The customer is named by the user's own number, else by the requester's e-mail address. */
export const fieldsOfTicket = (ticket: Ticket): ProposalFields => ({
  subject: `ticket:${ticket.ticket_id}`,
  customer: externalCustomer(ticket.customer_external_id) ?? emailCustomer(ticket.requester_email),
  asker: textOrNull(ticket.asker),
})

/**
 * What the ticket asks for. `readsAmount`: whether the template's `amount` counts. Whoever asks for
 * himself, as the ticket's requester, needs a person's consent.
 */
export function creditForTicket(
  ticket: Ticket,
  { tags, readsAmount }: { readonly tags: readonly string[]; readonly readsAmount: boolean },
  options: TaggedRequestOptions,
): Outcome {
  const asked = requestedCredit(
    {
      tags,
      typed: readsAmount ? ticket.amount : null,
      currency: ticket.currency,
      field: 'amount and currency of the template',
      fields: fieldsOfTicket(ticket),
    },
    options,
  )
  const [asker, requester] = [ticket.asker, ticket.requester_email].map((email) =>
    email?.trim().toLowerCase(),
  )
  const isOwnRequest = asker !== undefined && asker !== '' && asker === requester
  return isOwnRequest ? heldAsCustomers(asked) : asked
}

/** What somebody asked for whom the desk does not name, though it knows each agent. */
export const heldIfNobodys = ({ asker }: Ticket, outcome: Outcome): Outcome =>
  outcome.kind === 'adjust' && textOrNull(asker) === null ? hold('asker_unknown', outcome) : outcome

/** What a customer asked for himself. */
export const heldAsCustomers = (outcome: Outcome): Outcome =>
  outcome.kind === 'adjust' ? hold('asked_by_customer', outcome) : outcome
