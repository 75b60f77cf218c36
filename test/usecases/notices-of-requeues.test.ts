// What was sent through again, or given its invoice, is told at once: no sweep comes in between here.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EventId } from '../../src/domain/ids.ts'
import { customerMail } from '../../src/notices/customer-mail.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { consume } from '../../src/queue.ts'
import { adoptInvoice } from '../../src/usecases/adopt-invoice.ts'
import { requeueAdjustment, requeueMany } from '../../src/usecases/requeue-adjustment.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { sendNotices } from '../../src/usecases/send-notices.ts'
import { invoicesOf, sandboxControl, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import { internal, newTicket, noticeWorld } from '../notice-world.ts'
import { createWorld, dyingAfterPost, setFaults } from '../world.ts'

const LENA = { name: 'lena', identity: 'lead@saas.example', scopes: ['approve', 'write'] } as const
const REFUSED = { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 }

const firstLines = async (id: string) => (await internal(id)).map((text) => text.split('\n')[0])

async function world() {
  const its = await noticeWorld([zendeskComment(), customerMail()])
  /** What the queues have heard, and nothing else. */
  async function atOnce(): Promise<void> {
    const messages = its.queue.splice(0).map((body, at) => ({
      id: String(at),
      timestamp: new Date(its.now()),
      body,
      attempts: 1,
      ack: () => undefined,
      retry: () => undefined,
    }))
    const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } }
    const batch = { queue: 'makegood-adjustments', messages, metadata }
    await consume(its.deps, { ...batch, ackAll: () => undefined, retryAll: () => undefined })
    for (const { about } of its.wakeUps.splice(0)) await sendNotices(its.deps, about)
  }
  return { ...its, atOnce }
}

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
})
beforeEach(async () => {
  await setFaults()
  await env.DB.prepare('DELETE FROM notices').run()
  await env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL').run()
})

describe('what has failed', () => {
  async function failed() {
    const its = await world()
    const id = await newTicket()
    await setFaults(REFUSED)
    const event = await its.request({ ticket_id: id })
    await its.tell()
    expect(await firstLines(id)).toEqual([expect.stringMatching(/could not be issued/)])
    return { its, id, adjustment: await its.adjustment(event) }
  }

  it('and was sent through again is told in its ticket with what has come of it', async () => {
    const { its, id, adjustment } = await failed()
    const seen = { version: adjustment.version, looked: false }
    expect(await requeueAdjustment(its.deps, LENA, adjustment.id, seen)).toMatchObject({ ok: true })
    await its.atOnce()
    expect((await firstLines(id)).slice(1)).toEqual([expect.stringMatching(/is issued as invoice/)])
  })

  it('and was sent through again among many is told likewise', async () => {
    const { its, id, adjustment } = await failed()
    await requeueMany(its.deps, LENA, { ids: [adjustment.id] })
    await its.atOnce()
    expect((await firstLines(id)).slice(1)).toEqual([expect.stringMatching(/is issued as invoice/)])
  })

  it('waits for the billing system, and says so, where nobody is called now', async () => {
    const { its, id, adjustment } = await failed()
    await setFaults({ kind: 'server_error', status: 503 })
    for (let count = 0; count < 5; count += 1) await its.request({ ticket_id: await newTicket() })
    await requeueMany(its.deps, LENA, { ids: [adjustment.id] })
    await its.atOnce()
    expect((await firstLines(id)).slice(1)).toEqual([
      'Credit of 25.00 USD for acme-42 is asked for, and waits for the billing system.',
    ])
  })
})

describe('an invoice that a person has found', () => {
  it('is told in its ticket and mailed to its customer, each once', async () => {
    const its = await world()
    const id = await newTicket()
    const [event] = await its.receive(
      'zendesk',
      ticket({ customer_external_id: 'acme-42', ticket_id: id }),
    )
    await its.work(dyingAfterPost(its.deps.billing)).catch(() => null)
    const claimed = await its.adjustment(event!)
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'held', hold_reasons = '["outcome_unknown"]', hold_details = '[]',
        held_at = ?, holds = 1, version = version + 1, lease_until = NULL WHERE id = ?`,
    )
      .bind(its.now(), claimed.id)
      .run()
    const [invoice] = await invoicesOf(claimed.id, 'cus_acme')
    const adoption = { version: claimed.version + 1, invoiceId: invoice.id }
    expect(await adoptInvoice(its.deps, LENA, claimed.id, adoption)).toMatchObject({ ok: true })
    await its.atOnce()
    expect(await firstLines(id)).toEqual([expect.stringMatching(/is issued as invoice/)])
    const { mails } = await (await sandboxControl('GET', '/outbox')).json<any>()
    const numbers = mails.map(({ invoiceNumber }: any) => invoiceNumber)
    expect(numbers.filter((each: string) => each === invoice.invoiceNumber)).toHaveLength(1)
    await its.tell()
    expect(await firstLines(id)).toHaveLength(1)
  })
})

describe('an event that is decided again', () => {
  /** It came before there was a rule. */
  async function ignored(fields: Record<string, unknown>): Promise<EventId> {
    const earlier = await createWorld({ config: { ...config, rules: [] } })
    const [event] = await earlier.receive('zendesk', ticket(fields))
    return event!
  }

  it('and asks for what is there is told in its ticket, once by two at once', async () => {
    const its = await world()
    const id = await newTicket()
    const request = { customer_external_id: 'acme-42', ticket_id: id }
    await its.request(request)
    await its.atOnce()
    await its.tell()
    const event = await ignored({ ...request, updated_at: '2026-10-26T09:00:00Z' })
    const both = await Promise.all([1, 2].map(() => requeueEvent(its.deps, LENA, event)))
    expect(both.filter(({ ok }) => ok)).toMatchObject([{ value: { event: { fate: 'duplicate' } } }])
    expect(its.wakeUps).toEqual([{ about: event }])
    await its.atOnce()
    await its.tell()
    expect((await firstLines(id)).slice(1)).toEqual([
      expect.stringMatching(/^Nothing was added, this was asked for before\./),
    ])
    const { results } = await env.DB.prepare('SELECT action FROM notices WHERE about = ?')
      .bind(event)
      .all()
    expect(results).toEqual([{ action: 'event.requeued' }])
  })
})
