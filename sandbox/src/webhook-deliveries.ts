// Sends what is due, signed as Commet signs, and keeps the vendor's schedule: 10 s for an answer, eight
// attempts with the waits of limits.ts, and after three failed events in a row the endpoint is off.
import type { WebhookEndpoint, WebhookTestResult } from '@commet/node'
import { success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input } from './call.ts'
import type { NextDue } from './delivery-lanes.ts'
import { DELIVERIES_AT_ONCE_MAX, DELIVERIES_PER_RUN_MAX } from './limits.ts'
import {
  DELIVERY_ATTEMPTS_MAX,
  DELIVERY_DEADLINE_MS,
  DELIVERY_WAITS_MS,
  FAILED_EVENTS_MAX,
} from './limits.ts'
import { isoTime, newId, nowMs } from './store.ts'
import type { Store } from './store.ts'
import { envelope, insertDelivery } from './webhook-events.ts'
import type { NewDelivery } from './webhook-events.ts'
import { endpointNotFound, findEndpoint } from './webhooks.ts'

type DeliveryRow = {
  id: string
  endpoint_id: string
  event_id: string
  event: string
  body: string
  attempts: number
  due_at_ms: number
}

/** Of one endpoint, the deliveries that share the earliest due time. */
const SELECT_DUE = `SELECT id, endpoint_id, event_id, event, body, attempts, due_at_ms
  FROM webhook_deliveries WHERE state = 'due' AND endpoint_id = ?1 AND due_at_ms <= ?2
    AND due_at_ms = (SELECT MIN(due_at_ms) FROM webhook_deliveries
      WHERE state = 'due' AND endpoint_id = ?1)
  ORDER BY sequence LIMIT ${DELIVERIES_AT_ONCE_MAX}`

/** When each endpoint's next delivery is due, in milliseconds of the organization's clock. */
export function nextDues(store: Store): NextDue[] {
  const select = `SELECT endpoint_id AS endpointId, MIN(due_at_ms) AS dueMs
    FROM webhook_deliveries WHERE state = 'due' GROUP BY endpoint_id`
  return store.sql.exec<NextDue>(select).toArray()
}

/**
 * Sends all of one endpoint that is due, also what becomes due by its own retries: one due time after
 * the other, what shares one together. A wait counts from when the attempt was due, so a clock that
 * jumps a day sees every attempt of that day.
 */
export async function deliverDue(store: Store, endpointId: string): Promise<void> {
  for (let step = 0; step < DELIVERIES_PER_RUN_MAX; step++) {
    const rows = store.sql.exec<DeliveryRow>(SELECT_DUE, endpointId, nowMs(store)).toArray()
    if (rows.length === 0) return
    const endpoint = findEndpoint(store, endpointId)
    if (endpoint === null || !endpoint.isActive) {
      for (const { id } of rows) settle(store, id, 'failed', 'the endpoint is off')
      continue
    }
    const attempts = rows.map(async (row) => {
      const { id, event_id: eventId, event, body } = row
      const outcome = await send(store, endpoint, { id, endpointId, eventId, event, body })
      return { row: { ...row, attempts: row.attempts + 1 }, outcome }
    })
    for (const { row, outcome } of await Promise.all(attempts)) record(store, row, outcome)
  }
}

type Outcome = { readonly delivered: boolean; readonly text: string }

async function send(
  store: Store,
  endpoint: WebhookEndpoint,
  delivery: NewDelivery,
): Promise<Outcome> {
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: await signedHeaders(store, delivery),
      body: delivery.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(DELIVERY_DEADLINE_MS),
    })
    await response.body?.cancel()
    return { delivered: response.ok, text: String(response.status) }
  } catch {
    return { delivered: false, text: 'no answer' }
  }
}

/** The signature covers the body alone; the timestamp stands beside it, unsigned (vendor's reference). */
async function signedHeaders(store: Store, delivery: NewDelivery): Promise<Record<string, string>> {
  const select = 'SELECT secret FROM webhook_endpoints WHERE id = ?'
  const { secret } = store.sql.exec<{ secret: string }>(select, delivery.endpointId).one()
  const bytes = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, bytes.encode(delivery.body))
  const { timestamp }: { timestamp: string } = JSON.parse(delivery.body)
  return {
    'content-type': 'application/json',
    'x-commet-signature': new Uint8Array(signature).toHex(),
    'x-commet-event': delivery.event,
    'x-commet-timestamp': timestamp,
    'x-commet-event-id': delivery.eventId,
  }
}

