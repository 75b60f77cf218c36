// A ticket on which a lead approved what waits there: a macro that only leads have sets the tag. Whoever
// it was needs a key of his own with the scope `approve`. Where it stands in the list makes no difference.

import * as z from 'zod/mini'
import { approve, ignore, rule, undecided, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { textOrNull } from './sender-fields.ts'
import { TICKET_KIND, ticketTemplate } from './ticket-template.ts'
import {
  APPROVAL_TAG_DEFAULT,
  sameTagProblems,
  TAGS_CHANGED,
  tagsChanged,
  tagsOf,
  UNDO_TAG_DEFAULT,
  zendeskTagProblems,
} from './zendesk-template.ts'

const payload = z.union([z.required(ticketTemplate(TICKET_KIND), { tags: true }), tagsChanged])

export type ZendeskApprovalOptions = RuleSettings & {
  /** Default 'credit_approved'. Name the same one in `zendeskTicketCredit`. */
  readonly tag?: string
  /** Whose held adjustments are approved; default 'zendesk-ticket-credit'. */
  readonly of?: string
  /** A ticket with this tag is left to `zendeskCreditUndo`; default 'credit_undo'. */
  readonly undoTag?: string
}

/**
 * Caused by an agent: `asker` is the person who is logged in at Zendesk, and nothing in the event says who
 * set the tag. So the trigger has to send it once (`makegood_asked`), in the update that set it: one that fires
 * at every update makes a lead's reply an approval of what somebody else has tagged.
 */
export function zendeskApproval(options: ZendeskApprovalOptions = {}): Rule {
  const settings = settingsOf(options, ['tag', 'of', 'undoTag'])
  const { tag = APPROVAL_TAG_DEFAULT, of = 'zendesk-ticket-credit' } = options
  const { undoTag = UNDO_TAG_DEFAULT } = options
  return rule({
    id: 'zendesk-approval',
    source: 'zendesk',
    on: [TICKET_KIND, TAGS_CHANGED],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [
      ...settings.problems,
      ...zendeskTagProblems('tag', tag),
      ...zendeskTagProblems('undoTag', undoTag),
      ...sameTagProblems({ tag, undoTag }),
    ],
    payload,
    adjust(event) {
      if (!('kind' in event)) {
        if (!(event.event.tags_added ?? []).includes(tag)) return ignore('approval_tag_not_added')
        const detail = `asker: connect a trigger with the ${TICKET_KIND} template`
        const id = event.detail?.id
        return undecided('not_in_event', detail, id === undefined ? undefined : `ticket:${id}`)
      }
      const tags = tagsOf(event.tags)
      if (!tags.includes(tag)) return ignore('approval_tag_missing')
      if (tags.includes(undoTag)) return ignore('undo_tag_is_there')
      const subject = `ticket:${event.ticket_id}`
      const by = textOrNull(event.asker)
      if (by === null) return undecided('not_in_event', 'asker: who approves', subject)
      return approve(subject, { by, of })
    },
  })
}
