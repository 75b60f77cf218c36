// Webhooks of the kind that triggers call: list, get, create, delete, their secret, and a test of one.
import * as z from 'zod'
import type { Answer } from '../src/answer.ts'
import { created, gone, notFound, parse, recordInvalid, shown } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { RECORDS_MAX, TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { listAnswer } from './paging.ts'
import { allRecords, deleteRecord, findRecord, nextId, writeRecord } from './records.ts'
import { zendeskTime } from './records.ts'
import { notifications } from './run-triggers.ts'
import { PUBLIC_TEST_SECRET, send } from './send-webhook.ts'
import type { Webhook } from './shapes.ts'

const target = {
  endpoint: z.url({ protocol: /^https?$/ }),
  http_method: z.enum(['POST', 'PUT', 'PATCH']),
  request_format: z.literal('json'),
}

const newWebhook = z.strictObject({
  webhook: z.strictObject({
    ...target,
    name: z.string().min(1).max(TITLE_CHARACTERS_MAX),
    description: z.string().max(TEXT_CHARACTERS_MAX).nullable().default(null),
    status: z.enum(['active', 'inactive']),
    /** Of the other kind, which subscribes to events, the sandbox has none. */
    subscriptions: z.tuple([z.literal('conditional_ticket_events')]),
  }),
})

const testInput = z.strictObject({
  request: z
    .strictObject({ ...target, payload: z.string().max(TEXT_CHARACTERS_MAX) })
    .exactOptional(),
})

export function listWebhooks(ask: Ask): Answer {
  const rows = allRecords(ask.store, 'webhook')
  return listAnswer(ask, { name: 'webhooks', rows, show: (row) => row, onlyCursor: true })
}

export function getWebhook(ask: Ask): Answer {
  const webhook = findRecord(ask.store, 'webhook', idOf(ask))
  return webhook === null ? notFound : shown({ webhook })
}

/** Only this answer and the call for the secret show it. */
export function createWebhook(ask: Ask): Answer {
  const { store, now, caller } = ask
  const wanted = parse(newWebhook, ask.body)
  if (!wanted.ok) return wanted.error
  if (allRecords(store, 'webhook').length >= RECORDS_MAX) {
    return recordInvalid({ field: 'base', description: `At most ${RECORDS_MAX} webhooks` })
  }
  const number = nextId(store, 'webhook', 1)
  const webhook: Webhook = {
    id: `01SANDBOX${String(number).padStart(17, '0')}`,
    ...wanted.value.webhook,
    created_by: String(caller.id),
    created_at: zendeskTime(now),
    updated_at: zendeskTime(now),
  }
  // Looks like base64, and is used as the text that it is.
  const secret = crypto.getRandomValues(new Uint8Array(32)).toBase64()
  writeRecord(store, 'webhook', webhook)
  writeRecord(store, 'webhook_secret', { id: webhook.id, secret })
  return created({ webhook: { ...webhook, signing_secret: secretOf(secret) } })
}

const secretOf = (secret: string) => ({ algorithm: 'SHA256', secret })

export function getSecret(ask: Ask): Answer {
  const kept = findRecord(ask.store, 'webhook_secret', idOf(ask))
  return kept === null ? notFound : shown({ signing_secret: secretOf(kept.secret) })
}

/** A webhook that a trigger calls can't be deleted before the trigger is. */
export function deleteWebhook(ask: Ask): Answer {
  const { store } = ask
  const id = idOf(ask)
  if (findRecord(store, 'webhook', id) === null) return notFound
  const calling = allRecords(store, 'trigger').find(({ actions }) =>
    notifications(actions).some(({ webhookId }) => webhookId === id),
  )
  if (calling !== undefined) {
    const description = `The webhook is called by the trigger ${calling.title}`
    return recordInvalid({ field: 'base', description })
  }
  deleteRecord(store, 'webhook', id)
  deleteRecord(store, 'webhook_secret', id)
  return gone
}

/** One request at once, to a webhook that exists (`?webhook_id=`) or that is about to: signed with the
 *  public test secret either way. */
export async function testWebhook(ask: Ask): Promise<Answer> {
  const wanted = parse(testInput, ask.body)
  if (!wanted.ok) return wanted.error
  const existing = findRecord(ask.store, 'webhook', ask.query.get('webhook_id') ?? '')
  const request = wanted.value.request
  const target = request ?? existing
  if (target === null) {
    return recordInvalid({ field: 'request', description: 'Request: is missing' })
  }
  const outcome = await send({
    webhook: { ...target, id: existing?.id ?? '' },
    invocationId: `test-${crypto.randomUUID()}`,
    body: request?.payload ?? '{}',
    secret: PUBLIC_TEST_SECRET,
    now: ask.now,
  })
  switch (outcome.kind) {
    case 'answered': {
      const headers = [...outcome.headers].map(([key, value]) => ({ key, value }))
      return shown({ response: { status: outcome.status, headers, payload: outcome.body } })
    }
    case 'silent':
      return shown({ response: { status: 504, headers: [], payload: '' } })
    case 'not_sent':
      return recordInvalid({ field: 'endpoint', description: `Endpoint: ${outcome.why}` })
  }
}
