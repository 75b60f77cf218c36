// An erasure moves no money: whoever is paid, held back, or kept from answering himself by what names a person
// is so until it is over, and only then is that taken out.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eraseRest } from '../../src/db/erase-rest.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import { findErasure } from '../../src/db/read-erasures.ts'
import { findEvent } from '../../src/db/read-events.ts'
import { takeErasure } from '../../src/db/write-erasures.ts'
import type { ErasureId, EventId } from '../../src/domain/ids.ts'
import { BOOTSTRAP, SCOPES, type Operator } from '../../src/domain/operator.ts'
import { zendeskCreditUndo } from '../../src/rules/zendesk-credit-undo.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requestErasure } from '../../src/usecases/request-erasure.ts'
import { requeueAdjustment } from '../../src/usecases/requeue-adjustment.ts'
import { reverseByHand } from '../../src/usecases/reverse-adjustment.ts'
import { given, giving } from '../giving.ts'
import { startErasures } from '../erasure-start.ts'
import { api, invoicesOf, refund, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import { createWorld, setFaults } from '../world.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await startErasures()
  world = await createWorld({
    config: { ...config, rules: [giving('pair'), zendeskCreditUndo(), ...config.rules] },
  })
})
afterEach(() => setFaults())

async function ask(texts: readonly string[], id: string | null = null): Promise<ErasureId> {
  const customer = { id, externalId: null, texts }
  const requested = await requestErasure(world.deps, BOOTSTRAP, { customer, reason: 'other' })
  if (!requested.ok) throw new Error(requested.error.reason)
  return requested.value.id
}

const erase = () => eraseByClock(world.deps)

/** It looks again when its own clock says so: an hour later, then less and less often. */
async function whenItLooksAgain(): Promise<void> {
  const open = await env.DB.prepare(
    `SELECT min(wake_at) AS at FROM erasures WHERE wake_at < 9e15`,
  ).first<{ at: number }>()
  const seconds = Math.ceil(((open?.at ?? 0) - world.now()) / 1_000)
  await world.advance(Math.max(0, seconds) + 60)
  await erase()
}

