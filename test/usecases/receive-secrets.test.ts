// Bodies that hold a secret: whatever becomes of them, what is kept of them holds it no more.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import { createDeps } from '../../src/deps.ts'
import { BODY_BYTES_MAX } from '../../src/domain/limits.ts'
import { salesforce, zohocrm } from '../../src/sources/index.ts'
import { receiveDelivery } from '../../src/usecases/receive-delivery.ts'
import caseClosed from '../fixtures/salesforce/sf.Case.xml?raw'

const SECRET = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const SESSION = '00D5g00000ACME!AQkAQH0dMHZfz972Szmpkb'
const unsigned = { secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test', unsigned: 'accept' } as const
const deps = createDeps(
  Object.assign({}, env, { ZENDESK_WEBHOOK_SECRET: SECRET }),
  defineConfig({
    currency: 'usd',
    timeZone: 'UTC',
    endpoints: {
      zohocrm: zohocrm(unsigned),
      salesforce: salesforce({ ...unsigned, organizationId: '00D5g00000ACMEzEAO' }),
    },
    rules: [],
  }),
)

type Kept = { readonly reason: string; readonly body: string }

async function kept(endpoint: string, text: string): Promise<Kept[]> {
  const body = new TextEncoder().encode(text)
  expect(body.length).toBeLessThanOrEqual(BODY_BYTES_MAX)
  const url = `https://makegood.example/webhooks/${endpoint}`
  const sent = { endpoint, method: 'POST', url, headers: new Headers(), body, pathToken: SECRET }
  const received = await receiveDelivery(deps, sent)
  if (!received.ok) throw new Error(received.error.reason)
  const { results } = await env.DB.prepare(
    `SELECT e.reason, p.body FROM json_each(?) i
     JOIN events e ON e.id = i.value JOIN payloads p ON p.event_seq = e.seq`,
  )
    .bind(JSON.stringify(received.value.events))
    .all<Kept>()
  return results
}

async function measured(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex()
  return JSON.stringify({ bytes: bytes.length, sha256: hash })
}

describe('a body that can not be kept apart is kept as its length and hash', () => {
  it('zohocrm: too large once it is written again, without its token', async () => {
    const numbers = Array.from({ length: 150_000 }, () => '1e20').join()
    const text = `{"token":"${SECRET}","module":"Deals","operation":"update","all":[${numbers}]}`
    expect(await kept('zohocrm', text)).toEqual([
      { reason: 'too_large_to_keep_apart', body: await measured(text) },
    ])
  })

  it('salesforce: too large once it is written again, without its session', async () => {
    const subject = 'Outage &amp; double billing'
    const text = caseClosed
      .replace('<SessionId xsi:nil="true"/>', `<SessionId>${SESSION}</SessionId>`)
      .replace(subject, '"'.repeat(1_000_000))
    expect(text).toContain(SESSION)
    expect(text).not.toContain(subject)
    expect(await kept('salesforce', text)).toEqual([
      { reason: 'too_large_to_keep_apart', body: await measured(text) },
    ])
  })
})

it('a body that can be kept apart is kept with all but the secret', async () => {
  const deal = { module: 'Deals', operation: 'update', ids: ['1'] }
  const [event] = await kept('zohocrm', JSON.stringify({ token: SECRET, ...deal }))
  expect(JSON.parse(event?.body ?? '')).toEqual(deal)
  const message = caseClosed.replace(
    '<SessionId xsi:nil="true"/>',
    `<SessionId>${SESSION}</SessionId>`,
  )
  const [notification] = await kept('salesforce', message)
  expect(notification?.body).toContain('"Credit_Amount__c":"42.5"')
  expect(notification?.body).not.toContain(SESSION)
})
