// What a caller with the official SDK meets on Makegood and never on the billing API: a hold, a rejection, an
// outcome that nobody knows. Whatever happens on the way, one key has one invoice.

import { env } from 'cloudflare:workers'
import { CommetAPIError } from '@commet/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import { isAdjustmentId, type AdjustmentId } from '../../src/domain/ids.ts'
import { usd } from '../../src/domain/money.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requeueAdjustment, requeueMany } from '../../src/usecases/requeue-adjustment.ts'
import { dataOf, errorOf, expectApiError } from '../sdk/answers.ts'
import { setFaults, dyingAfterPost } from '../world.ts'
import { freely, startSdkOnMakegood, type SdkOnMakegood } from './sdk-on-makegood.ts'

// The SDK waits a second before it asks again.
vi.setConfig({ testTimeout: 20_000 })

let place: SdkOnMakegood
let count = 0

beforeEach(async () => {
  await setFaults()
  place = await startSdkOnMakegood()
})

afterEach(async () => {
  await setFaults()
  await place.stop()
})

const other = { name: 'vera', identity: 'vera@saas.example', scopes: ['approve'] } as const

type Asked = { amount?: number; key?: string; retries?: number; description?: string }

const post = ({ amount = -100, key, retries = 0, description = 'A credit' }: Asked = {}) =>
  place
    .commet({ retries })
    .invoices.createAdjustment(
      { customerId: 'cus_acme', amount, description },
      key === undefined ? {} : { idempotencyKey: key },
    )

const newKey = () => `order:${(count += 1)}`

/** How many invoices there are with this memo. */
async function invoices(description: string): Promise<number> {
  const rows = await dataOf(place.commet().invoices.list({ customerId: 'cus_acme', limit: 100 }))
  return rows.filter((row) => row.memo === description).length
}

async function refusal(asked: Asked): Promise<{ error: CommetAPIError; id: AdjustmentId }> {
  const error = await errorOf(post(asked))
  if (!(error instanceof CommetAPIError)) throw error
  const { adjustmentId: id } = Object(error.details)
  if (!isAdjustmentId(String(id))) throw new Error(`no adjustment: ${JSON.stringify(error)}`)
  return { error, id }
}

/** The newest event's payload. */
const forget = () =>
  env.DB.prepare('DELETE FROM payloads WHERE event_seq = (SELECT max(seq) FROM events)').run()

async function row(id: AdjustmentId) {
  const found = await findAdjustment(place.world.deps.db, id)
  if (found === null) throw new Error('gone')
  return found
}

describe('what is held', () => {
  const limits = { holdAbove: usd(5) }
  const asked = { amount: -501, description: 'Above the limit' }

  it('is 409 adjustment_held with its reasons; let through, the same key answers the invoice', async () => {
    place.become({ config: freely(limits) })
    const key = newKey()
    const { error, id } = await refusal({ ...asked, key })
    expect(error).toMatchObject({
      statusCode: 409,
      type: 'conflict_error',
      code: 'adjustment_held',
      details: { adjustmentId: id, reasons: ['over_limit:holdAbove'] },
    })
    expect((await refusal({ ...asked, key })).id).toBe(id)
    expect(await invoices(asked.description)).toBe(0)
    const deps = { ...place.world.deps, config: freely(limits) }
    expect(await approveAdjustment(deps, other, id, await row(id))).toMatchObject({ ok: true })
    expect(await place.world.work(deps)).toEqual(['issued'])
    const invoice = await dataOf(post({ ...asked, key }))
    expect(invoice).toMatchObject({ object: 'invoice', total: -501, memo: asked.description })
    expect(await dataOf(post({ ...asked, key }))).toEqual(invoice)
    expect(await invoices(asked.description)).toBe(1)
  })

  it('is 409 adjustment_rejected once a person has rejected it', async () => {
    place.become({ config: freely(limits) })
    const key = newKey()
    const { id } = await refusal({ ...asked, key })
    const { version } = await row(id)
    const answer = { version, note: 'no' }
    const rejected = await rejectAdjustment(place.world.deps, other, id, answer)
    expect(rejected).toMatchObject({ ok: true })
    await expectApiError(post({ ...asked, key }), {
      statusCode: 409,
      type: 'conflict_error',
      code: 'adjustment_rejected',
      details: { adjustmentId: id },
    })
  })
})

