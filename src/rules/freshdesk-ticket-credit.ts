// A ticket of Freshdesk whose automation sends the template: a preset amount by a tag, or an amount
// field. The automation's own conditions say when, so a request tag is not needed.

import * as z from 'zod/mini'
import { rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import {
  NO_COMMAS,
  TAGGED_REQUEST_OPTIONS,
  taggedRequestProblems,
  type TaggedRequestOptions,
} from './tagged-request.ts'
import { creditForTicket, TICKET_KIND, ticketTemplate } from './ticket-template.ts'

/** "Simple" content has the fields that were ticked, under names of Freshdesk's. */
const SIMPLE_TYPE = 'ticket'
const simple = z.object({ freshdesk_webhook: z.unknown() })
const payload = z.union([ticketTemplate(TICKET_KIND), simple])

export type FreshdeskTicketCreditOptions = RuleSettings &
  TaggedRequestOptions & {
    /** Whether the template's `amount` is read where no preset tag is there; default true. */
    readonly otherAmountField?: boolean
  }

/**
 * Caused by an agent: whoever may edit the ticket. Make the amount's field invisible and not
 * editable for customers in the portal, and let the automation run for changes by agents only.
 */
export function freshdeskTicketCredit(options: FreshdeskTicketCreditOptions = {}): Rule {
  const settings = settingsOf(options, [...TAGGED_REQUEST_OPTIONS, 'otherAmountField'])
  const readsAmount = options.otherAmountField !== false
  return rule({
    id: 'freshdesk-ticket-credit',
    source: 'freshdesk',
    on: [TICKET_KIND, SIMPLE_TYPE],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [...settings.problems, ...taggedRequestProblems(options, NO_COMMAS, readsAmount)],
    payload,
    adjust(event) {
      if (!('kind' in event)) {
        return undecided('not_in_event', `customer: use Advanced content with kind ${TICKET_KIND}`)
      }
      const tags = (event.tags ?? '').split(',').map((tag) => tag.trim())
      return creditForTicket(event, { tags, readsAmount }, options)
    },
  })
}
