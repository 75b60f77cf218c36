// The billing API down, slow, refusing the key or limiting the rate, seen from many adjustments at once.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBillingClient } from '../../src/commet/client.ts'
import { findCircuit } from '../../src/db/read-circuit.ts'
import { afterAnswer, takeProbe } from '../../src/db/write-circuit.ts'
import type { Billing } from '../../src/deps.ts'
import { CIRCUIT_SUBJECT } from '../../src/domain/circuit.ts'
import type { AdjustmentId, EventId } from '../../src/domain/ids.ts'
import { CIRCUIT_CANDIDATES_MAX, CIRCUIT_PROBE_LEASE_SECONDS } from '../../src/domain/limits.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { refund, sandboxControl, ticket } from '../harness.ts'
import { callsOf, createWorld, dyingAfterPost, entriesOf, setFaults, withPost } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let earlier: number

beforeEach(async () => {
  await env.DB.exec(
    `UPDATE adjustments SET wake_at = 9e15, attempts = max(attempts, 1) WHERE wake_at IS NOT NULL`,
  )
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  earlier = (await entriesOf(CIRCUIT_SUBJECT)).length
})
afterEach(() => setFaults())

const DOWN = { kind: 'server_error', status: 503 }
const circuit = () => findCircuit(world.deps.db)
const entries = async () => (await entriesOf(CIRCUIT_SUBJECT)).slice(earlier)
const alarmsOf = (cause: string) => world.lines.filter(({ event }) => event === `alarm.${cause}`)

/** To the billing API, since the world began. */
async function allCalls(): Promise<number> {
  const { requests } = await (await sandboxControl('GET', '/requests')).json<any>()
  return requests.length
}

/** Each for a customer's amount of its own, so that none repeats another. */
let cents = 100
async function deliver(count: number): Promise<EventId[]> {
  const ids: EventId[] = []
  for (let n = 0; n < count; n++) {
    const amount = ((cents += 1) / 100).toFixed(2)
    const [id] = await world.receive('zendesk', ticket({ tags: 'credit_requested', amount }))
    ids.push(id!)
  }
  return ids
}

async function opened(): Promise<EventId[]> {
  const ids = await deliver(5)
  await setFaults(DOWN)
  expect(await world.work()).toEqual(Array(5).fill('postponed'))
  expect(await circuit()).toMatchObject({ cause: 'unavailable' })
  return ids
}

const states = async (ids: readonly EventId[]) =>
  Promise.all(ids.map(async (id) => (await world.adjustment(id)).state))

