// A ticket whose service level was missed: a preset credit, once for a ticket. Zendesk has no event
// for it: an automation sends the template. Its `kind` is its own, so that neither this nor an
// agent's request on the same ticket is ever taken for the other.

import * as z from 'zod/mini'
import type { Money } from '../domain/money.ts'
import { credit, ignore, rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { amountProblems } from './tagged-request.ts'
import { fieldsOfTicket, ticketTemplate } from './ticket-template.ts'
import { TAGS_CHANGED, tagsChanged, tagsOf, zendeskTagProblems } from './zendesk-template.ts'

const SLA_KIND = 'makegood.sla_breach'
const payload = z.union([z.required(ticketTemplate(SLA_KIND), { tags: true }), tagsChanged])

export type ZendeskSlaBreachOptions = RuleSettings & {
  /** That the automation sets; it keeps the automation from running twice for a ticket. */
  readonly tag: string
  readonly amount: Money
}

/**
 * Caused by the system: nobody asks. A customer who could set the tag would still have to make the
 * automation run, which looks at the service level, not at the tag.
 */
export function zendeskSlaBreach(options: ZendeskSlaBreachOptions): Rule {
  const settings = settingsOf(options, ['tag', 'amount'])
  const { tag, amount } = options
  return rule({
    id: 'zendesk-sla-breach',
    source: 'zendesk',
    on: [SLA_KIND, TAGS_CHANGED],
    settlement: 'owed',
    reason: 'service_credit',
    causedBy: 'system',
    ...settings,
    problems: [
      ...settings.problems,
      ...zendeskTagProblems('tag', tag),
      ...amountProblems('amount', amount),
    ],
    payload,
    adjust(event) {
      if ('kind' in event) {
        if (!tagsOf(event.tags).includes(tag)) return ignore('sla_tag_missing')
        return credit(amount, { ...fieldsOfTicket(event), asker: null })
      }
      return (event.event.tags_added ?? []).includes(tag)
        ? undecided('not_in_event', `the customer: connect a trigger with the ${SLA_KIND} template`)
        : ignore('sla_tag_not_added')
    },
  })
}
