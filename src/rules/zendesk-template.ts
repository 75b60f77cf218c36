// What the Zendesk rules share: how its tags are written, and the event subscription that reports
// them.

import * as z from 'zod/mini'
import { listed, type TagForm } from './tagged-request.ts'
import { nativeId } from './sender-fields.ts'

export const TAGS_CHANGED = 'zen:event-type:ticket.tags_changed'

/** A subscribed event: it has neither an amount nor the customer's number. */
export const tagsChanged = z.object({
  type: z.literal(TAGS_CHANGED),
  detail: z.nullish(z.object({ id: nativeId })),
  event: z.object({ tags_added: z.nullish(z.array(z.string())) }),
})

/** Zendesk keeps tags in small letters: one with a capital would never be found. */
export const ZENDESK_TAG: TagForm = {
  pattern: /^[^\s,\p{Lu}\p{Lt}]+$/u,
  lacks: ['blanks', 'commas', 'capital letters'],
}

export const zendeskTagProblems = (option: string, tag: unknown): string[] =>
  typeof tag === 'string' && ZENDESK_TAG.pattern.test(tag)
    ? []
    : [`${option}: one tag is wanted, without ${listed(ZENDESK_TAG.lacks)}`]

/** Of one tag with two meanings one would never be read. `tags`: option to tag. */
export function sameTagProblems(tags: Readonly<Record<string, unknown>>): string[] {
  const options = Object.entries(tags)
  return options.flatMap(([option, tag], index) => {
    const [other] = options.slice(0, index).find(([, before]) => before === tag) ?? []
    return other === undefined ? [] : [`${option}: ${String(tag)} is the tag of ${other} already`]
  })
}

/** `{{ticket.tags}}` renders them parted by blanks. */
export const tagsOf = (rendered: string | undefined): readonly string[] =>
  (rendered ?? '').split(/[\s,]+/)

export const UNDO_TAG_DEFAULT = 'credit_undo'
export const APPROVAL_TAG_DEFAULT = 'credit_approved'
