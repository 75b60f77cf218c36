// Webhook endpoints: create (which alone shows the secret), list, get, update, delete.
import * as z from 'zod'
import type { WebhookEndpoint, WebhookEndpointCreated } from '@commet/node'
import { created, list, pageOf, refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input } from './call.ts'
import { invalid, page, parse, text } from './parse.ts'
import { documents, isoTime, newId } from './store.ts'
import type { Store } from './store.ts'
import { API_VERSION } from './version.ts'
import { WEBHOOK_EVENTS } from './webhook-names.ts'

const fields = {
  url: z.url({ protocol: /^https?$/ }),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1),
  apiVersion: z.iso.date(),
}
const newEndpoint = z.object({
  url: fields.url,
  events: fields.events,
  description: text.exactOptional(),
  apiVersion: fields.apiVersion.exactOptional(),
})
const changes = z.object({
  url: fields.url.exactOptional(),
  events: fields.events.exactOptional(),
  description: text.nullable().exactOptional(),
  isActive: z.boolean().exactOptional(),
  apiVersion: fields.apiVersion.exactOptional(),
})

export function findEndpoint(store: Store, id: string): WebhookEndpoint | null {
  const select = 'SELECT document FROM webhook_endpoints WHERE id = ?'
  return documents<WebhookEndpoint>(store, select, id)[0] ?? null
}

export function endpointNotFound(id: string): Answer {
  return refusal('webhook_not_found', `There is no webhook endpoint ${id}`)
}

export function createWebhook(store: Store, input: Input): Answer {
  const wanted = parse(newEndpoint, input.body)
  if (!wanted.ok) return wanted.error
  const { url, events, description, apiVersion } = wanted.value
  const endpoint: WebhookEndpoint = {
    object: 'webhook',
    livemode: store.livemode,
    id: newId('wh'),
    url,
    events,
    description: description ?? null,
    isActive: true,
    apiVersion: apiVersion ?? API_VERSION,
    createdAt: isoTime(input.now),
  }
  const secretKey = `whsec_${crypto.getRandomValues(new Uint8Array(24)).toHex()}`
  const insert = `INSERT INTO webhook_endpoints (id, secret, failed_in_a_row, document)
    VALUES (?, ?, 0, ?)`
  store.sql.exec(insert, endpoint.id, secretKey, JSON.stringify(endpoint))
  const answer: WebhookEndpointCreated = { ...endpoint, secretKey }
  return created(answer)
}

export function listWebhooks(store: Store, input: Input): Answer {
  const query = parse(page, input.query)
  if (!query.ok) return query.error
  const { cursor, limit } = query.value
  if (cursor !== undefined && findEndpoint(store, cursor) === null) {
    return invalid('cursor', 'is no cursor of this list')
  }
  const rows = documents<WebhookEndpoint>(
    store,
    `SELECT document FROM webhook_endpoints WHERE ?1 IS NULL OR sequence <
       (SELECT sequence FROM webhook_endpoints WHERE id = ?1) ORDER BY sequence DESC LIMIT ?2`,
    cursor ?? null,
    limit + 1,
  )
  return list(pageOf(rows, query.value, ({ id }) => id, input.listing))
}

export function getWebhook(store: Store, input: Input): Answer {
  const endpoint = findEndpoint(store, input.id)
  return endpoint === null ? endpointNotFound(input.id) : success(endpoint)
}

/** Who turns an endpoint on again starts its count of failed events anew. */
export function updateWebhook(store: Store, input: Input): Answer {
  const wanted = parse(changes, input.body)
  if (!wanted.ok) return wanted.error
  const before = findEndpoint(store, input.id)
  if (before === null) return endpointNotFound(input.id)
  const after: WebhookEndpoint = { ...before, ...wanted.value }
  const update = `UPDATE webhook_endpoints SET document = ?,
    failed_in_a_row = CASE WHEN ? THEN 0 ELSE failed_in_a_row END WHERE id = ?`
  store.sql.exec(update, JSON.stringify(after), wanted.value.isActive === true ? 1 : 0, after.id)
  return success(after)
}

export function deleteWebhook(store: Store, input: Input): Answer {
  if (findEndpoint(store, input.id) === null) return endpointNotFound(input.id)
  store.sql.exec('DELETE FROM webhook_endpoints WHERE id = ?', input.id)
  return success({ id: input.id, deleted: true })
}
