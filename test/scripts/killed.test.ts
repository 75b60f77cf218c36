// SIGKILL of everything a moment after a 202, then `npm start` on the same state: the invoice is
// there, once. Local queues forget all their messages then, so this is D1 alone.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { signDelivery } from '../../scripts/sign-delivery.ts'
import { zendesk } from '../../src/sources/zendesk.ts'
import { copyCheckout, type Running } from './checkout.ts'
import { leftOf } from './processes.ts'

const WITHIN_MS = 90_000
const ZENDESK_SECRET = 'bG9jYWwtZGV2ZWxvcG1lbnQtemVuZGVzaw=='
const OPERATOR = { 'x-api-key': 'ck_mg_local_development_only' }
const BILLING = { 'x-api-key': 'ck_sandbox_local_development_only' }

const CONFIG = `
import { defineConfig } from './src/config.ts'
import { usd } from './src/domain/money.ts'
import { zendeskTicketCredit } from './src/rules/zendesk-ticket-credit.ts'
import { zendesk } from './src/sources/index.ts'
export default defineConfig({
  currency: 'usd',
  timeZone: 'UTC',
  endpoints: { zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }) },
  rules: [zendeskTicketCredit({ requestTag: 'credit_requested', amounts: { credit_25: usd(25) } })],
  limits: { duplicateHours: 0, olderThanEndpoint: 'allow' },
})
`

async function deliver(app: string, ticketId: number): Promise<string> {
  const body = JSON.stringify({
    kind: 'makegood.ticket',
    ticket_id: String(ticketId),
    tags: 'credit_requested credit_25',
    customer_external_id: 'acme-42',
    asker: 'agent@saas.example',
    updated_at: '2026-10-26T07:33:12Z',
  })
  const endpoint = zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' })
  const { headers } = await signDelivery(endpoint, ZENDESK_SECRET, body, { nowMs: Date.now() })
  const response = await fetch(`${app}/webhooks/zendesk`, { method: 'POST', headers, body })
  const { events } = JSON.parse(await response.text())
  expect(response.status).toBe(202)
  return events[0]
}

async function invoiced(app: string, eventId: string): Promise<{ id: string; state: string }> {
  const deadline = Date.now() + WITHIN_MS
  for (;;) {
    const response = await fetch(`${app}/api/v1/events/${eventId}`, { headers: OPERATOR })
    const [adjustment] = JSON.parse(await response.text()).data.adjustments
    if (adjustment.state === 'invoiced' || Date.now() > deadline) return adjustment
    await sleep(200)
  }
}

async function invoicesOf(sandbox: string, adjustmentId: string): Promise<number> {
  const address = `${sandbox}/api/v1/invoices?customerId=cus_acme&limit=100`
  const { data } = JSON.parse(await (await fetch(address, { headers: BILLING })).text())
  return data.filter((each: any) => each.metadata.makegood_adjustment_id === adjustmentId).length
}

async function killEverything({ ids }: Running): Promise<void> {
  for (const id of ids) process.kill(id, 'SIGKILL')
  expect(await leftOf(ids, 3_000)).toEqual([])
}

it('is there, once, within 90 s, whenever after the 202 the kill came', async () => {
  const checkout = copyCheckout({ 'makegood.config.ts': CONFIG })
  try {
    const events: string[] = []
    for (const [round, delayMs] of [0, 10, 25, 50].entries()) {
      const running = await checkout.start('state')
      events.push(
        ...(await Promise.all([1, 2, 3].map((each) => deliver(running.app, round * 10 + each)))),
      )
      await sleep(delayMs)
      await killEverything(running)
    }
    const running = await checkout.start('state')
    const adjustments = await Promise.all(events.map((id) => invoiced(running.app, id)))
    expect(adjustments.map(({ state }) => state)).toEqual(events.map(() => 'invoiced'))
    for (const { id } of adjustments) expect(await invoicesOf(running.sandbox, id)).toBe(1)
  } finally {
    await checkout.remove()
  }
}, 240_000)