describe('a billing API that is down', () => {
  it('is called five times, and then by nobody but one probe at a time', async () => {
    const ids = await deliver(12)
    await setFaults(DOWN)
    expect(await world.work()).toEqual([
      ...Array(5).fill('postponed'),
      ...Array(7).fill('circuit_open'),
    ])
    expect(await allCalls()).toBe(5)
    for (const id of ids.slice(5)) {
      expect(await world.adjustment(id)).toMatchObject({
        state: 'due',
        version: 1,
        attempts: 0,
        // The probe's time, and the middle of the spread.
        wakeAt: world.now() + 30_000 + 30_000,
      })
    }
    await world.advance(61)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['postponed'])
    expect(await allCalls()).toBe(6)
    expect(await circuit()).toMatchObject({ probes: 1, probeAt: world.now() + 60_000 })
  })

  it('writes one entry when it opens and one when it closes, none about what waits, and alarms', async () => {
    const ids = await opened()
    const [waiting] = await deliver(1)
    const { id } = await world.adjustment(waiting!)
    expect(await world.work()).toEqual(['circuit_open'])
    expect(await entriesOf(id)).toHaveLength(1)
    await setFaults()
    await world.advance(120)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
    const last = await world.adjustment(ids[4]!)
    const openedAt = world.now() - 120_000
    const probe = (await world.adjustment(waiting!)).id
    expect(await entries()).toEqual([
      {
        action: 'circuit.opened',
        data: {
          cause: 'unavailable',
          before: null,
          failures: 5,
          step: 'resolve',
          code: 'internal_error',
          status: 503,
          adjustment: last.id,
        },
      },
      {
        action: 'circuit.closed',
        data: { cause: 'unavailable', openedAt, probes: 0, adjustment: probe },
      },
    ])
    expect(await circuit()).toMatchObject({ cause: null, failures: 0, probeBy: null })
    expect(alarmsOf('billing_unavailable')).toHaveLength(1)
    await world.sweep()
    expect(await world.work()).toEqual(Array(5).fill('issued'))
  })

  it('opens by time-outs and by what is no answer of it, whichever call they meet', async () => {
    await deliver(6)
    await setFaults(
      { kind: 'html', status: 502, method: 'GET', times: 2 },
      { kind: 'truncated_json', method: 'POST', times: 1 },
      { kind: 'reset_body', method: 'GET', times: 1 },
      { kind: 'wrong_shape', method: 'GET', times: 1 },
    )
    const results = await world.work()
    expect(results.slice(0, 5)).toEqual(Array(5).fill('postponed'))
    expect(results[5]).toBe('circuit_open')
  })

  it('is not taken for down while others are answered, nor for refusals of single ones', async () => {
    await deliver(4)
    await setFaults({ ...DOWN, times: 4 })
    await world.work()
    expect(await circuit()).toMatchObject({ failures: 4, cause: null })
    await deliver(1)
    expect(await world.work()).toEqual(['issued'])
    expect(await circuit()).toMatchObject({ failures: 0, cause: null })

    await setFaults({ ...DOWN, times: 4 })
    await deliver(4)
    await world.work()
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    await deliver(1)
    expect(await world.work()).toEqual(['failed'])
    expect(await circuit()).toMatchObject({ failures: 0, cause: null })
    expect(await entries()).toEqual([])
  })

  it('is asked before a record is marked paid and before an invoice is voided', async () => {
    const [id] = await world.receive('stripe', refund())
    await setFaults({ ...DOWN, method: 'PUT', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    await deliver(1)
    expect(await world.work()).toEqual(['issued'])
    await opened()
    const before = await allCalls()
    const { id: adjustment, version } = await world.adjustment(id!)
    world.queue.push({ id: adjustment, version })
    expect(await world.work()).toEqual(['circuit_open'])
    expect(await allCalls()).toBe(before)
    expect(await world.adjustment(id!)).toMatchObject({ attempts: 1, version })

    await setFaults()
    await world.advance(31)
    world.queue.push({ id: adjustment, version })
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ invoiceStatus: 'paid' })
    expect(await circuit()).toMatchObject({ cause: null })
  })

  it('is claimed for by nobody, though he had looked a moment before it opened', async () => {
    const [id] = await deliver(1)
    const { billing } = world.deps
    const list: Billing['customers']['list'] = async (query) => {
      const answer = await billing!.customers.list(query)
      const [wakeUp] = world.queue.splice(0)
      if (wakeUp) await opened()
      await setFaults()
      return answer
    }
    const slow = { ...billing!, customers: { ...billing!.customers, list } }
    const [wakeUp] = world.queue.splice(0)
    world.queue.push(wakeUp!)
    const result = await issueAdjustment({ ...world.deps, billing: slow }, wakeUp!)
    expect(result).toBe('circuit_open')
    expect(await world.adjustment(id!)).toMatchObject({ state: 'due', attempts: 0, version: 1 })
    expect(await callsOf('POST', /^\/invoices$/)).toEqual([])
  })
})

