// A ticket on which an agent asked for a credit: the request tag, and how much, either by exactly one
// tag with a preset amount or by a decimal field. The credit is owed; the ticket is its subject.

import * as z from 'zod'
import {
  moneyFromDecimal,
  moneyFromMinorUnits,
  parseCurrency,
  type AmountTrouble,
  type Money,
} from '../domain/money.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { credit, ignore, rule, undecided, type Outcome, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'

/** `kind` of the body template that README gives for the trigger's webhook. */
export const ZENDESK_TICKET_KIND = 'makegood.ticket'
const TAGS_CHANGED = 'zen:event-type:ticket.tags_changed'

/** The template renders every placeholder as text; an empty one is an empty text. */
const ticket = z.object({
  kind: z.literal(ZENDESK_TICKET_KIND),
  ticket_id: z.string().regex(/^\d{1,20}$/),
  tags: z.string(),
  amount: z.string().optional(),
  currency: z.string().optional(),
  customer_external_id: z.string().optional(),
  asker: z.string().optional(),
})

const tagsChanged = z.object({
  type: z.literal(TAGS_CHANGED),
  event: z.object({ tags_added: z.array(z.string()).nullish() }),
})

const payload = z.union([ticket, tagsChanged])
type Ticket = z.output<typeof ticket>

export type ZendeskTicketCreditOptions = RuleSettings & {
  /** Tag by which an agent asks; without it the ticket is none of this rule's business. */
  readonly requestTag: string
  /** Tag to amount: a dropdown field's value is a tag. */
  readonly amounts?: Readonly<Record<string, Money>>
  /** Whether the template's `amount` (a decimal field) is read where no preset tag is there. */
  readonly otherAmountField?: boolean
}

const OWN_OPTIONS = ['requestTag', 'amounts', 'otherAmountField']

export function zendeskTicketCredit(options: ZendeskTicketCreditOptions): Rule {
  const settings = settingsOf(options, OWN_OPTIONS)
  return rule({
    id: 'zendesk-ticket-credit',
    source: 'zendesk',
    on: [ZENDESK_TICKET_KIND, TAGS_CHANGED],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    description: 'Credit from customer support',
    ...settings,
    problems: [...settings.problems, ...optionProblems(options)],
    payload,
    adjust(event) {
      return 'kind' in event
        ? creditFor(event, options)
        : withoutMoney(event.event.tags_added ?? [], options.requestTag)
    },
  })
}

/** A tag that no ticket can have, or a number where an amount belongs, would never make a credit. */
function optionProblems({ requestTag, amounts, otherAmountField }: ZendeskTicketCreditOptions) {
  const presets = Object.entries(amounts ?? {})
  const problems = presets.flatMap(([tag, amount]) => [
    ...(isTag(tag) ? [] : [`amounts.${tag}: is no tag, which has no blanks and no commas`]),
    ...(moneyFromMinorUnits(amount?.minorUnits, amount?.currency).ok
      ? []
      : [`amounts.${tag}: an amount is wanted, such as usd(25)`]),
  ])
  if (!isTag(requestTag)) problems.push('requestTag: one tag is wanted, without blanks and commas')
  if (presets.length === 0 && otherAmountField !== true) {
    problems.push('amounts: no preset and no amount field, so no ticket could have an amount')
  }
  return problems
}

const isTag = (text: unknown): boolean => typeof text === 'string' && /^[^\s,]+$/.test(text)

function creditFor(event: Ticket, options: ZendeskTicketCreditOptions): Outcome {
  const tags = event.tags.split(/[\s,]+/)
  if (!tags.includes(options.requestTag)) return ignore('request_tag_missing')
  const presets = Object.entries(options.amounts ?? {}).filter(([tag]) => tags.includes(tag))
  const typed = options.otherAmountField === true ? (event.amount ?? '').trim() : ''
  if (presets.length + (typed === '' ? 0 : 1) > 1) {
    const found = presets.map(([tag]) => tag).concat(typed === '' ? [] : ['the amount field'])
    return undecided('amount_ambiguous', `more than one amount: ${found.join(', ')}`)
  }
  const [preset] = presets
  const money = preset ? ok(preset[1]) : typedMoney(typed, event.currency)
  if (!money.ok) return undecided(money.error.reason, 'amount and currency of the template')
  return credit(money.value, {
    subject: `ticket:${event.ticket_id}`,
    customer: event.customer_external_id?.trim() || null,
    asker: event.asker?.trim() || null,
  })
}

function typedMoney(typed: string, code: string | undefined): Result<Money, AmountTrouble> {
  if (typed === '') return err({ reason: 'amount_missing' })
  const currency = parseCurrency(code)
  return currency.ok ? moneyFromDecimal(typed, currency.value) : currency
}

/** Event subscriptions carry neither the amount nor the customer: said, not silently dropped. */
const withoutMoney = (tagsAdded: readonly string[], requestTag: string): Outcome =>
  tagsAdded.includes(requestTag)
    ? undecided(
        'not_in_event',
        `amount and customer: connect a trigger with the ${ZENDESK_TICKET_KIND} template`,
      )
    : ignore('request_tag_not_added')