describe('what nobody knows', () => {
  it('is 500 idempotency_unavailable where the billing API answers too late, and one invoice later', async () => {
    await setFaults({ kind: 'server_error', status: 504, applied: true, times: 1, method: 'POST' })
    const asked = { key: newKey(), description: 'Too late' }
    const { error, id } = await refusal(asked)
    expect(error).toMatchObject({
      statusCode: 500,
      type: 'internal_error',
      code: 'idempotency_unavailable',
      details: { adjustmentId: id, state: 'due' },
    })
    await place.world.advance(60)
    await place.world.sweep()
    expect(await place.world.work()).toEqual(['issued'])
    expect(await dataOf(post(asked))).toMatchObject({ memo: 'Too late', total: -100 })
    expect(await invoices('Too late')).toBe(1)
  })

  it.each([
    ['500 before the write', { kind: 'server_error', status: 500 }],
    ['503 before the write', { kind: 'server_error', status: 503 }],
    ['504 after the write', { kind: 'server_error', status: 504, applied: true }],
    ['idempotency_unavailable after it', { kind: 'idempotency_unavailable', applied: true }],
    ['HTML of a gateway', { kind: 'html', status: 502 }],
    ['truncated JSON', { kind: 'truncated_json' }],
    ['a body cut off on its way', { kind: 'reset_body' }],
    ['a wrong shape', { kind: 'wrong_shape' }],
  ])('is asked again by the SDK after %s: one invoice', async (what, fault) => {
    await setFaults({ ...fault, times: 1, method: 'POST' })
    expect(await dataOf(post({ retries: 1, description: what }))).toMatchObject({ memo: what })
    const posts = place.sent.filter(({ line }) => line.startsWith('POST'))
    expect(posts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      posts[0]?.idempotencyKey,
      posts[0]?.idempotencyKey,
    ])
    expect(await invoices(what)).toBe(1)
  })

  it('is finished by the sweep where the process dies behind the post', async () => {
    const asked = { key: newKey(), description: 'Died behind it' }
    place.become(dyingAfterPost(place.world.deps.billing))
    const { error, id } = await refusal(asked)
    expect(error).toMatchObject({ statusCode: 500, code: 'idempotency_unavailable' })
    expect(await row(id)).toMatchObject({ state: 'issuing' })
    place.become({})
    await place.world.advance(180)
    await place.world.sweep()
    await place.world.work()
    expect(await dataOf(post(asked))).toMatchObject({ memo: asked.description })
    expect(await invoices(asked.description)).toBe(1)
  })

  it('is finished by the sweep where the process dies behind the intent', async () => {
    const asked = { key: newKey(), description: 'Died before it' }
    const { db } = place.world.deps
    // The first read of what was just written down is the first thing behind it.
    const dying = new Proxy(db, {
      get: (target, name) => {
        if (name === 'batch') {
          return async (...all: Parameters<typeof db.batch>) => {
            await target.batch(...all)
            throw new Error('the process died here')
          }
        }
        return Reflect.get(target, name) as unknown
      },
    })
    place.become({ db: dying })
    expect(await errorOf(post(asked))).toMatchObject({ statusCode: 503 })
    place.become({})
    expect(await invoices(asked.description)).toBe(0)
    await place.world.advance(61)
    await place.world.sweep()
    expect(await place.world.work()).toEqual(['issued'])
    const answer = await dataOf(post(asked))
    expect(answer).toMatchObject({ memo: asked.description, total: -100 })
    expect(await invoices(asked.description)).toBe(1)
  })
})

