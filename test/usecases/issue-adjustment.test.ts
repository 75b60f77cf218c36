// Issuing under every trouble that one adjustment can meet, with the clock in the test's hand.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { ATTEMPTS_MAX, HOLD_REMIND_SECONDS } from '../../src/domain/limits.ts'
import { commet, invoicesOf, refund, sandboxControl, ticket } from '../harness.ts'
import {
  actionsOf,
  callsOf,
  createWorld,
  dyingAfterPost,
  entriesOf,
  setFaults,
  withPost,
} from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>

beforeEach(async () => {
  await env.DB.exec(
    `UPDATE adjustments SET wake_at = 9e15, attempts = max(attempts, 1) WHERE wake_at IS NOT NULL`,
  )
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})
afterEach(() => setFaults())

const HOUR = 3_600

describe('once', () => {
  it('posts again with the same key after a 503 that hid a success, and there is one invoice', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'server_error', status: 503, applied: true, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    const adjustment = await world.adjustment(id!)
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    expect(adjustment).toMatchObject({ state: 'invoiced', attempts: 2 })
  })

  it('comes back after a crash between the post and the commit, with the invoice that is there', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    expect(await world.adjustment(id!)).toMatchObject({ state: 'issuing' })
    await world.advance(119)
    expect(await world.sweep()).toBe(0)
    await world.advance(2)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
    const adjustment = await world.adjustment(id!)
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    expect(await actionsOf(adjustment.id)).toEqual([
      'adjustment.created',
      'adjustment.claimed',
      'adjustment.lease_expired',
      'adjustment.claimed',
      'adjustment.invoiced',
    ])
  })

  it('posts once when two consumers get the same wake-up at once', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const [wakeUp] = world.queue
    world.queue.push(wakeUp!, wakeUp!)
    const { issueAdjustment } = await import('../../src/usecases/issue-adjustment.ts')
    const results = await Promise.all(
      world.queue.splice(0).map((each) => issueAdjustment(world.deps, each)),
    )
    expect(results.toSorted()).toEqual(['issued', 'stale', 'stale'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
    const adjustment = await world.adjustment(id!)
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
  })

  it('does nothing on a wake-up of an older version', async () => {
    await world.receive('zendesk', ticket())
    const [stale] = world.queue
    await setFaults({ kind: 'server_error', status: 500, method: 'POST', times: 1 })
    await world.work()
    world.queue.push(stale!)
    expect(await world.work()).toEqual(['stale'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
  })

  it('commits an invoice that comes after the lease, and the next attempt finds nothing to do', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const late = withPost(world.deps.billing, async (post) => {
      const answer = await post()
      await world.advance(121)
      await world.sweep()
      return answer
    })
    expect(await world.work(late)).toEqual(['issued_late'])
    const adjustment = await world.adjustment(id!)
    expect(adjustment.state).toBe('invoiced')
    expect(await world.work()).toEqual(['stale'])
    expect((await entriesOf(adjustment.id)).at(-1)).toMatchObject({
      action: 'adjustment.invoiced',
      data: { late: true, invoice: adjustment.invoiceId },
    })
  })

  it('writes nothing more when the late invoice is the one that is there', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const late = withPost(world.deps.billing, async (post) => {
      const answer = await post()
      await world.advance(121)
      await world.sweep()
      expect(await world.work()).toEqual(['issued'])
      return answer
    })
    expect(await world.work(late)).toEqual(['stale'])
    const adjustment = await world.adjustment(id!)
    expect(
      (await actionsOf(adjustment.id)).filter((each) => each.endsWith('.invoiced')),
    ).toHaveLength(1)
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
  })

  it('alarms when the late invoice is another one than the one that is there', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const late = withPost(world.deps.billing, async (post) => {
      await world.advance(121)
      await world.sweep()
      await world.work()
      // The billing API forgets the key, as it does after a day.
      await world.advance(25 * HOUR)
      return post()
    })
    expect(await world.work(late)).toEqual(['second_invoice'])
    const adjustment = await world.adjustment(id!)
    expect((await entriesOf(adjustment.id)).at(-1)).toMatchObject({
      action: 'adjustment.second_invoice_seen',
      data: { first: adjustment.invoiceId },
    })
    expect(world.lines).toContainEqual(expect.objectContaining({ event: 'alarm.second_invoice' }))
  })
})

