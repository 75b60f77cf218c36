// Sends what triggers have set off. Zendesk gives up early: a 409 is tried three times more, a silence
// five times, a 429 or 503 only where its Retry-After is below a minute, and nothing else at all.
import type { Deliveries, NextDue } from '../src/delivery-lanes.ts'
import { nowMs } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import type { InvocationRow } from './invocations.ts'
import {
  CONFLICT_RETRIES_MAX,
  DELIVERIES_AT_ONCE_MAX,
  DELIVERIES_PER_RUN_MAX,
  RETRY_AFTER_SECONDS_MAX,
  RETRY_WAIT_MS,
  SILENCE_RETRIES_MAX,
  WAITING_RETRIES_MAX,
} from './limits.ts'
import { findRecord } from './records.ts'
import { send } from './send-webhook.ts'
import type { Outcome } from './send-webhook.ts'

const SELECT_DUE = `SELECT * FROM zendesk_invocations
  WHERE state = 'due' AND webhook_id = ? AND due_at_ms <= ? ORDER BY due_at_ms, sequence
  LIMIT ${DELIVERIES_AT_ONCE_MAX}`

export const zendeskDeliveries: Deliveries = { nextDues, deliverDue }

function nextDues(store: Store): readonly NextDue[] {
  const select = `SELECT webhook_id AS endpointId, MIN(due_at_ms) AS dueMs
    FROM zendesk_invocations WHERE state = 'due' GROUP BY webhook_id`
  return store.sql.exec<NextDue>(select).toArray()
}

async function deliverDue(store: Store, webhookId: string): Promise<void> {
  for (let step = 0; step < DELIVERIES_PER_RUN_MAX; step++) {
    const rows = store.sql.exec<InvocationRow>(SELECT_DUE, webhookId, nowMs(store)).toArray()
    if (rows.length === 0) return
    const attempts = rows.map(async (row) => ({ row, outcome: await attempt(store, row) }))
    for (const { row, outcome } of await Promise.all(attempts)) record(store, row, outcome)
  }
}

async function attempt(store: Store, row: InvocationRow): Promise<Outcome> {
  const webhook = findRecord(store, 'webhook', row.webhook_id)
  const secret = findRecord(store, 'webhook_secret', row.webhook_id)?.secret
  if (webhook === null || secret === undefined || webhook.status !== 'active') {
    return { kind: 'not_sent', why: 'the webhook is gone or inactive' }
  }
  const { id: invocationId, body } = row
  return send({ webhook, invocationId, body, secret, now: nowMs(store) })
}

/** A wait counts from when the attempt was due, so that a clock that jumps sees every attempt. */
function record(store: Store, row: InvocationRow, outcome: Outcome): void {
  const attempts = row.attempts + 1
  const isDelivered = outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300
  const wait = isDelivered ? null : retryWaitMs(outcome, attempts)
  const state = isDelivered ? 'delivered' : wait === null ? 'failed' : 'due'
  store.sql.exec(
    `UPDATE zendesk_invocations SET attempts = ?, state = ?, due_at_ms = ?, last_outcome = ?
       WHERE id = ?`,
    attempts,
    state,
    row.due_at_ms + (wait ?? 0),
    textOf(outcome),
    row.id,
  )
}

function retryWaitMs(outcome: Outcome, attempts: number): number | null {
  if (outcome.kind === 'not_sent') return null
  if (outcome.kind === 'silent') return attempts <= SILENCE_RETRIES_MAX ? RETRY_WAIT_MS : null
  const { status, headers } = outcome
  if (status === 409) return attempts <= CONFLICT_RETRIES_MAX ? RETRY_WAIT_MS : null
  if (status !== 429 && status !== 503) return null
  const after = headers.get('retry-after')
  const seconds = after === null ? Number.NaN : Number(after)
  if (!(seconds >= 0 && seconds < RETRY_AFTER_SECONDS_MAX)) return null
  return attempts <= WAITING_RETRIES_MAX ? seconds * 1000 : null
}

function textOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return String(outcome.status)
    case 'silent':
      return 'no answer'
    case 'not_sent':
      return outcome.why
  }
}
