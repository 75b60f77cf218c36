// A ticket on which an agent asked for a credit: the request tag, and how much, either by exactly
// one tag with a preset amount or by a field. The credit is owed; the ticket is its subject.

import * as z from 'zod/mini'
import { ignore, rule, undecided, type Outcome, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import {
  TAGGED_REQUEST_OPTIONS,
  taggedRequestProblems,
  type TaggedRequestOptions,
} from './tagged-request.ts'
import { creditForTicket, heldIfNobodys, TICKET_KIND, ticketTemplate } from './ticket-template.ts'
import {
  APPROVAL_TAG_DEFAULT,
  sameTagProblems,
  TAGS_CHANGED,
  tagsChanged,
  tagsOf,
  UNDO_TAG_DEFAULT,
  ZENDESK_TAG,
  zendeskTagProblems,
} from './zendesk-template.ts'

const ticket = z.required(ticketTemplate(TICKET_KIND), { tags: true })
const payload = z.union([ticket, tagsChanged])

export type ZendeskTicketCreditOptions = RuleSettings &
  TaggedRequestOptions & {
    /** Tag by which an agent asks; without it the ticket is none of this rule's business. */
    readonly requestTag: string
    /** Whether the template's `amount` (a field) is read where no preset tag is there. */
    readonly otherAmountField?: boolean
    /** A ticket with this tag is left to `zendeskCreditUndo`; default 'credit_undo'. */
    readonly undoTag?: string
    /** A ticket with this tag is left to `zendeskApproval`; default 'credit_approved'. */
    readonly approvalTag?: string
  }

const OWN_OPTIONS = [...TAGGED_REQUEST_OPTIONS, 'otherAmountField', 'undoTag', 'approvalTag']

/**
 * Caused by an agent, as long as customers can't tag: make the amount's field agent-only, let the
 * trigger ask that the current user is an agent, and let one before it take the tags off whatever is
 * no agent's (the Web Widget's `conversationTags` come with any message). Nobody's request is held.
 */
export function zendeskTicketCredit(options: ZendeskTicketCreditOptions): Rule {
  const settings = settingsOf(options, OWN_OPTIONS)
  const { requestTag, otherAmountField } = options
  const { undoTag = UNDO_TAG_DEFAULT, approvalTag = APPROVAL_TAG_DEFAULT } = options
  const readsAmount = otherAmountField === true
  return rule({
    id: 'zendesk-ticket-credit',
    source: 'zendesk',
    on: [TICKET_KIND, TAGS_CHANGED],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    description: 'Credit from customer support',
    ...settings,
    problems: [
      ...settings.problems,
      ...taggedRequestProblems(options, ZENDESK_TAG, readsAmount),
      ...(requestTag === undefined ? zendeskTagProblems('requestTag', requestTag) : []),
      ...zendeskTagProblems('undoTag', undoTag),
      ...zendeskTagProblems('approvalTag', approvalTag),
      ...sameTagProblems({ requestTag, undoTag, approvalTag, ...presetTags(options) }),
    ],
    payload,
    adjust(event) {
      if (!('kind' in event)) return withoutMoney(event.event.tags_added ?? [], requestTag)
      const tags = tagsOf(event.tags)
      if (tags.includes(requestTag) && tags.includes(undoTag)) return ignore('undo_tag_is_there')
      if (tags.includes(requestTag) && tags.includes(approvalTag)) {
        return ignore('approval_tag_is_there')
      }
      return heldIfNobodys(event, creditForTicket(event, { tags, readsAmount }, options))
    },
  })
}

const presetTags = ({ amounts = {} }: ZendeskTicketCreditOptions) =>
  Object.fromEntries(Object.keys(amounts).map((tag) => [`amounts.${tag}`, tag]))

/** Event subscriptions carry neither the amount nor the customer: said, not silently dropped. */
const withoutMoney = (tagsAdded: readonly string[], requestTag: string): Outcome =>
  tagsAdded.includes(requestTag)
    ? undecided(
        'not_in_event',
        `amount and customer: connect a trigger with the ${TICKET_KIND} template`,
      )
    : ignore('request_tag_not_added')
