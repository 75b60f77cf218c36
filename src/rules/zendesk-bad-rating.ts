// A customer rated a ticket as bad: a preset credit, which always waits for a person, because the
// customer himself makes this event happen. The trigger's template has a `kind` of its own and the
// rating.

import * as z from 'zod/mini'
import type { Money } from '../domain/money.ts'
import { credit, ignore, rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { amountProblems } from './tagged-request.ts'
import { fieldsOfTicket, ticketTemplate } from './ticket-template.ts'

const RATING_KIND = 'makegood.rating'
const RATING_RECEIVED = 'zen:event-type:ticket.csat_received'

/** `{{satisfaction.current_rating}}`, in the account's language. */
const ratedTicket = z.extend(ticketTemplate(RATING_KIND), { rating: z.string() })

/** A subscribed event; its shape is second hand, so a rating elsewhere in it is read as none. */
const received = z.object({
  type: z.literal(RATING_RECEIVED),
  event: z.object({ satisfaction_score: z.nullish(z.object({ score: z.string() })) }),
})
const payload = z.union([ratedTicket, received])

export type ZendeskBadRatingOptions = RuleSettings & {
  readonly amount: Money
  /** What counts as bad, in the account's language; default 'bad' and 'bad with comment'. */
  readonly ratings?: readonly string[]
}

/**
 * Caused by the customer: nothing at Zendesk keeps him from rating badly, so a person decides each
 * one.
 */
export function zendeskBadRating(options: ZendeskBadRatingOptions): Rule {
  const settings = settingsOf(options, ['amount', 'ratings'])
  const { amount, ratings = ['bad', 'bad with comment'] } = options
  const bad = new Set(ratings.map((each) => each.toLowerCase()))
  return rule({
    id: 'zendesk-bad-rating',
    source: 'zendesk',
    on: [RATING_KIND, RATING_RECEIVED],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'customer',
    ...settings,
    problems: [
      ...settings.problems,
      ...amountProblems('amount', amount),
      ...(ratings.length > 0 ? [] : ['ratings: one rating or more is wanted']),
    ],
    payload,
    adjust(event) {
      const isTemplate = 'kind' in event
      const rating = isTemplate ? event.rating : event.event.satisfaction_score?.score
      if (!bad.has(rating?.trim().toLowerCase() ?? '')) return ignore('rating_is_not_bad')
      if (isTemplate) return credit(amount, { ...fieldsOfTicket(event), asker: null })
      return undecided(
        'not_in_event',
        `the customer: connect a trigger with the ${RATING_KIND} template`,
      )
    },
  })
}
