// Triggers: list, get, create, delete. A new one comes last. What they do is in run-triggers.ts.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import type { Store } from '../src/store.ts'
import { actionProblem, actions } from './actions.ts'
import { created, gone, notFound, parse, recordInvalid, shown } from './answers.ts'
import type { Problem } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { conditionLists, conditionProblem } from './conditions.ts'
import { RECORDS_MAX, TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { listAnswer } from './paging.ts'
import { allRecords, deleteRecord, findRecord, nextId, writeRecord } from './records.ts'
import { zendeskTime } from './records.ts'
import { notifications, NOTIFY } from './run-triggers.ts'
import type { Trigger } from './shapes.ts'

const newTrigger = z.strictObject({
  trigger: z.strictObject({
    title: z.string().min(1).max(TITLE_CHARACTERS_MAX),
    active: z.boolean().default(true),
    description: z.string().max(TEXT_CHARACTERS_MAX).nullable().default(null),
    conditions: z.strictObject(conditionLists),
    actions,
  }),
})

const show =
  ({ api }: Ask) =>
  (trigger: Trigger) => ({ url: `${api}/triggers/${trigger.id}.json`, ...trigger })

export function listTriggers(ask: Ask): Answer {
  const rows = allRecords(ask.store, 'trigger')
  return listAnswer(ask, { name: 'triggers', rows, show: show(ask) })
}

export function getTrigger(ask: Ask): Answer {
  const trigger = findRecord(ask.store, 'trigger', idOf(ask))
  return trigger === null ? notFound : shown({ trigger: show(ask)(trigger) })
}

export function createTrigger(ask: Ask): Answer {
  const { store, now } = ask
  const wanted = parse(newTrigger, ask.body)
  if (!wanted.ok) return wanted.error
  const { trigger: input } = wanted.value
  const problem = problemOf(store, input)
  if (problem !== null) return recordInvalid(problem)
  const others = allRecords(store, 'trigger')
  if (others.length >= RECORDS_MAX) {
    return recordInvalid({ field: 'base', description: `At most ${RECORDS_MAX} triggers` })
  }
  const trigger: Trigger = {
    id: nextId(store, 'trigger', 10_001),
    ...input,
    position: Math.max(0, ...others.map(({ position }) => position)) + 1,
    created_at: zendeskTime(now),
    updated_at: zendeskTime(now),
  }
  writeRecord(store, 'trigger', trigger)
  return created({ trigger: show(ask)(trigger) })
}

function problemOf(store: Store, input: z.output<typeof newTrigger>['trigger']): Problem | null {
  const conditions = [...input.conditions.all, ...input.conditions.any]
  if (conditions.length === 0) {
    return { field: 'conditions', description: 'Conditions: at least one is needed' }
  }
  const strange =
    conditions.map(conditionProblem).find(Boolean) ??
    input.actions.map((action) => actionProblem(action, [NOTIFY])).find(Boolean)
  if (strange) return strange
  const told = input.actions.filter(({ field }) => field === NOTIFY)
  const found = notifications(input.actions).filter(
    ({ webhookId, body }) => body !== '' && findRecord(store, 'webhook', webhookId) !== null,
  )
  if (found.length === told.length) return null
  return { field: 'actions', description: `Action ${NOTIFY}: a webhook and a body are needed` }
}

export function deleteTrigger(ask: Ask): Answer {
  return deleteRecord(ask.store, 'trigger', idOf(ask)) ? gone : notFound
}