describe('the probe', () => {
  it('is one, of however many who come at once', async () => {
    await opened()
    await deliver(10)
    await world.advance(31)
    const results = await world.workAtOnce()
    expect(results.filter((each) => each === 'postponed')).toHaveLength(1)
    expect(results.filter((each) => each === 'circuit_open')).toHaveLength(9)
    expect(await allCalls()).toBe(6)
  })

  it('goes to the next one when its process dies, once its time is over', async () => {
    await opened()
    await setFaults()
    const [first, second] = await deliver(2)
    await world.advance(31)
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    world.queue.length = 0
    const { id } = await world.adjustment(first!)
    expect(await circuit()).toMatchObject({ cause: 'unavailable', probeBy: id })

    const next = await world.adjustment(second!)
    world.queue.push(next)
    expect(await world.work()).toEqual(['circuit_open'])
    await world.advance(CIRCUIT_PROBE_LEASE_SECONDS)
    world.queue.push(next)
    expect(await world.work()).toEqual(['issued'])
    expect(await circuit()).toMatchObject({ cause: null })
  })

  it('goes to the next one at once where a restart says that its process is gone', async () => {
    await opened()
    await setFaults()
    const [first, second] = await deliver(2)
    await world.advance(31)
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    world.queue.length = 0
    expect(await circuit()).toMatchObject({ probeBy: (await world.adjustment(first!)).id })
    await world.restart()
    expect(await circuit()).toMatchObject({ cause: 'unavailable', probeBy: null, probes: 0 })
    world.queue.splice(0, world.queue.length, await world.adjustment(second!))
    expect(await world.work()).toEqual(['issued'])
    expect(await circuit()).toMatchObject({ cause: null })
  })

  it('keeps its time over a restart where nobody had it', async () => {
    await opened()
    const before = await circuit()
    await world.restart()
    expect(await circuit()).toEqual(before)
  })

  it('may be the same one again, where its process died and nobody else is there', async () => {
    const ids = await opened()
    await setFaults()
    await world.advance(60)
    expect(await world.sweep()).toBe(1)
    const { billing } = world.deps
    const customers = { ...billing!.customers, list: () => Promise.reject(new TypeError('died')) }
    await expect(world.work({ billing: { ...billing!, customers } })).rejects.toThrow('died')
    const { probeBy } = await circuit()
    expect(probeBy).not.toBeNull()
    await env.DB.prepare(`UPDATE adjustments SET wake_at = 9e15 WHERE state = 'due' AND id <> ?`)
      .bind(probeBy)
      .run()
    await world.advance(CIRCUIT_PROBE_LEASE_SECONDS + 60)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
    expect((await states(ids)).filter((state) => state === 'invoiced')).toHaveLength(1)
  })

  it('is free again at once where it came to nothing', async () => {
    await opened()
    await setFaults()
    await world.advance(31)
    const live = ticket({ customer_external_id: '' })
    const [held] = await world.receive('zendesk', live)
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(held!)).holdReasons).toEqual(['customer_unresolved'])
    expect(await circuit()).toMatchObject({ cause: 'unavailable', probeBy: null, probes: 0 })
    await deliver(1)
    expect(await world.work()).toEqual(['issued'])
    expect(await circuit()).toMatchObject({ cause: null })
  })

  it('closes the circuit by any call that was answered, though it is held and posts nothing', async () => {
    const waiting = await opened()
    await setFaults()
    await world.advance(31)
    const unknown = ticket({ customer_external_id: 'nobody-there' })
    const [held] = await world.receive('zendesk', unknown)
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(held!)).holdReasons).toEqual(['customer_unresolved'])
    expect(await circuit()).toMatchObject({ cause: null, failures: 0, failedBy: [] })
    expect((await entries()).map(({ action }) => action)).toEqual([
      'circuit.opened',
      'circuit.closed',
    ])
    await world.advance(60)
    expect(await world.sweep()).toBe(5)
    expect(await world.work()).toEqual(Array(5).fill('issued'))
    expect(new Set(await states(waiting))).toEqual(new Set(['invoiced']))
  })

  it('leaves it open where its reads are answered and its post is not', async () => {
    await opened()
    await setFaults({ ...DOWN, method: 'POST' })
    await deliver(1)
    await world.advance(31)
    expect(await world.work()).toEqual(['postponed'])
    expect(await circuit()).toMatchObject({ cause: 'unavailable', probes: 1, probeBy: null })
  })

  it('alone may claim, and not once its time went to another', async () => {
    await opened()
    const [id] = await deliver(1)
    await world.advance(31)
    const read = await world.adjustment(id!)
    const late = withPost(world.deps.billing, (post) => post())
    const { billing } = world.deps
    const get: Billing['customers']['list'] = async (query) => {
      await world.advance(CIRCUIT_PROBE_LEASE_SECONDS + 1)
      await takeProbe(world.deps.db, 'adj_another', world.now())
      return billing!.customers.list(query)
    }
    await setFaults()
    const customers = { ...late.billing.customers, list: get }
    const slow = { ...late.billing, customers }
    expect(await issueAdjustment({ ...world.deps, billing: slow }, read)).toBe('circuit_open')
    expect(await world.adjustment(id!)).toMatchObject({ state: 'due', attempts: 0 })
  })
})