describe('looking before posting', () => {
  it('adopts, a day later, the invoice that a crashed attempt left', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await world.advance(25 * HOUR)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    const adjustment = await world.adjustment(id!)
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
    expect((await entriesOf(adjustment.id)).at(-1)?.data).toMatchObject({ adopted: true })
  })

  it('posts at once after two days of sleep when no attempt was ever made', async () => {
    const [id] = await world.receive('zendesk', ticket())
    world.queue.length = 0
    await world.advance(48 * HOUR)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect((await world.adjustment(id!)).state).toBe('invoiced')
    expect(await callsOf('GET', /^\/invoices\b/)).toHaveLength(2)
  })

  it('waits until the listing has settled when the last attempt was a moment ago', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await world.advance(22 * HOUR + 3_590)
    await setFaults({ kind: 'server_error', status: 500, method: 'POST', times: 1 })
    await world.sweep()
    world.queue.splice(1)
    expect(await world.work()).toEqual(['postponed'])
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['postponed'])
    const waiting = await world.adjustment(id!)
    expect(waiting.wakeAt).toBe(waiting.attemptedAt! + (120 + 15 * 60) * 1_000)
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
    await world.advance(20 * 60)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(2)
  })

  it('holds for a person when two invoices carry its id', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const adjustment = await world.adjustment(id!)
    for (const amount of [-2500, -2500]) {
      const body = {
        customerId: 'cus_acme',
        amount,
        description: 'made by hand',
        metadata: { makegood_adjustment_id: adjustment.id },
      }
      await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
    }
    await world.advance(24 * HOUR)
    await world.sweep()
    world.queue.splice(1)
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({ holdReasons: ['outcome_unknown'] })
  })

  it('tries again later when the listing is in trouble, and posts nothing', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await world.advance(25 * HOUR)
    await world.sweep()
    await setFaults({ kind: 'server_error', status: 502, method: 'GET', path: '/invoices' })
    expect(await world.work()).toEqual(['postponed'])
    expect(await world.adjustment(id!)).toMatchObject({
      state: 'due',
      trouble: { step: 'look', status: 502 },
    })
    await setFaults()
    await world.advance(120)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
  })

  it('posts nothing when the look took nearly all of the lease', async () => {
    const [id] = await world.receive('zendesk', ticket())
    world.queue.length = 0
    await world.advance(24 * HOUR)
    await world.sweep()
    const { billing } = world.deps
    const slow = {
      ...billing!,
      invoices: {
        ...billing!.invoices,
        list: async (...query: Parameters<NonNullable<typeof billing>['invoices']['list']>) => {
          const answer = await billing!.invoices.list(...query)
          await world.advance(91)
          return answer
        },
      },
    }
    expect(await world.work({ billing: slow })).toEqual(['postponed'])
    expect(await world.adjustment(id!)).toMatchObject({
      trouble: { step: 'post', code: 'lease_short' },
      attempts: 1,
      attemptedAt: null,
    })
    expect(await callsOf('POST', /^\/invoices$/)).toEqual([])
  })
})

describe('a listing in any order', () => {
  const reversed = () => {
    const billing = world.deps.billing!
    const list: typeof billing.invoices.list = async (query) => {
      const answer = await billing.invoices.list(query)
      if (!answer.ok) return answer
      const { value } = answer
      return { ok: true, value: { ...value, data: value.data.toReversed() } }
    }
    return { billing: { ...billing, invoices: { ...billing.invoices, list } } }
  }

  it('is read to its end, however old its first rows are', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await world.advance(40 * 24 * HOUR)
    await world.sweep()
    expect(await world.work(reversed())).toEqual(['issued'])
    const adjustment = await world.adjustment(id!)
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
  })

  it('tells the currency by the invoice that was made last', async () => {
    await world.receive('zendesk', ticket())
    expect(await world.work(reversed())).toEqual(['issued'])
  })
})

