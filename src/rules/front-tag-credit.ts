// A conversation of Front that was tagged with a preset amount. Both of Front's webhooks carry a
// preview of the conversation; only its tags are relied on.

import * as z from 'zod/mini'
import { rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { emailCustomer, textOrNull } from './sender-fields.ts'
import {
  NO_COMMAS,
  requestedCredit,
  taggedRequestProblems,
  type TaggedRequestOptions,
} from './tagged-request.ts'

const tagging = z.object({
  conversation: z.object({
    id: z.string().check(z.minLength(1)),
    tags: z.nullish(z.array(z.object({ name: z.string() }))),
    recipient: z.nullish(z.object({ handle: z.nullish(z.string()) })),
  }),
  source: z.nullish(
    z.object({
      _meta: z.object({ type: z.string() }),
      data: z.nullish(z.object({ email: z.nullish(z.string()) })),
    }),
  ),
})

/** An application's webhook wraps the event that a rule's webhook sends as it is. */
const payload = z.union([z.object({ payload: tagging }), tagging])

export type FrontTagCreditOptions = RuleSettings &
  Pick<TaggedRequestOptions, 'requestTag'> &
  Required<Pick<TaggedRequestOptions, 'amounts'>>

/**
 * Caused by an agent: customers can't tag. A Front rule that tags by what a customer wrote would
 * change that; keep these tags out of such rules.
 */
export function frontTagCredit(options: FrontTagCreditOptions): Rule {
  const settings = settingsOf(options, ['requestTag', 'amounts'])
  return rule({
    id: 'front-tag-credit',
    source: 'front',
    on: ['conversation_tagged', 'tag'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [...settings.problems, ...taggedRequestProblems(options, NO_COMMAS, false)],
    payload,
    adjust(event) {
      const { conversation, source } = 'payload' in event ? event.payload : event
      if (!conversation.tags) {
        return undecided('not_in_event', 'conversation.tags: let the webhook send the full event')
      }
      const isTeammate = source?._meta.type === 'teammate'
      return requestedCredit(
        {
          tags: conversation.tags.map(({ name }) => name),
          typed: null,
          currency: null,
          field: 'conversation.tags',
          fields: {
            subject: `conversation:${conversation.id}`,
            customer: emailCustomer(conversation.recipient?.handle),
            asker: isTeammate ? textOrNull(source.data?.email) : null,
          },
        },
        options,
      )
    },
  })
}