function countAttempts(store: Store, id: string, attempts: number): void {
  store.sql.exec('UPDATE webhook_deliveries SET attempts = ? WHERE id = ?', attempts, id)
}

function record(store: Store, attempt: DeliveryRow, outcome: Outcome): void {
  countAttempts(store, attempt.id, attempt.attempts)
  if (outcome.delivered) {
    settle(store, attempt.id, 'delivered', outcome.text)
    store.sql.exec(
      'UPDATE webhook_endpoints SET failed_in_a_row = 0 WHERE id = ?',
      attempt.endpoint_id,
    )
    return
  }
  const wait = DELIVERY_WAITS_MS[attempt.attempts - 1]
  if (attempt.attempts >= DELIVERY_ATTEMPTS_MAX || wait === undefined) {
    settle(store, attempt.id, 'failed', outcome.text)
    countFailure(store, attempt.endpoint_id)
    return
  }
  const later = 'UPDATE webhook_deliveries SET due_at_ms = ?, last_outcome = ? WHERE id = ?'
  store.sql.exec(later, attempt.due_at_ms + wait, outcome.text, attempt.id)
}

function settle(store: Store, id: string, state: 'delivered' | 'failed', outcome: string): void {
  const update = 'UPDATE webhook_deliveries SET state = ?, last_outcome = ? WHERE id = ?'
  store.sql.exec(update, state, outcome, id)
}

/** Reads the endpoint anew: it may have been changed while the attempt was under way. */
function countFailure(store: Store, endpointId: string): void {
  const update = `UPDATE webhook_endpoints SET failed_in_a_row = failed_in_a_row + 1 WHERE id = ?
    RETURNING failed_in_a_row`
  const counted = store.sql.exec<{ failed_in_a_row: number }>(update, endpointId).toArray()[0]
  const endpoint = findEndpoint(store, endpointId)
  if (endpoint === null || counted === undefined) return
  if (counted.failed_in_a_row < FAILED_EVENTS_MAX) return
  const off = JSON.stringify({ ...endpoint, isActive: false })
  store.sql.exec('UPDATE webhook_endpoints SET document = ? WHERE id = ?', off, endpointId)
}

/** POST /webhooks/{id}/test: one attempt at once, with the first event that the endpoint asked for. */
export async function testWebhook(store: Store, input: Input): Promise<Answer> {
  const endpoint = findEndpoint(store, input.id)
  if (endpoint === null) return endpointNotFound(input.id)
  const event = endpoint.events[0] ?? 'invoice.created'
  const eventId = newId('whev')
  const timestamp = isoTime(input.now)
  const body = envelope(store, { eventId, event, timestamp, endpoint, data: { test: true } })
  const delivery: NewDelivery = { id: newId('whdl'), endpointId: endpoint.id, eventId, event, body }
  const outcome = await send(store, endpoint, delivery)
  insertDelivery(store, delivery, input.now)
  countAttempts(store, delivery.id, 1)
  settle(store, delivery.id, outcome.delivered ? 'delivered' : 'failed', outcome.text)
  const answer: WebhookTestResult = {
    success: outcome.delivered,
    deliveryId: delivery.id,
    deliveredAt: timestamp,
  }
  return success(answer)
}

export type Delivery = {
  readonly id: string
  readonly eventId: string
  readonly event: string
  readonly endpointId: string
  readonly state: 'due' | 'delivered' | 'failed'
  readonly attempts: number
  /** ISO 8601. */
  readonly dueAt: string
  readonly lastOutcome: string | null
}

/** Newest first, for the controls and the page. */
export function readDeliveries(store: Store): Delivery[] {
  type Row = DeliveryRow & { state: Delivery['state']; last_outcome: string | null }
  const select = 'SELECT * FROM webhook_deliveries ORDER BY sequence DESC LIMIT ?'
  return store.sql
    .exec<Row>(select, DELIVERIES_PER_RUN_MAX)
    .toArray()
    .map((row) => ({
      id: row.id,
      eventId: row.event_id,
      event: row.event,
      endpointId: row.endpoint_id,
      state: row.state,
      attempts: row.attempts,
      dueAt: isoTime(row.due_at_ms),
      lastOutcome: row.last_outcome,
    }))
}
