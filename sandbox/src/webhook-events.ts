// An event becomes one due delivery for every active endpoint that asked for it, in the transaction of
// the change that it tells of. webhook-deliveries.ts sends them.
import type { WebhookEndpoint, WebhookEvent, WebhookEventDataMap } from '@commet/node'
import { documents, isoTime, newId } from './store.ts'
import type { Store } from './store.ts'
import { API_VERSION } from './version.ts'

/** The events that the sandbox itself brings about. */
export type SandboxEvent = Extract<
  WebhookEvent,
  | 'invoice.created'
  | 'invoice.voided'
  | 'payment.refunded'
  | 'payment.disputed'
  | 'customer.created'
  | 'customer.updated'
>

export function emit<E extends SandboxEvent>(
  store: Store,
  event: E,
  data: WebhookEventDataMap[E],
  now: number,
): void {
  const endpoints = documents<WebhookEndpoint>(store, 'SELECT document FROM webhook_endpoints')
  const wanting = endpoints.filter(({ isActive, events }) => isActive && events.includes(event))
  if (wanting.length === 0) return
  const eventId = newId('whev')
  const timestamp = isoTime(now)
  for (const endpoint of wanting) {
    const body = envelope(store, { eventId, event, timestamp, endpoint, data })
    insertDelivery(store, { id: newId('whdl'), endpointId: endpoint.id, eventId, event, body }, now)
  }
}

type EnvelopeParts = {
  readonly eventId: string
  readonly event: string
  readonly timestamp: string
  readonly endpoint: WebhookEndpoint
  readonly data: unknown
}

/** The delivery's body as text: these bytes are signed and stay the same in every attempt. */
export function envelope(store: Store, parts: EnvelopeParts): string {
  return JSON.stringify({
    id: parts.eventId,
    event: parts.event,
    timestamp: parts.timestamp,
    organizationId: store.livemode ? 'org_live' : 'org_sandbox',
    mode: store.livemode ? 'live' : 'sandbox',
    apiVersion: parts.endpoint.apiVersion ?? API_VERSION,
    data: parts.data,
  })
}

export type NewDelivery = {
  readonly id: string
  readonly endpointId: string
  readonly eventId: string
  readonly event: string
  readonly body: string
}

export function insertDelivery(store: Store, delivery: NewDelivery, dueAt: number): void {
  store.sql.exec(
    `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event, body, attempts, state, due_at_ms)
       VALUES (?, ?, ?, ?, ?, 0, 'due', ?)`,
    delivery.id,
    delivery.endpointId,
    delivery.eventId,
    delivery.event,
    delivery.body,
    dueAt,
  )
}