describe('a key', () => {
  it('at once in ten calls makes one invoice, and all answer it', async () => {
    await setFaults({ kind: 'latency', ms: 300, method: 'POST' })
    const asked = { key: newKey(), description: 'At once' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => dataOf(post(asked))))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await invoices('At once')).toBe(1)
  })

  it('is good for ever: after two days it answers the same invoice', async () => {
    const asked = { key: newKey(), description: 'For ever' }
    const first = await dataOf(post(asked))
    await place.world.advance(48 * 3_600)
    expect(await dataOf(post(asked))).toEqual(first)
    expect(await invoices('For ever')).toBe(1)
  })

  it.each([
    ['amount', { amount: -101 }],
    ['description', { description: 'Another' }],
  ])('of another %s is refused as the billing API refuses it', async (_, changed) => {
    const key = newKey()
    await post({ key })
    const mismatch = { statusCode: 409, type: 'conflict_error', code: 'idempotency_key_mismatch' }
    await expectApiError(post({ key, ...changed }), mismatch)
  })

  it('still stands for its words once what was asked for is forgotten', async () => {
    const asked = { key: newKey(), description: 'Forgotten' }
    const first = await dataOf(post(asked))
    await forget()
    expect(await dataOf(post(asked))).toEqual(first)
    const mismatch = { statusCode: 409, code: 'idempotency_key_mismatch' }
    await expectApiError(post({ ...asked, description: 'Remembered' }), mismatch)
  })

  it.each([
    [
      'by itself',
      (id: AdjustmentId, version: number) =>
        requeueAdjustment(place.world.deps, other, id, { version, looked: false }),
    ],
    ['among others', (id: AdjustmentId) => requeueMany(place.world.deps, other, { ids: [id] })],
  ])(
    'bills its own words where it is tried again %s once what was asked for is forgotten',
    async (how, again) => {
      await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, times: 1, method: 'POST' })
      const asked = { key: newKey(), description: `My own words ${how}`, amount: -107 }
      await expectApiError(post(asked), { statusCode: 429, code: 'rate_limited' })
      const { id } = await refusal(asked)
      await forget()
      const { version, request } = await row(id)
      await again(id, version)
      const mismatch = { statusCode: 409, code: 'idempotency_key_mismatch' }
      await expectApiError(post({ ...asked, description: 'Other words' }), mismatch)
      expect(await row(id)).toMatchObject({ state: 'due', generation: 1, firstAttemptedAt: null })
      expect(await place.world.work()).toEqual(['issued'])
      expect(await row(id)).toMatchObject({ state: 'invoiced', request })
      expect(await invoices(asked.description)).toBe(1)
      expect(await dataOf(post(asked))).toMatchObject({ memo: asked.description, subtotal: -107 })
    },
  )

  it('is held again by every limit where it is tried again, and keeps its words', async () => {
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, times: 1, method: 'POST' })
    const asked = { key: newKey(), description: 'Held the second time', amount: -108 }
    await expectApiError(post(asked), { statusCode: 429, code: 'rate_limited' })
    const { id } = await refusal(asked)
    await forget()
    const deps = { ...place.world.deps, config: freely({ holdAbove: usd(1) }) }
    await requeueMany(deps, other, { ids: [id] })
    expect(await place.world.work(deps)).toEqual(['held'])
    expect(await row(id)).toMatchObject({ holdReasons: ['over_limit:holdAbove'] })
    expect(await approveAdjustment(deps, other, id, await row(id))).toMatchObject({ ok: true })
    expect(await place.world.work(deps)).toEqual(['issued'])
    expect(await invoices(asked.description)).toBe(1)
  })

  it('whose words are forgotten before it was billed bills nothing in their place', async () => {
    const deps = { ...place.world.deps, config: freely({ holdAbove: usd(1) }) }
    place.become({ config: deps.config })
    const asked = { key: newKey(), description: 'Gone words', amount: -109 }
    const { id } = await refusal(asked)
    await forget()
    expect(await approveAdjustment(deps, other, id, await row(id))).toMatchObject({ ok: true })
    expect(await place.world.work(deps)).toEqual(['failed'])
    expect(await row(id)).toMatchObject({
      state: 'failed',
      trouble: { step: 'resolve', code: 'words_forgotten' },
    })
    const rows = await dataOf(place.commet().invoices.list({ customerId: 'cus_acme', limit: 100 }))
    expect(rows.filter(({ subtotal }) => subtotal === -109)).toEqual([])
    await expectApiError(post(asked), {
      statusCode: 409,
      code: 'adjustment_failed',
      message: expect.stringContaining('forgotten'),
      details: expect.objectContaining({ adjustmentId: id, code: 'words_forgotten' }),
    })
  })

  it('of an invoice is no key of another call', async () => {
    const key = newKey()
    const { id } = await dataOf(post({ key }))
    const sent = place.commet({ retries: 0 }).invoices.send({ id }, { idempotencyKey: key })
    await expectApiError(sent, { statusCode: 409, code: 'idempotency_key_mismatch' })
  })

  it('is handed on with what is handed on: a customer is made once', async () => {
    const { customers } = place.commet({ retries: 0 })
    const params = { email: 'once@example.com' }
    const made = await dataOf(customers.create(params, { idempotencyKey: newKey() }))
    const again = customers.create(params, { idempotencyKey: `order:${count}` })
    expect(await dataOf(again)).toEqual(made)
    const mismatch = { statusCode: 409, code: 'idempotency_key_mismatch' }
    const changed = { email: 'twice@example.com' }
    await expectApiError(customers.create(changed, { idempotencyKey: `order:${count}` }), mismatch)
  })
})

it('what the billing API refuses for good is refused in its words, and later by its code', async () => {
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, times: 1, method: 'POST' })
  const asked = { key: newKey(), description: 'Refused' }
  const words = { statusCode: 429, type: 'rate_limit_error', code: 'rate_limited' }
  await expectApiError(post(asked), words)
  await expectApiError(post(asked), {
    statusCode: 409,
    code: 'adjustment_failed',
    details: expect.objectContaining({ code: 'rate_limited' }),
  })
  expect(await invoices('Refused')).toBe(0)
})
