// A deal or a ticket of HubSpot whose workflow sends its credit. The workflow's own conditions say
// when; its body has the properties that were chosen for it. A subscription's event has one
// property only.

import * as z from 'zod/mini'
import { credit, ignore, rule, undecided, type Outcome, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { externalCustomer, nativeId, textOrNull } from './sender-fields.ts'
import {
  TYPED_AMOUNT_OPTIONS,
  typedAmount,
  typedAmountProblems,
  unreadableAmount,
  type TypedAmountOptions,
} from './typed-amount.ts'

const DEAL_KIND = 'makegood.deal'
const TICKET_KIND = 'makegood.ticket'
const CHANGES = ['deal.propertyChange', 'ticket.propertyChange', 'object.propertyChange'] as const

const asked = z.object({
  amount: z.optional(z.unknown()),
  currency: z.optional(z.unknown()),
  customer_external_id: z.nullish(z.string()),
  asker: z.nullish(z.string()),
})
const deal = z.extend(asked, { kind: z.literal(DEAL_KIND), deal_id: nativeId })
const ticket = z.extend(asked, { kind: z.literal(TICKET_KIND), ticket_id: nativeId })
const change = z.object({ subscriptionType: z.enum(CHANGES), propertyName: z.nullish(z.string()) })
const payload = z.union([deal, ticket, change])

export type HubspotPropertyCreditOptions = RuleSettings &
  TypedAmountOptions & {
    /** Internal name of the amount's property; default 'credit_amount'. */
    readonly property?: string
  }

/**
 * Caused by an agent: whoever may edit the property. Keep it out of every form and off the customer
 * portal, where a customer could fill it in.
 */
export function hubspotPropertyCredit(options: HubspotPropertyCreditOptions = {}): Rule {
  const settings = settingsOf(options, [...TYPED_AMOUNT_OPTIONS, 'property'])
  const { property = 'credit_amount' } = options
  return rule({
    id: 'hubspot-property-credit',
    source: 'hubspot',
    on: [DEAL_KIND, TICKET_KIND, ...CHANGES],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [...settings.problems, ...typedAmountProblems(options)],
    payload,
    adjust(event) {
      if ('subscriptionType' in event) return withoutMoney(event.propertyName, property)
      const subject =
        event.kind === DEAL_KIND ? `deal:${event.deal_id}` : `ticket:${event.ticket_id}`
      const money = typedAmount(event.amount, event.currency, options)
      if (!money.ok) return unreadableAmount(money.error, 'amount and currency of the workflow')
      return credit(money.value, {
        subject,
        customer: externalCustomer(event.customer_external_id),
        asker: textOrNull(event.asker),
      })
    },
  })
}

const withoutMoney = (changed: string | null | undefined, property: string): Outcome =>
  changed === property
    ? undecided('not_in_event', `currency and customer: send ${DEAL_KIND} from a workflow`)
    : ignore('other_property')
