// What a change makes of a ticket. Pure: who asked and what follows is not decided here.
import { err, ok } from '../../src/domain/result.ts'
import type { Result } from '../../src/domain/result.ts'
import type { Problem } from './answers.ts'
import { TICKET_TAGS_MAX } from './limits.ts'
import type { FieldValue, Priority, Status, Ticket, TicketField } from './shapes.ts'

export type Change = {
  readonly subject?: string
  readonly status?: Status
  readonly priority?: Priority | null
  /** In place of all that are there. */
  readonly tags?: readonly string[]
  readonly addTags?: readonly string[]
  readonly removeTags?: readonly string[]
  readonly fields?: readonly FieldValue[]
  readonly comment?: {
    readonly body: string
    readonly public: boolean
    /** Where it is not the one who makes the change. */
    readonly authorId?: number
  }
}

/** As Zendesk words it; only tags, subject and priority of a closed ticket can still be changed. */
const CLOSED: Problem = {
  field: 'status',
  description: 'Status: closed prevents ticket update',
}

/** What Zendesk takes for a decimal. */
const DECIMAL = /^[-+]?[0-9]*[.,]?[0-9]+$/

/** The ticket after the change, with its `updated_at` as it was; or why the change is refused. */
export function changed(
  ticket: Ticket,
  change: Change,
  fields: readonly TicketField[],
): Result<Ticket, Problem> {
  const locked = change.comment ?? change.status ?? change.fields
  if (ticket.status === 'closed' && locked !== undefined) return err(CLOSED)
  const strange = (change.fields ?? []).map((given) => fieldProblem(given, fields)).find(Boolean)
  if (strange) return err(strange)
  const tagged = withFields(tagsAfter(ticket.tags, change), ticket.custom_fields, change, fields)
  if (tagged.tags.length > TICKET_TAGS_MAX) {
    return err({ field: 'tags', description: `Tags: at most ${TICKET_TAGS_MAX}` })
  }
  return ok({
    ...ticket,
    subject: change.subject ?? ticket.subject,
    status: change.status ?? ticket.status,
    priority: change.priority === undefined ? ticket.priority : change.priority,
    tags: tagged.tags,
    custom_fields: tagged.values,
  })
}

function tagsAfter(before: readonly string[], change: Change): readonly string[] {
  const removed = new Set(change.removeTags)
  const kept = (change.tags ?? before).filter((tag) => !removed.has(tag))
  return [...new Set([...kept, ...(change.addTags ?? [])])]
}

/** A value of a field that is not there is left out in silence, as Zendesk does. */
function fieldProblem(given: FieldValue, fields: readonly TicketField[]): Problem | null {
  const field = fields.find(({ id }) => id === given.id)
  if (field === undefined || given.value === null || given.value === '') return null
  const { title } = field
  if (field.type === 'decimal' && !DECIMAL.test(given.value)) {
    return { field: 'base', description: `${title}: ${given.value} is not a decimal number` }
  }
  const options = field.custom_field_options.map(({ value }) => value)
  if (field.type === 'tagger' && !options.includes(given.value)) {
    return { field: 'base', description: `${title}: ${given.value} is not one of its options` }
  }
  return null
}

type Tagged = { readonly tags: readonly string[]; readonly values: readonly FieldValue[] }

/** A dropdown and its tag are one thing: who sets either sets both, who takes away either does too. */
function withFields(
  tags: readonly string[],
  before: readonly FieldValue[],
  change: Change,
  fields: readonly TicketField[],
): Tagged {
  const values: FieldValue[] = []
  let all = tags
  for (const { id, type, custom_field_options: options } of fields) {
    const given = change.fields?.findLast((field) => field.id === id)
    const kept = before.find((field) => field.id === id)?.value ?? null
    let value = given === undefined ? kept : given.value || null
    if (type === 'tagger') {
      const own = options.map((option) => option.value)
      if (given === undefined) value = dropdownOf(all, own, kept)
      else all = all.filter((tag) => !own.includes(tag))
      if (value !== null) all = [...new Set([...all, value])]
    }
    if (value !== null) values.push({ id, value })
  }
  return { tags: all, values }
}

/** What the tags say of a dropdown: the value that it has, if its tag is still there, or another one's. */
function dropdownOf(
  tags: readonly string[],
  options: readonly string[],
  kept: string | null,
): string | null {
  if (kept !== null && tags.includes(kept)) return kept
  return tags.find((tag) => options.includes(tag)) ?? null
}
