// What a call may say of a ticket.
import * as z from 'zod'
import type { Change } from './ticket-change.ts'
import { COMMENT_CHARACTERS_MAX, TAG_CHARACTERS_MAX, TICKET_TAGS_MAX } from './limits.ts'
import { TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { PRIORITIES, STATUSES } from './shapes.ts'

/** Zendesk keeps tags in small letters. */
const tag = z
  .string()
  .max(TAG_CHARACTERS_MAX)
  .regex(/^[\p{L}\p{N}_:/.-]+$/u, 'must be letters, digits and _ - : / .')
  .transform((text) => text.toLowerCase())
export const tags = z.array(tag).max(TICKET_TAGS_MAX)

const comment = z.strictObject({
  body: z.string().min(1).max(COMMENT_CHARACTERS_MAX),
  /** A comment is public unless it says otherwise: who forgets it writes to the customer. */
  public: z.boolean().default(true),
  /** Who wrote it; without it, who calls. */
  author_id: z.int().exactOptional(),
})

/** A number is kept as its text, and a checkmark's as its name. */
const fieldValue = z.strictObject({
  id: z.union([
    z.int().min(1),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ]),
  value: z
    .union([z.string().max(TEXT_CHARACTERS_MAX), z.number(), z.boolean()])
    .nullable()
    .transform((value) => (value === null ? null : String(value))),
})

const common = {
  subject: z.string().min(1).max(TITLE_CHARACTERS_MAX).exactOptional(),
  status: z.enum(STATUSES).exactOptional(),
  priority: z.enum(PRIORITIES).nullable().exactOptional(),
  tags: tags.exactOptional(),
  custom_fields: z.array(fieldValue).exactOptional(),
}

/** The vendor's pages write `"true"` as well. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

export const safety = {
  safe_update: flag.exactOptional(),
  updated_stamp: z.string().exactOptional(),
}

export const ticketUpdate = z.strictObject({
  ticket: z.strictObject({
    ...common,
    ...safety,
    comment: comment.exactOptional(),
    additional_tags: tags.exactOptional(),
    remove_tags: tags.exactOptional(),
  }),
})

export const newTicket = z.strictObject({
  ticket: z.strictObject({
    ...common,
    comment,
    requester_id: z.int().exactOptional(),
    requester: z
      .strictObject({ email: z.email(), name: z.string().min(1).max(TITLE_CHARACTERS_MAX) })
      .exactOptional(),
    external_id: z.string().max(TITLE_CHARACTERS_MAX).exactOptional(),
  }),
})

export const tagsInput = z.strictObject({ tags, ...safety })

export type TicketUpdate = z.infer<typeof ticketUpdate>['ticket']

export function changeOf(update: TicketUpdate): Change {
  const { subject, status, priority, comment: said } = update
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(status === undefined ? {} : { status }),
    ...(priority === undefined ? {} : { priority }),
    ...(said === undefined ? {} : { comment: commentOf(said) }),
    ...(update.tags === undefined ? {} : { tags: update.tags }),
    ...(update.additional_tags === undefined ? {} : { addTags: update.additional_tags }),
    ...(update.remove_tags === undefined ? {} : { removeTags: update.remove_tags }),
    ...(update.custom_fields === undefined ? {} : { fields: update.custom_fields }),
  }
}

function commentOf({ body, public: isPublic, author_id: authorId }: z.infer<typeof comment>) {
  return { body, public: isPublic, ...(authorId === undefined ? {} : { authorId }) }
}
