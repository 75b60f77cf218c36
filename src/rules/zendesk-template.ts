// What the Zendesk rules share: how its tags are written, and the event subscription that reports
// them.

import * as z from 'zod'
import type { TagForm } from './tagged-request.ts'
import { nativeId } from './sender-fields.ts'

export const TAGS_CHANGED = 'zen:event-type:ticket.tags_changed'

/** A subscribed event: it has neither an amount nor the customer's number. */
export const tagsChanged = z.object({
  type: z.literal(TAGS_CHANGED),
  detail: z.object({ id: nativeId }).nullish(),
  event: z.object({ tags_added: z.array(z.string()).nullish() }),
})

export const ZENDESK_TAG: TagForm = { pattern: /^[^\s,]+$/, lacks: ['blanks', 'commas'] }

export const zendeskTagProblems = (option: string, tag: unknown): string[] =>
  typeof tag === 'string' && ZENDESK_TAG.pattern.test(tag)
    ? []
    : [`${option}: one tag is wanted, without ${ZENDESK_TAG.lacks.join(' and ')}`]

/** `{{ticket.tags}}` renders them parted by blanks. */
export const tagsOf = (rendered: string | undefined): readonly string[] =>
  (rendered ?? '').split(/[\s,]+/)

export const UNDO_TAG_DEFAULT = 'credit_undo'
export const APPROVAL_TAG_DEFAULT = 'credit_approved'