const stateOf = async (id: ErasureId) => {
  const { data } = await api(`/erasures/${id}`)
  return { status: data.status, waiting: data.waiting, waitsFor: data.waitsFor }
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

const identify = (kind: string, value: string, customerId: string) =>
  env.DB.prepare(`INSERT INTO identities VALUES (NULL, '', ?, ?, ?, 1, 'operator:anna')`)
    .bind(kind, value, customerId)
    .run()

const identities = async (): Promise<number> =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM identities`).first<{ n: number }>())?.n ?? 0

const drawn = (name: string): string => `${name}-${crypto.randomUUID()}`

describe('an identity', () => {
  it('says who is paid until all that is due by it is paid, also where the billing API names another', async () => {
    await identify('external_id', 'bolt-7', 'cus_acme')
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    const id = await ask([], 'cus_acme')
    await erase()
    expect(await stateOf(id)).toMatchObject({
      status: 'waiting',
      waitsFor: [(await world.adjustment(event!)).id],
    })
    expect(await identities()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
    expect((await world.adjustment(event!)).customerId).toBe('cus_acme')
    await whenItLooksAgain()
    expect((await stateOf(id)).status).toBe('finished')
    expect(await identities()).toBe(0)
    expect(await world.adjustment(event!)).toMatchObject({
      customerReference: null,
      customerId: 'cus_acme',
    })
  })

  it('by an e-mail, which the billing API could not look up, as well', async () => {
    const mail = `${drawn('jo')}@acme.example`
    await identify('email', mail, 'cus_acme')
    const body = ticket({ customer_external_id: '', requester_email: mail })
    const [event] = await world.receive('zendesk', body)
    const id = await ask([mail])
    await erase()
    expect(await world.work()).toEqual(['issued'])
    expect((await world.adjustment(event!)).customerId).toBe('cus_acme')
    await whenItLooksAgain()
    expect([(await stateOf(id)).status, await identities()]).toEqual(['finished', 0])
  })

  it('stays for what came after the request, which itself stays as it is', async () => {
    await identify('external_id', 'bolt-7', 'cus_acme')
    const id = await ask([], 'cus_acme')
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    await erase()
    expect([(await stateOf(id)).status, await identities()]).toEqual(['waiting', 1])
    expect(await world.work()).toEqual(['issued'])
    await whenItLooksAgain()
    expect([(await stateOf(id)).status, await identities()]).toEqual(['finished', 0])
    expect(await world.adjustment(event!)).toMatchObject({
      customerReference: 'bolt-7',
      customerId: 'cus_acme',
    })
    expect(await isKept(event!)).toBe(true)
  })

  it('is asked for in the very batch that would remove it', async () => {
    const { db, now } = world.deps
    await identify('external_id', 'bolt-7', 'cus_acme')
    const id = await ask([], 'cus_acme')
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    const { seq } = await world.adjustment(event!)
    const found = (await findErasure(db, id))!
    const run = (await takeErasure(db, found.seq, now()))!
    const customer = run.customer!
    const level = { ...run, throughAdjustment: seq }
    const open = await eraseRest(db, level, customer, now())
    expect(open).toMatchObject({ isBehind: false, identities: 0, run: { waiting: 1 } })
    expect(await world.work()).toEqual(['issued'])
    // Nothing goes on, but it has not looked at the adjustment.
    const late = { ...open!.run, throughAdjustment: seq - 1 }
    const behind = await eraseRest(db, late, customer, now())
    expect(behind).toMatchObject({ isBehind: true, identities: 0, run: { waiting: 0 } })
    expect(await identities()).toBe(1)
    const last = { ...behind!.run, throughAdjustment: seq }
    expect(await eraseRest(db, last, customer, now())).toMatchObject({ identities: 1 })
    expect(await identities()).toBe(0)
    // Who has lost the lease does nothing.
    expect(await eraseRest(db, run, customer, now())).toBeNull()
  })
})

describe('a refund that the billing system has told of', () => {
  let amount = 3_599
  beforeEach(() => (amount += 10))

  const told = (customer: string) =>
    env.DB.prepare(`INSERT INTO seen_refunds VALUES (?, ?, 'test', ?, ?, 'usd', NULL)`)
      .bind(`evt_${crypto.randomUUID()}`, world.now(), customer, amount)
      .run()

  it.each([
    ['is due already', true],
    ['comes after the erasure’s first look', false],
  ])('still holds its record, which %s', async (_, isDue) => {
    await told('acme-42')
    const receive = () => world.receive('stripe', refund({ customer: 'acme-42', amount }))
    const before = isDue ? await receive() : []
    const id = await ask(['ACME-42'], 'cus_acme')
    await erase()
    expect((await stateOf(id)).status).toBe('waiting')
    const [event] = isDue ? before : await receive()
    expect(await world.work()).toEqual(['held'])
    const { holdReasons, version, id: adjustment } = await world.adjustment(event!)
    expect(holdReasons).toEqual(['possible_duplicate'])
    await rejectAdjustment(world.deps, BOOTSTRAP, adjustment, { version, note: null })
    await whenItLooksAgain()
    expect((await stateOf(id)).status).toBe('waiting')
    await world.advance(48 * HOUR)
    await whenItLooksAgain()
    expect((await stateOf(id)).status).toBe('finished')
    const left = await env.DB.prepare(`SELECT count(*) AS n FROM seen_refunds`).first()
    expect(left).toEqual({ n: 0 })
  })
})

describe('what has failed', () => {
  const failed = async (fields: Record<string, unknown>) => {
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    const [event] = await world.receive('zendesk', ticket(fields))
    expect(await world.work()).toEqual(['failed'])
    await setFaults()
    return event!
  }
  const again = async (event: EventId) => {
    const { id, version } = await world.adjustment(event)
    const requeued = await requeueAdjustment(world.deps, BOOTSTRAP, id, { version, looked: false })
    expect(requeued.ok).toBe(true)
    return world.work()
  }

  it('is emptied, and pays whom it was for once when somebody sends it through again', async () => {
    const event = await failed({ customer_external_id: 'bolt-7' })
    const id = await ask(['bolt-7'])
    await erase()
    expect((await stateOf(id)).status).toBe('finished')
    expect((await world.adjustment(event)).customerReference).toBeNull()
    expect(await again(event)).toEqual(['issued'])
    const { id: adjustment, state, customerId } = await world.adjustment(event)
    expect([state, customerId]).toEqual(['invoiced', 'cus_bolt'])
    expect(await invoicesOf(adjustment, 'cus_bolt')).toHaveLength(1)
  })

  it('after the request goes on to whom the identity named when it failed', async () => {
    await identify('external_id', 'bolt-7', 'cus_acme')
    const id = await ask([], 'cus_acme')
    const event = await failed({ customer_external_id: 'bolt-7' })
    await erase()
    expect([(await stateOf(id)).status, await identities()]).toEqual(['finished', 0])
    expect(await again(event)).toEqual(['issued'])
    expect((await world.adjustment(event)).customerId).toBe('cus_acme')
  })

  it('before anybody was found keeps by what he is found, and is waited for', async () => {
    const reference = drawn('nobody')
    const body = ticket({ customer_external_id: reference })
    const [event] = await world.receive('zendesk', body)
    const { id: adjustment } = await world.adjustment(event!)
    const run = (statement: string) => env.DB.prepare(statement).bind(adjustment).run()
    await run(
      `UPDATE adjustments SET state = 'failed', version = version + 1, wake_at = NULL WHERE id = ?`,
    )
    const id = await ask([reference])
    await erase()
    expect(await stateOf(id)).toMatchObject({ status: 'waiting', waitsFor: [adjustment] })
    expect((await world.adjustment(event!)).customerReference).toBe(reference)
    await expect(
      run(`UPDATE adjustments SET customer_reference = NULL WHERE id = ?`),
    ).rejects.toThrow('an erasure empties it')
  })
})

describe('who asked', () => {
  const person = (identity: string): Operator => ({ name: 'desk', identity, scopes: SCOPES })

  it('for an undo can’t let its reversal through, though he is being erased', async () => {
    const asker = `${drawn('agent')}@saas.example`
    const body = ticket()
    const [made] = await world.receive('zendesk', body)
    expect(await world.work()).toEqual(['issued'])
    const tags = 'credit_requested credit_25 credit_undo'
    const [undo] = await world.receive('zendesk', { ...body, tags, asker, updated_at: 'later' })
    const id = await ask([asker])
    await erase()
    expect((await stateOf(id)).status).toBe('waiting')
    expect(await isKept(undo!)).toBe(true)
    await expect(env.DB.prepare(`UPDATE undos SET asker = NULL`).run()).rejects.toThrow(
      'an undo is never changed',
    )
    await world.advance(61)
    await world.sweep()
    await world.work()
    await world.work()
    const { reversedBy } = await world.adjustment(made!)
    if (reversedBy === null || reversedBy === 'void') throw new Error('it was not reversed')
    const reversal = await findAdjustment(world.deps.db, reversedBy)
    expect(reversal).toMatchObject({ state: 'held', asker })
    // Its undo is answered now; the reversal goes on, with the event by which it came.
    await whenItLooksAgain()
    expect(await stateOf(id)).toMatchObject({ status: 'waiting', waitsFor: [reversedBy] })
    expect(await isKept(undo!)).toBe(true)
    const approved = await approveAdjustment(world.deps, person(asker), reversedBy, reversal!)
    expect(approved).toMatchObject({ ok: false })
    const { version } = reversal!
    await rejectAdjustment(world.deps, BOOTSTRAP, reversedBy, { version, note: null })
    await whenItLooksAgain()
    expect((await stateOf(id)).status).toBe('finished')
    expect((await findAdjustment(world.deps.db, reversedBy))?.asker).toBeNull()
    expect(await isKept(undo!)).toBe(false)
    const left = await env.DB.prepare(`SELECT count(*) AS n FROM undos WHERE asker = ?`)
      .bind(asker)
      .first()
    expect(left).toEqual({ n: 0 })
  })

  it('has used up his limit as long as it says, and is taken out then', async () => {
    const asker = `${drawn('agent')}@saas.example`
    let amount = -9_000
    const one = async () => {
      const subject = drawn('limit')
      const [event] = await world.receive('batch', [
        given(drawn('b'), 'race', { subject, amount: (amount -= 1), asker }),
      ])
      return { event: event!, results: await world.work() }
    }
    const first = await one()
    expect(first.results).toEqual(['issued'])
    const id = await ask([asker])
    await erase()
    expect((await stateOf(id)).status).toBe('waiting')
    const second = await one()
    expect(second.results).toEqual(['held'])
    expect((await world.adjustment(second.event)).holdReasons).toEqual(['over_limit:perAsker'])
    await world.advance(DAY)
    await whenItLooksAgain()
    expect((await stateOf(id)).status).toBe('finished')
    expect((await world.adjustment(first.event)).asker).toBeNull()
    expect((await world.adjustment(second.event)).asker).toBe(asker)
  })

  it('is waited for where an adjustment of somebody else goes on that he asked for', async () => {
    const asker = `${drawn('agent')}@saas.example`
    const subject = drawn('held')
    const [event] = await world.receive('batch', [
      given(drawn('b'), 'pair', { subject, amount: -100, customer: drawn('nobody'), asker }),
    ])
    expect(await world.work()).toEqual(['held'])
    // As of one that was made by hand, no payload says who asked.
    await env.DB.prepare(`DELETE FROM payloads`).run()
    const id = await ask([asker])
    await erase()
    const { id: adjustment, version } = await world.adjustment(event!)
    expect(await stateOf(id)).toMatchObject({ status: 'waiting', waitsFor: [adjustment] })
    await rejectAdjustment(world.deps, BOOTSTRAP, adjustment, { version, note: null })
    await whenItLooksAgain()
    expect((await stateOf(id)).status).toBe('finished')
    expect((await world.adjustment(event!)).asker).toBeNull()
  })
})

describe('a payload', () => {
  it('stays with the row that leads to it while another part of its event waits for a person', async () => {
    const subject = drawn('pair')
    const nobody = drawn('nobody')
    const [event] = await world.receive('batch', [
      given(
        drawn('b'),
        'pair',
        // Too short to be looked for in payloads: only the row leads there.
        { subject, part: 'a', amount: -100, customer: '42' },
        { subject, part: 'b', amount: -200, customer: nobody },
      ),
    ])
    await identify('external_id', '42', 'cus_bolt')
    expect((await world.work()).toSorted()).toEqual(['held', 'issued'])
    const id = await ask(['42'])
    await erase()
    expect([(await stateOf(id)).status, await isKept(event!)]).toEqual(['waiting', true])
    const held = await env.DB.prepare(
      `SELECT id, version FROM adjustments WHERE subject = ? AND state = 'held'`,
    )
      .bind(subject)
      .first<any>()
    const { version } = held
    await rejectAdjustment(world.deps, BOOTSTRAP, held.id, { version, note: null })
    await whenItLooksAgain()
    expect([(await stateOf(id)).status, await isKept(event!)]).toEqual(['finished', false])
    const { results } = await env.DB.prepare(
      `SELECT customer_reference AS r FROM adjustments WHERE subject = ? ORDER BY part`,
    )
      .bind(subject)
      .all()
    expect(results).toEqual([{ r: null }, { r: nobody }])
  })

  it('stays while the reversal of its adjustment waits for a person', async () => {
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    expect(await world.work()).toEqual(['issued'])
    const { id: original, version } = await world.adjustment(event!)
    const reversed = await reverseByHand(world.deps, BOOTSTRAP, original, { version })
    if (!reversed.ok) throw new Error(reversed.error.reason)
    expect(await world.work()).toEqual(['held'])
    const id = await ask(['bolt-7'])
    await erase()
    expect([(await stateOf(id)).status, await isKept(event!)]).toEqual(['waiting', true])
    const reversal = (await findAdjustment(world.deps.db, reversed.value.id))!
    const seen = { version: reversal.version, note: null }
    await rejectAdjustment(world.deps, BOOTSTRAP, reversal.id, seen)
    await whenItLooksAgain()
    expect([(await stateOf(id)).status, await isKept(event!)]).toEqual(['finished', false])
  })
})
