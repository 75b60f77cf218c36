// The calls of webhooks that triggers have set off: due, delivered or failed. deliveries.ts sends them.
import { isoTime, newId } from '../src/store.ts'
import type { Store } from '../src/store.ts'
import { INVOCATIONS_KEPT_MAX } from './limits.ts'

export type InvocationRow = {
  id: string
  webhook_id: string
  trigger_id: string
  ticket_id: string
  body: string
  attempts: number
  state: 'due' | 'delivered' | 'failed'
  due_at_ms: number
  last_outcome: string | null
}

type NewInvocation = {
  readonly webhookId: string
  readonly triggerId: number
  readonly ticketId: number
  readonly body: string
  /** Milliseconds of the organization's clock. */
  readonly dueAt: number
}

export function insertInvocation(store: Store, invocation: NewInvocation): void {
  store.sql.exec(
    `INSERT INTO zendesk_invocations
       (id, webhook_id, trigger_id, ticket_id, body, attempts, state, due_at_ms)
       VALUES (?, ?, ?, ?, ?, 0, 'due', ?)`,
    newId('inv'),
    invocation.webhookId,
    String(invocation.triggerId),
    String(invocation.ticketId),
    invocation.body,
    invocation.dueAt,
  )
  // What is due is never dropped.
  const oldest = 'SELECT MAX(sequence) - ? FROM zendesk_invocations'
  store.sql.exec(
    `DELETE FROM zendesk_invocations WHERE state <> 'due' AND sequence <= (${oldest})`,
    INVOCATIONS_KEPT_MAX,
  )
}

export type Invocation = {
  readonly id: string
  readonly webhookId: string
  readonly triggerId: number
  readonly ticketId: number
  readonly state: InvocationRow['state']
  readonly attempts: number
  /** ISO 8601. */
  readonly dueAt: string
  /** A status, or why there is none. */
  readonly lastOutcome: string | null
  /** As it was rendered, and is signed. */
  readonly body: string
}

/** Newest first. */
export function readInvocations(store: Store): Invocation[] {
  const select = 'SELECT * FROM zendesk_invocations ORDER BY sequence DESC LIMIT ?'
  return store.sql
    .exec<InvocationRow>(select, INVOCATIONS_KEPT_MAX)
    .toArray()
    .map((row) => ({
      id: row.id,
      webhookId: row.webhook_id,
      triggerId: Number(row.trigger_id),
      ticketId: Number(row.ticket_id),
      state: row.state,
      attempts: row.attempts,
      dueAt: isoTime(row.due_at_ms),
      lastOutcome: row.last_outcome,
      body: row.body,
    }))
}
