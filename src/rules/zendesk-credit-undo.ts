// A ticket that an agent tagged to take its credit back. It needs no amount, so the event
// subscription `ticket.tags_changed` will do as well as a trigger. Where it stands in the list
// makes no difference.

import * as z from 'zod/mini'
import { ignore, rule, undecided, undo, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { textOrNull } from './sender-fields.ts'
import { TICKET_KIND, ticketTemplate } from './ticket-template.ts'
import {
  TAGS_CHANGED,
  tagsChanged,
  tagsOf,
  UNDO_TAG_DEFAULT,
  zendeskTagProblems,
} from './zendesk-template.ts'

const payload = z.union([z.required(ticketTemplate(TICKET_KIND), { tags: true }), tagsChanged])

export type ZendeskCreditUndoOptions = RuleSettings & {
  /** Default 'credit_undo'. Name the same one in `zendeskTicketCredit`. */
  readonly undoTag?: string
}

/**
 * Caused by an agent. A customer who could set the tag would only take his own credit away; the
 * charge that reverses an issued one is held, unless charges are allowed.
 */
export function zendeskCreditUndo(options: ZendeskCreditUndoOptions = {}): Rule {
  const settings = settingsOf(options, ['undoTag'])
  const { undoTag = UNDO_TAG_DEFAULT } = options
  return rule({
    id: 'zendesk-credit-undo',
    source: 'zendesk',
    on: [TICKET_KIND, TAGS_CHANGED],
    settlement: 'owed',
    reason: 'correction',
    causedBy: 'agent',
    ...settings,
    problems: [...settings.problems, ...zendeskTagProblems('undoTag', undoTag)],
    payload,
    adjust(event) {
      const isTemplate = 'kind' in event
      const tags = isTemplate ? tagsOf(event.tags) : (event.event.tags_added ?? [])
      if (!tags.includes(undoTag)) return ignore('undo_tag_missing')
      const ticketId = isTemplate ? event.ticket_id : event.detail?.id
      if (ticketId === undefined) return undecided('not_in_event', 'detail.id: the ticket')
      const asker = isTemplate ? textOrNull(event.asker) : null
      return undo(`ticket:${ticketId}`, { of: 'zendesk-ticket-credit', asker })
    },
  })
}
