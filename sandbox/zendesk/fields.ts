// Ticket fields: list, get, create, delete. The two that every account has can't be taken away.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import { created, gone, notFound, parse, recordInvalid, shown } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { FIELD_OPTIONS_MAX, RECORDS_MAX } from './limits.ts'
import { TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { listAnswer } from './paging.ts'
import { allRecords, deleteRecord, findRecord, nextId, writeRecord } from './records.ts'
import { zendeskTime } from './records.ts'
import type { TicketField } from './shapes.ts'
import { tags } from './ticket-input.ts'

const title = z.string().min(1).max(TITLE_CHARACTERS_MAX)

const newField = z.strictObject({
  ticket_field: z.strictObject({
    type: z.enum(['decimal', 'tagger', 'text']),
    title,
    description: z.string().max(TEXT_CHARACTERS_MAX).default(''),
    active: z.boolean().default(true),
    /** A field that says nothing of the portal is for agents only. */
    visible_in_portal: z.boolean().default(false),
    editable_in_portal: z.boolean().default(false),
    custom_field_options: z
      .array(z.strictObject({ name: title, value: tags.element }))
      .max(FIELD_OPTIONS_MAX)
      .default([]),
  }),
})

const show =
  ({ api }: Ask) =>
  ({ custom_field_options: options, ...field }: TicketField) => ({
    url: `${api}/ticket_fields/${field.id}.json`,
    ...field,
    title_in_portal: field.title,
    required: false,
    ...(field.type === 'tagger' ? { custom_field_options: options } : {}),
  })

export function listFields(ask: Ask): Answer {
  const rows = allRecords(ask.store, 'ticket_field')
  return listAnswer(ask, { name: 'ticket_fields', rows, show: show(ask) })
}

export function getField(ask: Ask): Answer {
  const field = findRecord(ask.store, 'ticket_field', idOf(ask))
  return field === null ? notFound : shown({ ticket_field: show(ask)(field) })
}

export function createField(ask: Ask): Answer {
  const { store, now } = ask
  const wanted = parse(newField, ask.body)
  if (!wanted.ok) return wanted.error
  const { ticket_field: input } = wanted.value
  const others = allRecords(store, 'ticket_field')
  const problem = problemOf(input, others)
  if (problem !== null)
    return recordInvalid({ field: 'custom_field_options', description: problem })
  const field: TicketField = {
    id: nextId(store, 'ticket_field', 360_012_345_678),
    ...input,
    removable: true,
    created_at: zendeskTime(now),
    updated_at: zendeskTime(now),
  }
  writeRecord(store, 'ticket_field', field)
  return created({ ticket_field: show(ask)(field) })
}

/** An option's value is a tag, so no two dropdowns can share one. */
function problemOf(
  input: z.output<typeof newField>['ticket_field'],
  others: readonly TicketField[],
): string | null {
  const values = input.custom_field_options.map(({ value }) => value)
  if (others.length >= RECORDS_MAX) return `At most ${RECORDS_MAX} fields`
  if (input.type === 'tagger' && values.length === 0) return 'A dropdown needs options'
  if (input.type !== 'tagger' && values.length > 0) return 'Only a dropdown has options'
  if (new Set(values).size < values.length) return 'Each value can be there once'
  const taken = others.flatMap((field) => field.custom_field_options.map(({ value }) => value))
  const shared = values.find((value) => taken.includes(value))
  return shared === undefined ? null : `${shared} is already used by another field`
}

export function deleteField(ask: Ask): Answer {
  const field = findRecord(ask.store, 'ticket_field', idOf(ask))
  if (field === null) return notFound
  if (!field.removable) {
    return recordInvalid({ field: 'base', description: `${field.title}: cannot be deleted` })
  }
  deleteRecord(ask.store, 'ticket_field', field.id)
  return gone
}
