// Macros: what agents do with one click. List, get, create, delete, and what one would make of a ticket.
import * as z from 'zod'
import { err, ok } from '../../src/domain/result.ts'
import type { Result } from '../../src/domain/result.ts'
import type { Answer } from '../src/answer.ts'
import type { Store } from '../src/store.ts'
import { actionProblem, actions, changeBy } from './actions.ts'
import { created, gone, notFound, parse, recordInvalid, shown } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { RECORDS_MAX, TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { listAnswer } from './paging.ts'
import { allRecords, deleteRecord, findRecord, nextId, writeRecord } from './records.ts'
import { zendeskTime } from './records.ts'
import type { Macro, User } from './shapes.ts'
import { changed } from './ticket-change.ts'
import { findTicket, showTicket } from './tickets.ts'

const newMacro = z.strictObject({
  macro: z.strictObject({
    title: z.string().min(1).max(TITLE_CHARACTERS_MAX),
    active: z.boolean().default(true),
    description: z.string().max(TEXT_CHARACTERS_MAX).nullable().default(null),
    actions,
    restriction: z
      .strictObject({ type: z.literal('Group'), id: z.int() })
      .nullable()
      .default(null),
  }),
})

/** What else a macro may do. */
const MORE = ['subject', 'comment_value', 'comment_mode_is_public']

const show =
  ({ api }: Ask) =>
  (macro: Macro) => ({ url: `${api}/macros/${macro.id}.json`, ...macro })

export function listMacros(ask: Ask): Answer {
  return listAnswer(ask, { name: 'macros', rows: allRecords(ask.store, 'macro'), show: show(ask) })
}

export function getMacro(ask: Ask): Answer {
  const macro = findRecord(ask.store, 'macro', idOf(ask))
  return macro === null ? notFound : shown({ macro: show(ask)(macro) })
}

export function createMacro(ask: Ask): Answer {
  const { store, now } = ask
  const wanted = parse(newMacro, ask.body)
  if (!wanted.ok) return wanted.error
  const { macro: input } = wanted.value
  const problem = input.actions.map((action) => actionProblem(action, MORE)).find(Boolean)
  if (problem) return recordInvalid(problem)
  const { restriction } = input
  if (restriction !== null && findRecord(store, 'group', restriction.id) === null) {
    return recordInvalid({
      field: 'restriction',
      description: 'Restriction: there is no such group',
    })
  }
  if (allRecords(store, 'macro').length >= RECORDS_MAX) {
    return recordInvalid({ field: 'base', description: `At most ${RECORDS_MAX} macros` })
  }
  const at = zendeskTime(now)
  const macro = { id: nextId(store, 'macro', 25_001), ...input, created_at: at, updated_at: at }
  writeRecord(store, 'macro', macro)
  return created({ macro: show(ask)(macro) })
}

export function deleteMacro(ask: Ask): Answer {
  return deleteRecord(ask.store, 'macro', idOf(ask)) ? gone : notFound
}

/** The ticket as it would be; nothing is saved. */
export function applyMacro(ask: Ask): Answer {
  const ticket = findTicket(ask.store, idOf(ask))
  const macro = findRecord(ask.store, 'macro', idOf(ask, 1))
  if (ticket === null || macro === null || !macro.active) return notFound
  const change = changeBy(macro.actions, ticket.tags)
  const after = changed(ticket, change, allRecords(ask.store, 'ticket_field'))
  if (!after.ok) return recordInvalid(after.error)
  const { comment } = change
  const shownTicket = showTicket(ask, after.value)
  return shown({
    result: { ticket: comment === undefined ? shownTicket : { ...shownTicket, comment } },
  })
}

export type MacroTrouble = {
  readonly reason: 'no_such_macro' | 'inactive' | 'not_for_this_agent'
  readonly macro: string
}

/** The macro as this agent finds it on screen, by its id or its title. */
export function macroFor(store: Store, name: string, agent: User): Result<Macro, MacroTrouble> {
  const macro = allRecords(store, 'macro').find(
    ({ id, title }) => String(id) === name || title === name,
  )
  if (macro === undefined) return err({ reason: 'no_such_macro', macro: name })
  if (!macro.active) return err({ reason: 'inactive', macro: name })
  const { restriction } = macro
  if (restriction !== null && !agent.group_ids.includes(restriction.id)) {
    return err({ reason: 'not_for_this_agent', macro: name })
  }
  return ok(macro)
}