describe('a refused key', () => {
  const withKey = (apiKey: string) => ({
    billing: {
      ...world.deps.billing!,
      ...createBillingClient({ baseUrl: 'http://sandbox.localhost', apiKey }),
    },
  })

  it('opens it at once: nothing fails, no attempt is used, and one call in five minutes is made', async () => {
    const ids = await deliver(20)
    const results = await world.work(withKey('ck_no'))
    expect(results).toEqual(['postponed', ...Array(19).fill('circuit_open')])
    expect(alarmsOf('billing_key_refused')).toHaveLength(1)
    expect(alarmsOf('billing_unavailable')).toHaveLength(0)
    const before = await allCalls()
    for (let minute = 0; minute < 60; minute++) {
      await world.advance(60)
      await world.sweep()
      await world.work(withKey('ck_no'))
    }
    expect((await allCalls()) - before).toBeLessThanOrEqual(15)
    for (const id of ids) {
      expect(await world.adjustment(id)).toMatchObject({ state: 'due', attempts: 0 })
    }
    expect((await entries()).map(({ action }) => action)).toEqual(['circuit.opened'])

    await world.advance(300)
    for (let minute = 0; minute < 3; minute++) {
      await world.sweep()
      await world.work()
      await world.advance(60)
    }
    expect(new Set(await states(ids))).toEqual(new Set(['invoiced']))
  })

  it('that may only not mark invoices paid stops nothing else', async () => {
    await world.receive('stripe', refund())
    await setFaults({ kind: 'html', status: 403, method: 'PUT' })
    expect(await world.work()).toEqual(['postponed'])
    expect(await circuit()).toMatchObject({ cause: null })
    await deliver(1)
    expect(await world.work()).toEqual(['issued'])
  })
})

describe('the limiter', () => {
  it('holds everybody back until its own time, and then nobody needs a probe', async () => {
    const ids = await deliver(8)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 45, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed', ...Array(7).fill('circuit_open')])
    expect(await circuit()).toMatchObject({
      cause: 'rate_limited',
      probeAt: world.now() + 45_000,
    })
    expect(world.lines.filter(({ event }) => event.startsWith('alarm.'))).toEqual([])
    await world.advance(44)
    expect(await world.sweep()).toBe(0)
    await world.advance(40)
    expect(await world.sweep()).toBe(8)
    expect(await world.workAtOnce()).toEqual(Array(8).fill('issued'))
    expect(new Set(await states(ids))).toEqual(new Set(['invoiced']))
    expect(await circuit()).toMatchObject({ cause: null })
    expect((await entries()).map(({ action }) => action)).toEqual([
      'circuit.opened',
      'circuit.closed',
    ])
  })

  it('spreads what comes back over a minute', async () => {
    const ids = await deliver(5)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 10, method: 'POST', times: 1 })
    let drawn = 0
    await world.work({ random: () => (drawn += 0.2) % 1 })
    const wakes = await Promise.all(
      ids.slice(1).map(async (id) => (await world.adjustment(id)).wakeAt! - world.now()),
    )
    expect(new Set(wakes).size).toBe(4)
    for (const wake of wakes) {
      expect(wake).toBeGreaterThanOrEqual(10_000)
      expect(wake).toBeLessThan(70_000)
    }
  })

  it('is believed for an hour at most by all others, and as long as it says by the one it told', async () => {
    const [told] = await deliver(1)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: 80_000, method: 'POST', times: 1 })
    await world.work()
    expect(await world.adjustment(told!)).toMatchObject({ wakeAt: world.now() + 80_000_000 })
    expect(await circuit()).toMatchObject({ probeAt: world.now() + 3_600_000 })
  })
})