describe('trouble', () => {
  it('waits as long as Retry-After says', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 1800, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    const adjustment = await world.adjustment(id!)
    expect(adjustment.wakeAt).toBe(world.now() + 1_800_000)
    // Nothing arrived for certain, so a later definite refusal may fail it.
    expect(adjustment.attemptedAt).toBeNull()
  })

  it('fails on a 429 without Retry-After, which is not the limiter speaking', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['failed'])
    expect(await world.adjustment(id!)).toMatchObject({
      state: 'failed',
      trouble: { step: 'post', status: 429, code: 'rate_limited' },
    })
  })

  it('holds on a definite refusal when an earlier attempt may have arrived', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults(
      { kind: 'server_error', status: 500, method: 'POST', times: 1 },
      { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 },
    )
    expect(await world.work()).toEqual(['postponed'])
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({ holdReasons: ['outcome_unknown'] })
  })

  it('uses up no attempt while the billing key is refused', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const refused = { baseUrl: 'http://sandbox.localhost', apiKey: 'ck_no' }
    const billing = { ...world.deps.billing!, ...createBillingClient(refused) }
    for (let round = 0; round < 3; round++) {
      expect(await world.work({ billing })).toEqual(['postponed'])
      await world.advance(301)
      await world.sweep()
    }
    expect(await world.adjustment(id!)).toMatchObject({ state: 'due', attempts: 0 })
    expect(await world.work()).toEqual(['issued'])
  })

  it('fails when the attempts are used up, after more than a day', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const start = world.now()
    await setFaults({ kind: 'server_error', status: 503, method: 'GET', path: '/customers' })
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      expect(await world.work()).toEqual(['postponed'])
      await world.advance(3_601)
      await world.sweep()
    }
    expect(await world.work()).toEqual(['failed'])
    expect(world.now() - start).toBeGreaterThan(24 * HOUR * 1_000)
    expect(await world.adjustment(id!)).toMatchObject({ state: 'failed', attempts: ATTEMPTS_MAX })
  })

  it('keeps what the billing API answered where it differs from what was asked', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({
      kind: 'other_answer',
      method: 'POST',
      data: { total: -2975, taxAmount: -475 },
    })
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({
      invoiceTotal: -2975,
      invoiceTax: -475,
      answerDifferences: [
        { field: 'taxAmount', asked: '0', answered: '-475' },
        { field: 'total', asked: '-2500', answered: '-2975' },
      ],
    })
  })
})

describe('a billing key that becomes another one', () => {
  const live = () => ({ billing: { ...world.deps.billing!, mode: 'live' as const } })

  it('posts no test adjustment with a live key, also when its request is frozen already', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 60, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    await world.advance(120)
    await world.sweep()
    expect(await world.work(live())).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({ holdReasons: ['mode_mismatch'] })
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
  })

  it('says that the outcome is unknown too, where an attempt may have arrived', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'server_error', status: 503, applied: true, method: 'POST', times: 1 })
    await world.work()
    await world.advance(120)
    await world.sweep()
    expect(await world.work(live())).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({
      holdReasons: ['mode_mismatch', 'outcome_unknown'],
    })
  })

  it('keeps that the billing API answered in the other mode', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'other_answer', method: 'POST', data: { livemode: true } })
    await world.work()
    expect((await world.adjustment(id!)).answerDifferences).toEqual([
      { field: 'livemode', asked: 'test', answered: 'live' },
    ])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.answer_differs', fields: ['livemode'] }),
    )
  })
})

