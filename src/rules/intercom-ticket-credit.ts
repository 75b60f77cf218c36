// A ticket of Intercom with an amount attribute. Attributes are known by the name that is
// displayed: who renames one, ends it. By default the credit is made when the ticket is resolved.

import * as z from 'zod/mini'
import { credit, ignore, rule, type Rule } from '../domain/rule.ts'
import { choiceProblems, nameProblems } from './option-problems.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { externalCustomer, nativeId, onlyFields, sourceCustomer } from './sender-fields.ts'
import { heldAsCustomers } from './ticket-template.ts'
import {
  isBlank,
  TYPED_AMOUNT_OPTIONS,
  typedAmount,
  typedAmountProblems,
  unreadableAmount,
  type TypedAmountOptions,
} from './typed-amount.ts'

const author = z.object({ type: z.string(), id: nativeId, email: z.nullish(z.string()) })

const payloadWith = (attributes: readonly string[]) =>
  z.object({
    data: z.object({
      item: z.object({
        id: nativeId,
        ticket_attributes: onlyFields(attributes),
        ticket_state: z.nullish(z.object({ category: z.string() })),
        contacts: z.nullish(
          z.object({
            contacts: z.array(z.object({ id: z.string(), external_id: z.nullish(z.string()) })),
          }),
        ),
        ticket_parts: z.nullish(
          z.object({ ticket_parts: z.array(z.object({ author: z.nullish(author) })) }),
        ),
      }),
    }),
  })
type Ticket = z.output<ReturnType<typeof payloadWith>>['data']['item']

const WHEN = ['resolved', 'any_state'] as const

export type IntercomTicketCreditOptions = RuleSettings &
  TypedAmountOptions & {
    /** Default 'Credit amount'. */
    readonly amountAttribute?: string
    /** Default 'Credit currency'. */
    readonly currencyAttribute?: string
    /** `any_state`: as soon as the attribute has an amount. Default 'resolved'. */
    readonly when?: (typeof WHEN)[number]
  }

const OWN_OPTIONS = [...TYPED_AMOUNT_OPTIONS, 'amountAttribute', 'currencyAttribute', 'when']

/**
 * Caused by an agent, as long as the attributes are not visible to customers: a ticket type's
 * visible attributes stand in the form that customers fill in. Identity verification keeps one
 * contact from calling himself another's external id.
 */
export function intercomTicketCredit(options: IntercomTicketCreditOptions = {}): Rule {
  const settings = settingsOf(options, OWN_OPTIONS)
  const { amountAttribute = 'Credit amount', currencyAttribute = 'Credit currency' } = options
  return rule({
    id: 'intercom-ticket-credit',
    source: 'intercom',
    on: ['ticket.attribute.updated', 'ticket.state.updated', 'ticket.resolved'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [
      ...settings.problems,
      ...nameProblems(options, [], ['amountAttribute', 'currencyAttribute']),
      ...choiceProblems('when', options.when, WHEN),
      ...typedAmountProblems(options),
    ],
    payload: payloadWith([amountAttribute, currencyAttribute]),
    adjust({ data: { item: ticket } }) {
      const { ticket_attributes: attributes } = ticket
      const typed = attributes[amountAttribute]
      if (isBlank(typed)) return ignore('no_amount')
      const isResolved = ticket.ticket_state?.category === 'resolved'
      if (!isResolved && options.when !== 'any_state') return ignore('ticket_not_resolved')
      const money = typedAmount(typed, attributes[currencyAttribute], options)
      const field = `ticket_attributes: ${amountAttribute}, ${currencyAttribute}`
      if (!money.ok) return unreadableAmount(money.error, field)
      const asked = credit(money.value, {
        subject: `ticket:${ticket.id}`,
        customer: customerOf(ticket),
        asker: lastAuthor(ticket)?.email ?? null,
      })
      return isByCustomer(ticket) ? heldAsCustomers(asked) : asked
    },
  })
}

/** Of several contacts nobody says whose credit it is. */
function customerOf({ contacts }: Ticket) {
  const [contact, ...more] = contacts?.contacts ?? []
  if (contact === undefined || more.length > 0) return null
  return externalCustomer(contact.external_id) ?? sourceCustomer(contact.id)
}

/** Only `ticket.state.updated` says who it was. */
const lastAuthor = ({ ticket_parts: parts }: Ticket) => parts?.ticket_parts.at(-1)?.author

const isByCustomer = (ticket: Ticket): boolean =>
  ['user', 'contact', 'lead'].includes(lastAuthor(ticket)?.type ?? '')