describe('the sweep while it is open', () => {
  it('wakes one, writes about nobody else, and goes on with what waits for people', async () => {
    const waiting = await deliver(40)
    world.queue.length = 0
    const [held] = await world.receive('zendesk', ticket({ customer_external_id: '' }))
    await world.work()
    const before = await Promise.all(waiting.map((id) => world.adjustment(id)))
    await env.DB.prepare('UPDATE adjustments SET wake_at = ? WHERE id = ?')
      .bind(world.now() + 61_000, (await world.adjustment(held!)).id)
      .run()
    await opened()
    await world.advance(70)
    const { id: reminded } = await world.adjustment(held!)
    // Its reminder's time is later than all of those.
    expect(await world.sweep()).toBe(2)
    const woken = world.queue.splice(0).map(({ id }) => id)
    expect(woken).toContain(reminded)
    expect(woken).toContain(before[0]!.id)
    const after = await Promise.all(waiting.map((id) => world.adjustment(id)))
    expect(after.slice(1).map(({ wakeAt }) => wakeAt)).toEqual(
      before.slice(1).map(({ wakeAt }) => wakeAt),
    )
  })

  it('does not let the one whose own call always fails probe while there is another', async () => {
    const [poison] = await deliver(1)
    const billing = poisonous((await world.adjustment(poison!)).id)
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await world.work({ billing })).toEqual(['postponed'])
      await world.advance(3_700)
      expect(await world.sweep()).toBe(1)
    }
    world.queue.length = 0
    await env.DB.exec('DELETE FROM circuits')
    const others = await opened()
    await setFaults()
    await world.advance(3_700)
    expect(await world.sweep()).toBe(1)
    const [probe] = world.queue
    const ids = await Promise.all(others.map(async (each) => (await world.adjustment(each)).id))
    expect(ids).toContain(probe?.id)
    expect(await world.work({ billing })).toEqual(['issued'])
    expect(await circuit()).toMatchObject({ cause: null })
  })

  it('finds one that never failed behind a thousand of which each call fails', async () => {
    await opened()
    await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE state = 'due'`)
    await insertDue('fail', CIRCUIT_CANDIDATES_MAX + 1, world.now(), 3)
    const [healthy] = await deliver(1)
    world.queue.length = 0
    await world.advance(61)
    expect(await world.sweep()).toBe(1)
    expect(world.queue.map(({ id }) => id)).toEqual([(await world.adjustment(healthy!)).id])
    await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE id LIKE 'adj_fail%'`)
  })
})

describe('one whose own call always fails', () => {
  it('opens nothing alone, alarms nobody, and keeps nobody waiting', async () => {
    const [poison] = await deliver(1)
    const billing = poisonous((await world.adjustment(poison!)).id)
    for (let attempt = 0; attempt < 9; attempt++) {
      expect(await world.work({ billing })).toEqual(['postponed'])
      await world.advance(3_700)
      expect(await world.sweep()).toBe(1)
    }
    expect(await world.work({ billing })).toEqual(['postponed'])
    expect(await circuit()).toMatchObject({ cause: null, failures: 1 })
    expect(alarmsOf('billing_unavailable')).toEqual([])
    const [healthy] = await deliver(1)
    expect(await world.work({ billing })).toEqual(['issued'])
    expect(await states([healthy!])).toEqual(['invoiced'])
  })

  it('makes nobody wait longer where it is the probe again and again', async () => {
    const [poison] = await deliver(1)
    const read = await world.adjustment(poison!)
    const billing = poisonous(read.id)
    world.queue.length = 0
    await opened()
    await setFaults()
    await env.DB.prepare(`UPDATE adjustments SET wake_at = 9e15 WHERE state = 'due' AND id <> ?`)
      .bind(read.id)
      .run()
    for (let attempt = 0; attempt < 6; attempt++) {
      await world.advance(3_700)
      expect(await world.sweep()).toBe(1)
      expect(await world.work({ billing })).toEqual(['postponed'])
      expect(await circuit()).toMatchObject({ probes: 1, probeAt: world.now() + 60_000 })
    }
  })
})

/** As the billing API that never answers one adjustment's post. */
function poisonous(id: AdjustmentId): Billing {
  const { billing } = withPost(world.deps.billing, (post) => post())
  const { invoices } = billing
  const createAdjustment: Billing['invoices']['createAdjustment'] = (body, options) =>
    body.metadata?.['makegood_adjustment_id'] === id
      ? Promise.resolve({ ok: false, error: TIMED_OUT })
      : invoices.createAdjustment(body, options)
  return { ...billing, invoices: { ...invoices, createAdjustment } }
}