describe('outcomes that only a person can tell', () => {
  it('an attempt that a proxy refused after it arrived is not a failure', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults(
      { kind: 'html', status: 403, applied: true, method: 'POST', times: 1 },
      { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 },
    )
    expect(await world.work()).toEqual(['postponed'])
    await world.advance(301)
    await world.sweep()
    expect(await world.work()).toEqual(['held'])
    const adjustment = await world.adjustment(id!)
    expect(adjustment.holdReasons).toEqual(['outcome_unknown'])
    expect((await entriesOf(adjustment.id)).at(-1)?.data).toMatchObject({
      trouble: { status: 429, code: 'rate_limited', requestId: expect.any(String) },
    })
  })

  it('is held, not failed, when the attempts are used up and one may have arrived', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'server_error', status: 503, applied: true, method: 'POST', times: 1 })
    await world.work()
    await env.DB.exec(`UPDATE adjustments SET attempts = ${ATTEMPTS_MAX - 1} WHERE state = 'due'`)
    await setFaults({ kind: 'server_error', status: 503, method: 'POST' })
    await world.advance(120)
    await world.sweep()
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({ holdReasons: ['outcome_unknown'] })
  })

  it('is held when every attempt crashes, and is not tried for ever', async () => {
    const [id] = await world.receive('zendesk', ticket())
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
      await world.advance(121)
      expect(await world.sweep()).toBe(attempt < ATTEMPTS_MAX ? 1 : 0)
    }
    const adjustment = await world.adjustment(id!)
    expect(adjustment).toMatchObject({ state: 'held', holdReasons: ['outcome_unknown'] })
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    expect((await entriesOf(adjustment.id)).at(-1)).toEqual({
      action: 'adjustment.held',
      data: { attempts: ATTEMPTS_MAX, reasons: ['outcome_unknown'] },
    })
    expect(world.lines).toContainEqual({
      event: 'alarm.outcome_unknown',
      adjustment: adjustment.id,
    })
  })

  it('names the invoices that carry its id, and alarms', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const adjustment = await world.adjustment(id!)
    const metadata = { makegood_adjustment_id: adjustment.id }
    const made: string[] = []
    for (const description of ['one', 'two']) {
      const body = { customerId: 'cus_acme', amount: -2500, description, metadata }
      const request = { method: 'POST', body: JSON.stringify(body) }
      made.push((await commet('/api/v1/invoices', request)).data.id)
    }
    await world.advance(24 * HOUR)
    await world.work()
    const entry = (await entriesOf(adjustment.id)).at(-1)
    expect(new Set(entry?.data.invoiceIds)).toEqual(new Set(made))
    expect(world.lines).toContainEqual(expect.objectContaining({ event: 'alarm.several_invoices' }))
  })

  it('adopts no invoice that only carries its id: somebody may have copied one', async () => {
    const [id] = await world.receive('stripe', refund())
    const adjustment = await world.adjustment(id!)
    const metadata = { makegood_adjustment_id: adjustment.id }
    const body = { customerId: 'cus_sample', amount: 50_000, description: 'a claim', metadata }
    const made = await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
    await world.advance(24 * HOUR)
    expect(await world.work()).toEqual(['held'])
    expect((await entriesOf(adjustment.id)).at(-1)?.data).toMatchObject({
      invoiceIds: [made.data.id],
    })
    expect(await callsOf('PUT', /status$/)).toEqual([])
  })

  it('adopts no invoice that somebody has voided', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    const { id: adjustmentId } = await world.adjustment(id!)
    const [invoice] = await invoicesOf(adjustmentId, 'cus_acme')
    const body = JSON.stringify({ status: 'void' })
    await commet(`/api/v1/invoices/${invoice.id}/status`, { method: 'PUT', body })
    await world.advance(25 * HOUR)
    await world.sweep()
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(id!)).invoiceId).toBeNull()
  })

  it('looks first when the clock at the door ran ahead', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await env.DB.exec('DROP TRIGGER adjustments_refuse_change')
    const ahead = world.now() + 48 * HOUR * 1_000
    await env.DB.prepare('UPDATE adjustments SET created_at = ? WHERE event_id = ?')
      .bind(ahead, id)
      .run()
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await world.advance(25 * HOUR)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
  })
})

describe('holds', () => {
  it.each([
    ['an unknown customer', 'zendesk', { customer_external_id: 'nobody' }, ['customer_unresolved']],
    ['no customer', 'zendesk', { customer_external_id: '' }, ['customer_unresolved']],
    [
      'a customer billed in euros',
      'zendesk',
      { customer_external_id: 'dupont-3' },
      ['currency_mismatch'],
    ],
    [
      'a customer without any invoice',
      'zendesk',
      { customer_external_id: 'echo-new' },
      ['currency_mismatch'],
    ],
    [
      'an event in another currency',
      'zendesk',
      { tags: 'credit_requested', amount: '5', currency: 'EUR' },
      ['currency_mismatch'],
    ],
    ['a live event under a sandbox key', 'zendesk-live', {}, ['mode_mismatch']],
  ])('%s is held and nothing is posted', async (_, endpoint, fields, reasons) => {
    const [id] = await world.receive(endpoint, ticket(fields))
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({
      state: 'held',
      holdReasons: reasons,
      holds: 1,
      countedAt: null,
      // Its reminder.
      wakeAt: world.now() + HOLD_REMIND_SECONDS * 1_000,
    })
    expect(await callsOf('POST', /^\/invoices$/)).toEqual([])
  })

  it('a live Stripe event under a sandbox key is held', async () => {
    const [id] = await world.receive('stripe', { ...refund(), livemode: true })
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(id!)).toMatchObject({ holdReasons: ['mode_mismatch'] })
  })

  it('names every reason that applies', async () => {
    const [id] = await world.receive('zendesk-live', ticket({ customer_external_id: 'dupont-3' }))
    await world.work()
    const { holdReasons } = await world.adjustment(id!)
    expect(holdReasons).toEqual(['currency_mismatch', 'mode_mismatch'])
  })
})

