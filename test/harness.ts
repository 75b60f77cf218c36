// The tests' verbs: deliver something signed, wait for what comes of it, look at both worlds.

import { env, exports } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { signDelivery } from '../scripts/sign-delivery.ts'
import { createDeps, type Deps } from '../src/deps.ts'
import { undescribed } from './documented.ts'
import config from './makegood.config.ts'

export const OPERATOR = { 'x-api-key': 'ck_mg_test_0123456789abcdef' }

const SECRETS: Readonly<Record<string, string>> = {
  stripe: 'whsec_test_stripe',
  zendesk: env.ZENDESK_WEBHOOK_SECRET,
  'zendesk-live': env.ZENDESK_LIVE_WEBHOOK_SECRET,
  standard: env.STANDARD_WEBHOOK_SECRET,
  batch: env.ZENDESK_WEBHOOK_SECRET,
}

/** The deps of the Worker under test, with parts of them replaced. */
export const depsWith = (parts: Partial<Deps> = {}): Deps => ({
  ...createDeps(env, config),
  ...parts,
})

export type Sent = { readonly id?: string; readonly nowMs?: number }

export async function signedRequest(
  endpoint: string,
  body: unknown,
  { id = `msg_${crypto.randomUUID()}`, nowMs = Date.now() }: Sent = {},
): Promise<Request> {
  const [configured, secret] = [config.endpoints.get(endpoint), SECRETS[endpoint]]
  if (!configured || !secret) throw new Error(`no sender for ${endpoint}`)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const url = `https://makegood.example/webhooks/${endpoint}`
  const signed = await signDelivery(configured, secret, text, { nowMs, id, url })
  const { headers, body: signedBody, pathSuffix } = signed
  return new Request(url + pathSuffix, { method: 'POST', headers, body: signedBody })
}

/** Fails the test where the reference doesn't describe the answer. */
export async function fetchApp(request: Request | string, init?: RequestInit): Promise<Response> {
  const asked = typeof request === 'string' ? new Request(request, init) : request
  const response = await exports.default.fetch(asked)
  expect(await undescribed(asked.method, asked.url, response)).toBeNull()
  return response
}

/** Delivers and answers the ids of the events; fails the test unless the answer is 202. */
export async function deliver(endpoint: string, body: unknown, sent?: Sent): Promise<string[]> {
  const response = await fetchApp(await signedRequest(endpoint, body, sent))
  const answer = await response.json<{ events: string[] }>()
  expect({ status: response.status, answer }).toMatchObject({ status: 202 })
  return answer.events
}

/** An answer of the operator's API, as anything: tests say what they expect of it. */
export async function api(path: string): Promise<any> {
  const response = await fetchApp(`https://makegood.example/api/v1${path}`, { headers: OPERATOR })
  return response.json()
}

export const event = async (id: string): Promise<any> => (await api(`/events/${id}`)).data

/** Waits until the queue's consumer has brought the event's adjustment into a state. */
export function adjustmentOf(eventId: string, state: string): Promise<any> {
  return vi.waitFor(
    async () => {
      const [adjustment] = (await event(eventId)).adjustments
      expect(adjustment).toMatchObject({ state })
      return adjustment
    },
    { timeout: 10_000, interval: 25 },
  )
}

/** A call of the billing API itself, as its owner would make it. */
export async function commet(path: string, init: RequestInit = {}): Promise<any> {
  const headers = { 'x-api-key': 'ck_sandbox_test', 'content-type': 'application/json' }
  const response = await env.SANDBOX.fetch(`http://sandbox.localhost${path}`, { ...init, headers })
  return response.json()
}

export const sandboxControl = (method: string, path: string, body?: unknown): Promise<Response> =>
  env.SANDBOX.fetch(`http://sandbox.localhost/sandbox${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

/** Invoices at the billing API that carry an adjustment's id. */
export async function invoicesOf(adjustmentId: string, customerId: string): Promise<any[]> {
  const { data } = await commet(`/api/v1/invoices?customerId=${customerId}&limit=100`)
  return data.filter((invoice: any) => invoice.metadata.makegood_adjustment_id === adjustmentId)
}

export async function countRows(table: string): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>()
  return row?.n ?? 0
}

// Bodies

let next = 1_000

export const ticket = (fields: Record<string, unknown> = {}) => ({
  kind: 'makegood.ticket',
  ticket_id: String((next += 1)),
  tags: 'billing credit_requested credit_25',
  amount: '',
  currency: 'USD',
  customer_external_id: 'acme-42',
  asker: 'agent@saas.example',
  updated_at: '2026-10-26T07:33:12Z',
  ...fields,
})

export const refund = (fields: Record<string, unknown> = {}, type = 'refund.created') => {
  const id = (next += 1)
  return {
    id: `evt_stripe_${id}`,
    object: 'event',
    created: 1_792_999_995,
    livemode: false,
    type,
    data: {
      object: {
        id: `re_${id}`,
        object: 'refund',
        amount: 2599,
        currency: 'usd',
        customer: 'cus_SampleAcme01',
        metadata: {},
        status: 'succeeded',
        ...fields,
      },
    },
  }
}

export const creditRequest = (fields: Record<string, unknown> = {}) => ({
  type: 'credit.requested',
  timestamp: '2026-10-26T07:33:17.000Z',
  data: {
    id: `crq_${(next += 1)}`,
    customer: { external_id: 'acme-42' },
    amount: 1250,
    currency: 'USD',
    ...fields,
  },
})
