// How often an erasure looks at what: all of it at the beginning and at the end, what it waits for in between, and
// less and less often. And how it goes on with what a version before has kept.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { findErasure } from '../../src/db/read-erasures.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { ErasureId, EventId } from '../../src/domain/ids.ts'
import { ERASURE_IDENTIFIERS_MAX, ERASURE_LATE_DAYS } from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { chooseCustomer } from '../../src/usecases/choose-customer.ts'
import { dismissEvent } from '../../src/usecases/dismiss-event.ts'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requestErasure } from '../../src/usecases/request-erasure.ts'
import { countedDatabase } from '../counted-database.ts'
import { startErasures } from '../erasure-start.ts'
import { api, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await startErasures()
  world = await createWorld()
})

async function ask(
  texts: readonly string[],
  id: string | null = null,
  externalId: string | null = null,
): Promise<ErasureId> {
  const customer = { id, externalId, texts }
  const requested = await requestErasure(world.deps, BOOTSTRAP, { customer, reason: 'other' })
  if (!requested.ok) throw new Error(requested.error.reason)
  return requested.value.id
}

const erasure = async (id: ErasureId) => (await findErasure(world.deps.db, id))!

/** As many ticks as it takes without a wait. */
async function toTheEnd(id: ErasureId): Promise<void> {
  for (let ticks = 0; ticks < 5; ticks++) await eraseByClock(world.deps)
  expect((await erasure(id)).finishedAt).not.toBeNull()
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

const identify = (account: string, kind: string, value: string, customerId: string) =>
  env.DB.prepare(`INSERT INTO identities VALUES (NULL, ?, ?, ?, ?, 1, 'operator:anna')`)
    .bind(account, kind, value, customerId)
    .run()

const drawn = (name: string): string => `${name}-${crypto.randomUUID()}`

/** Nobody can decide about it, and it names him. */
async function undecided(reference: string): Promise<EventId> {
  const body = ticket({ customer_external_id: reference, tags: 'credit_requested' })
  const [event] = await world.receive('zendesk', body)
  expect(await world.fate(event!)).toBe('undecided')
  return event!
}

describe('an erasure that waits', () => {
  it('looks again after an hour, after six more, then once a day', async () => {
    const reference = drawn('ext')
    await undecided(reference)
    const id = await ask([reference])
    const waits: number[] = []
    for (let rounds = 0; rounds < 4; rounds++) {
      await eraseByClock(world.deps)
      const { wakeAt, waiting } = await erasure(id)
      expect(waiting).toBe(1)
      const seconds = ((wakeAt ?? 0) - world.now()) / 1_000
      waits.push(seconds)
      await world.advance(seconds)
    }
    expect(waits).toEqual([HOUR, 6 * HOUR, DAY, DAY])
  })

  it('looks only at what it waits for and at what is newer, and at all again at its end', async () => {
    const many = 2_000
    const reference = drawn('ext')
    const event = await undecided(reference)
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
       INSERT INTO events (id, delivery_id, endpoint, account, source, type, received_at, commitment,
         fate, decision)
       SELECT 'evt_round' || i, 'd', 'e', 'a', 's', 't', 1, 'c', 'ignored', '{}' FROM n`,
    ).run()
    const { db, counts, reset } = countedDatabase()
    // Without an id D1 would name a column by a number, which the counting database can't read.
    const id = await ask([reference], 'cus_nobody')
    const rowsOfRound = async () => {
      reset()
      await eraseByClock({ ...world.deps, db })
      return counts.rowsRead
    }
    expect(await rowsOfRound()).toBeGreaterThan(many)
    await world.advance(HOUR)
    // Whoever is newer is looked at too.
    const [held] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
    expect(await world.work()).toEqual(['held'])
    expect(await rowsOfRound()).toBeLessThan(500)
    const { id: adjustment, version } = await world.adjustment(held!)
    expect((await api(`/erasures/${id}`)).data).toMatchObject({
      waiting: 2,
      waitsFor: [adjustment, event],
    })
    await dismissEvent(world.deps, BOOTSTRAP, event)
    await rejectAdjustment(world.deps, BOOTSTRAP, adjustment, { version, note: null })
    await world.advance(6 * HOUR)
    expect(await rowsOfRound()).toBeGreaterThan(many)
    expect((await erasure(id)).finishedAt).not.toBeNull()
    expect(await isKept(event)).toBe(false)
  })

  it('finds at its end what has become his meanwhile', async () => {
    const reference = drawn('ext')
    const waited = await undecided(reference)
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: drawn('who') }))
    expect(await world.work()).toEqual(['held'])
    const id = await ask([], 'cus_acme', reference)
    await eraseByClock(world.deps)
    const { id: adjustment, version } = await world.adjustment(event!)
    const choice = { version, customerId: 'cus_acme' }
    expect(await chooseCustomer(world.deps, BOOTSTRAP, adjustment, choice)).toMatchObject({
      ok: true,
    })
    expect(await world.work()).toEqual(['issued'])
    await dismissEvent(world.deps, BOOTSTRAP, waited)
    await world.advance(HOUR)
    await toTheEnd(id)
    expect(await world.adjustment(event!)).toMatchObject({
      customerReference: null,
      customerId: 'cus_acme',
    })
    expect([await isKept(event!), await isKept(waited)]).toEqual([false, false])
  })

  it('is an alarm each day once twenty are over, which says what it waits for', async () => {
    const reference = drawn('ext')
    const event = await undecided(reference)
    const id = await ask([reference])
    const alarms = () => world.lines.filter((line) => line.event === 'alarm.erasure_open')
    const { requestedAt } = await erasure(id)
    for (let looks = 0; looks < ERASURE_LATE_DAYS + 3; looks++) {
      const isLate = world.now() - requestedAt >= ERASURE_LATE_DAYS * DAY * 1_000
      const before = alarms().length
      await eraseByClock(world.deps)
      expect(alarms().length - before).toBe(isLate ? 1 : 0)
      await world.advance(DAY)
    }
    expect(alarms()).toHaveLength(3)
    expect(alarms()[0]).toMatchObject({ waiting: 1, waitsFor: [event] })
    expect(JSON.stringify(alarms())).not.toContain(reference)
  })
})

describe('what a version before has kept', () => {
  const asBefore = async (id: ErasureId, customer: object) => {
    const counts = { adjustments: 0, payloads: 0, identities: 0, notes: 0, unchangeable: 0 }
    await env.DB.prepare(`UPDATE erasures SET customer = ?, counts = ?, wake_at = 1 WHERE id = ?`)
      .bind(JSON.stringify(customer), JSON.stringify(counts), id)
      .run()
  }

  it('goes on to its end, and is listed, where only texts were asked for', async () => {
    const mail = `${drawn('zeb')}@quagmire.example`
    const [event] = await world.receive('zendesk', ticket({ tags: 'none', requester_email: mail }))
    const id = await ask([])
    await asBefore(id, { ids: [], texts: [mail] })
    const { data } = await api('/erasures')
    expect(data[0]).toMatchObject({ id, status: 'running', notSearched: 0 })
    await toTheEnd(id)
    expect(await isKept(event!)).toBe(false)
    const { data: ended } = await api(`/erasures/${id}`)
    expect(ended).toMatchObject({ status: 'finished', notSearched: 0, erased: { payloads: 1 } })
  })

  it('looks for what he is called in his account only, and for what was asked for everywhere', async () => {
    const reference = drawn('ref')
    const name = drawn('Zebulon')
    await identify('zendesk', 'external_id', reference, 'cus_bolt')
    await identify('standard', 'external_id', reference, 'cus_acme')
    const [his] = await world.receive('zendesk', ticket({ tags: 'none', comment: `by ${name}` }))
    const [other] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
    expect(await world.work()).toEqual(['issued'])
    const id = await ask([], 'cus_acme')
    await asBefore(id, { ids: ['cus_acme'], texts: [reference, name.toLowerCase()] })
    await toTheEnd(id)
    expect([await isKept(his!), await isKept(other!)]).toEqual([false, true])
    expect((await world.adjustment(other!)).customerReference).toBe(reference)
    const { results } = await env.DB.prepare(`SELECT customer_id AS of FROM identities`).all()
    expect(results).toEqual([{ of: 'cus_bolt' }])
  })
})

it('what adjustments call him above 200 is counted as not searched', async () => {
  const prefix = crypto.randomUUID()
  const many = ERASURE_IDENTIFIERS_MAX + 60
  const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'acme-42' }))
  await world.work()
  const { id } = await world.adjustment(event!)
  const { results } = await env.DB.prepare(
    `SELECT name FROM pragma_table_info('adjustments')`,
  ).all<{ name: string }>()
  const set: Readonly<Record<string, string>> = {
    seq: 'NULL',
    id: `'adj_cut' || n.i`,
    subject: `'ticket:cut' || n.i`,
    state: `'due'`,
    version: '0',
    attempts: '0',
    wake_at: '1',
    customer_reference: `'${prefix}-' || n.i`,
  }
  const nulls = `customer_id chosen_customer_id hold_reasons attempted_at lease_until counted_at
    counted_day invoice_id invoice_number invoice_status request`.split(/\s+/)
  const columns = results.map(({ name }) => name)
  const values = columns.map((name) => set[name] ?? (nulls.includes(name) ? 'NULL' : `a.${name}`))
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
     INSERT INTO adjustments (${columns.join()}) SELECT ${values.join()}
     FROM n CROSS JOIN adjustments a WHERE a.id = ?`,
  )
    .bind(id)
    .run()
  // They are his, and count no more, so that the request has not read what they call him.
  await env.DB.prepare(
    `UPDATE adjustments SET state = 'cancelled', version = version + 1, wake_at = NULL,
       chosen_customer_id = 'cus_acme' WHERE id LIKE 'adj_cut%'`,
  ).run()
  const erased = await ask([], 'cus_acme')
  for (let ticks = 0; ticks < 4; ticks++) await eraseByClock(world.deps)
  const { finishedAt, counts } = await erasure(erased)
  expect(finishedAt).not.toBeNull()
  // One more is `acme-42`.
  expect(counts.notSearched).toBe(many + 1 - ERASURE_IDENTIFIERS_MAX)
}, 40_000)