describe('records of money that moved elsewhere', () => {
  it('marks the invoice paid later when the first try of that step fails', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    expect(await world.adjustment(id!)).toMatchObject({
      state: 'invoiced',
      invoiceStatus: 'outstanding',
    })
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid', wakeAt: null })
  })

  it('has attempts of its own for marking it paid', async () => {
    const [id] = await world.receive('stripe', refund())
    await env.DB.exec(
      `UPDATE adjustments SET attempts = ${ATTEMPTS_MAX - 2} WHERE attempts = 0 AND state = 'due'`,
    )
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 3 })
    await world.work()
    for (let round = 0; round < 3; round++) {
      expect(await world.adjustment(id!)).toMatchObject({ state: 'invoiced', attempts: round + 1 })
      await world.advance(HOUR)
      await world.sweep()
      await world.work()
    }
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid', wakeAt: null })
  })

  it('goes on after a 429 that is not the limiter’s, since the invoice is there', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'PUT', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid' })
  })

  it('asks with a key of its own each time, since a refusal would be replayed for a day', async () => {
    await world.receive('stripe', refund())
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 2 })
    for (let round = 0; round < 3; round++) {
      await world.work()
      await world.advance(HOUR)
      await world.sweep()
    }
    const keys = (await callsOf('PUT', /status$/)).map((call) => call.idempotencyKey)
    expect(new Set(keys).size).toBe(3)
  })

  it('alarms while the key may not mark it paid, and doesn’t wait without end', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'html', status: 403, method: 'PUT' })
    expect(await world.work()).toEqual(['postponed'])
    expect(await world.adjustment(id!)).toMatchObject({ attempts: 1, invoiceStatus: 'outstanding' })
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.billing_key_refused', status: 403 }),
    )
  })

  it('is not touched with a key of the other mode, and waits for its own', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    await world.work()
    await world.advance(60)
    await world.sweep()
    const live = { billing: { ...world.deps.billing!, mode: 'live' as const } }
    expect(await world.work(live)).toEqual(['postponed'])
    expect(await callsOf('PUT', /status$/)).toHaveLength(1)
    await world.advance(301)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid' })
  })

  it('believes "paid" only when the answer says paid', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({
      kind: 'other_answer',
      method: 'PUT',
      data: { status: 'outstanding' },
      times: 1,
    })
    await world.work()
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid', wakeAt: null })
  })

  it('waits while the invoice is a draft, and says that it is not marked paid yet', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'other_answer', data: { status: 'draft' } })
    expect(await world.work()).toEqual(['postponed'])
    expect(await world.adjustment(id!)).toMatchObject({
      invoiceStatus: 'draft',
      trouble: { code: 'not_paid' },
    })
    await setFaults()
    await world.advance(HOUR)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid' })
  })

  it('asks nothing more of an invoice that starts paid', async () => {
    await sandboxControl('PUT', '/switches', { creditStartsAs: 'paid' })
    const [id] = await world.receive('stripe', refund())
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid', wakeAt: null })
    expect(await callsOf('PUT', /status$/)).toEqual([])
  })

  it('is content when somebody else has marked the invoice paid', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    await world.work()
    const { invoiceId } = await world.adjustment(id!)
    const body = JSON.stringify({ status: 'paid' })
    await commet(`/api/v1/invoices/${invoiceId}/status`, { method: 'PUT', body })
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid', wakeAt: null })
  })

  it('alarms when the invoice was voided instead', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    await world.work()
    const { invoiceId, id: adjustmentId } = await world.adjustment(id!)
    const body = JSON.stringify({ status: 'void' })
    await commet(`/api/v1/invoices/${invoiceId}/status`, { method: 'PUT', body })
    await world.advance(60)
    await world.sweep()
    expect(await world.work()).toEqual(['unsettled'])
    expect((await actionsOf(adjustmentId)).at(-1)).toBe('adjustment.settlement_failed')
  })
})

describe('the sweep', () => {
  it('finishes from D1 alone what every queue has forgotten', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => world.receive('zendesk', ticket())))
    world.queue.length = 0
    expect(await world.sweep()).toBe(0)
    await world.advance(61)
    expect(await world.sweep()).toBe(3)
    expect(await world.work()).toEqual(['issued', 'issued', 'issued'])
    for (const [id] of ids) expect((await world.adjustment(id!)).state).toBe('invoiced')
    await world.advance(HOUR)
    expect(await world.sweep()).toBe(0)
  })

  it('ends every lease at once after a restart of the only process', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    expect(await world.restart()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
    const adjustment = await world.adjustment(id!)
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
  })
})