/** Rows that are due, a millisecond apart. */
const insertDue = (name: string, count: number, now: number, attempts = 0) =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
       settlement, reason, caused_by, amount, currency, description, created_at, state, version,
       wake_at, attempts, generation, customer_reference)
     SELECT 'adj_${name}' || i, 'evt_${name}' || i, 'zendesk-ticket-credit', 'zendesk', 'zendesk',
       'zendesk', 'ticket:${name}' || i, '', 'test', 'owed', 'goodwill', 'agent', -1000, 'usd', 'many',
       ?1, 'due', 1, CAST(?1 AS INTEGER) - 100000 + i, ${attempts}, 0, 'acme-42' FROM n`,
  )
    .bind(now)
    .run()

describe('twenty thousand that are due when it goes down for three hours', () => {
  const MANY = 20_000
  const rows = async (condition: string): Promise<number> => {
    const row = await env.DB.prepare(
      `SELECT count(*) AS n FROM adjustments WHERE id LIKE 'adj_wait%' AND (${condition})`,
    ).first<{ n: number }>()
    return row!.n
  }

  it('keep their places, cost a probe each five minutes, and go out by age, 500 a minute', async () => {
    const start = world.now()
    await insertDue('wait', MANY, start)
    await opened()
    const before = await allCalls()
    let written = 0
    for (let minute = 0; minute < 180; minute++) {
      await world.advance(60)
      expect(await world.sweep()).toBeLessThanOrEqual(1)
      await world.work()
      const row = await env.DB.prepare('SELECT max(seq) AS n FROM audit_entries').first<any>()
      written = row.n - written
      expect(written === row.n || written <= 1, 'at most a probe’s entry a minute').toBe(true)
      written = row.n
    }
    // 30 s, 1, 2 and 4 minutes, then every five; each probe is one call.
    const probes = (await allCalls()) - before
    expect(probes).toBeGreaterThan(20)
    expect(probes).toBeLessThanOrEqual(40)
    expect(await rows('attempts = 0 AND version = 1 AND wake_at < ' + start)).toBe(MANY - probes)
    expect(await rows(`state <> 'due' OR attempts > 1`)).toBe(0)

    await setFaults()
    await world.advance(300)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual([expect.stringMatching(/issued|held/)])
    expect(await circuit()).toMatchObject({ cause: null })
    await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE attempts > 0`)
    const oldest = await env.DB.prepare(
      `SELECT id FROM adjustments WHERE wake_at < ${world.now()} ORDER BY seq LIMIT 500`,
    ).all<{ id: string }>()
    expect(await world.sweep()).toBe(500)
    expect(world.queue.map(({ id }) => id).toSorted()).toEqual(
      oldest.results.map(({ id }) => id).toSorted(),
    )
  }, 60_000)
})

const TIMED_OUT = {
  meaning: 'ambiguous',
  status: null,
  code: 'timeout',
  message: 'POST /invoices: timeout, no answer',
  param: null,
  requestId: null,
  retryAfterSeconds: null,
} as const

it('costs nothing while all goes well: no row is written or changed, and none is there', async () => {
  await deliver(3)
  expect(await world.work()).toEqual(['issued', 'issued', 'issued'])
  expect((await env.DB.prepare('SELECT * FROM circuits').all()).results).toEqual([])
  expect(await entries()).toEqual([])
  const { db } = world.deps
  const written = async () =>
    (await db.batch(asBatch(afterAnswer(db, 'adj_any', world.now())))).map(
      (result) => result.meta.rows_written,
    )
  expect(await written()).toEqual([0, 0])
  await setFaults({ ...DOWN, times: 1 })
  await deliver(1)
  await world.work()
  expect(await written()).toEqual([0, 1])
  expect(await written()).toEqual([0, 0])
})

const asBatch = ([entry, circuitRow]: ReturnType<typeof afterAnswer>) =>
  [entry!, circuitRow!] as const
