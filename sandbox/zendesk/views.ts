// Views: lists of tickets that agents work through. Kept and shown; nobody looks through them here.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import { created, gone, notFound, parse, recordInvalid, shown } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { conditionLists } from './conditions.ts'
import { RECORDS_MAX, TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { listAnswer } from './paging.ts'
import { allRecords, deleteRecord, findRecord, nextId, writeRecord } from './records.ts'
import { zendeskTime } from './records.ts'
import type { View } from './shapes.ts'

const column = z.union([z.string().min(1).max(TITLE_CHARACTERS_MAX), z.int().transform(String)])

/** Unlike a trigger, a view has its conditions beside its title. */
const newView = z.strictObject({
  view: z.strictObject({
    title: z.string().min(1).max(TITLE_CHARACTERS_MAX),
    active: z.boolean().default(true),
    description: z.string().max(TEXT_CHARACTERS_MAX).nullable().default(null),
    ...conditionLists,
    output: z.strictObject({ columns: z.array(column).max(10).default([]) }).exactOptional(),
  }),
})

/** One of these has to be among the conditions that all hold. */
const NEEDED = ['status', 'type', 'group_id', 'assignee_id', 'requester_id']

const show =
  ({ api }: Ask) =>
  ({ columns, ...view }: View) => ({
    url: `${api}/views/${view.id}.json`,
    ...view,
    execution: { columns: columns.map((id) => ({ id, title: id })) },
    restriction: null,
  })

export function listViews(ask: Ask): Answer {
  return listAnswer(ask, { name: 'views', rows: allRecords(ask.store, 'view'), show: show(ask) })
}

export function getView(ask: Ask): Answer {
  const view = findRecord(ask.store, 'view', idOf(ask))
  return view === null ? notFound : shown({ view: show(ask)(view) })
}

export function createView(ask: Ask): Answer {
  const { store, now } = ask
  const wanted = parse(newView, ask.body)
  if (!wanted.ok) return wanted.error
  const { all, any, output, ...input } = wanted.value.view
  if (!all.some(({ field }) => NEEDED.includes(field))) {
    const description = `Conditions: one of ${NEEDED.join(', ')} is needed among all`
    return recordInvalid({ field: 'conditions', description })
  }
  if (allRecords(store, 'view').length >= RECORDS_MAX) {
    return recordInvalid({ field: 'base', description: `At most ${RECORDS_MAX} views` })
  }
  const view: View = {
    id: nextId(store, 'view', 40_001),
    ...input,
    conditions: { all, any },
    columns: output?.columns ?? [],
    created_at: zendeskTime(now),
    updated_at: zendeskTime(now),
  }
  writeRecord(store, 'view', view)
  return created({ view: show(ask)(view) })
}

export function deleteView(ask: Ask): Answer {
  return deleteRecord(ask.store, 'view', idOf(ask)) ? gone : notFound
}
