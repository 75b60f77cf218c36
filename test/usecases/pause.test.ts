// Paused means that nothing is claimed from the next statement on, and nothing is lost by it.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Config } from '../../src/config.ts'
import { findPausing } from '../../src/db/read-switches.ts'
import { sweepAdjustments } from '../../src/db/sweep-adjustments.ts'
import { park } from '../../src/db/write-claim.ts'
import { NEVER_FAILED } from '../../src/domain/circuit.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { BOOTSTRAP, type Operator } from '../../src/domain/operator.ts'
import type { Switch } from '../../src/domain/switch.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { pause } from '../../src/usecases/pause.ts'
import { resume } from '../../src/usecases/resume.ts'
import { sweep } from '../../src/usecases/sweep.ts'
import config from '../makegood.config.ts'
import { refund, sandboxControl, ticket } from '../harness.ts'
import { callsOf, createWorld, dyingAfterPost, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

const ANNA: Operator = { name: 'anna', identity: 'anna@saas.example', scopes: ['write', 'approve'] }
const ALL: Switch = { kind: 'all', key: '' }
const RULE: Switch = { kind: 'rule', key: 'zendesk-ticket-credit' }
const ENDPOINT: Switch = { kind: 'endpoint', key: 'zendesk' }
const CUSTOMER: Switch = { kind: 'customer', key: 'cus_acme' }
/** When the money moved at Stripe, in seconds. */
const MOVED = { created: 1_792_999_990 }
const LOOK_SECONDS = 15 * 60

let world: World

beforeEach(async () => {
  // What earlier tests left must not come between; the schema lets nothing be removed.
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})
afterEach(() => setFaults())

async function stop(what: Switch, operator: Operator = ANNA): Promise<void> {
  const paused = await pause(world.deps, operator, what)
  expect(paused).toMatchObject({ ok: true })
}

async function go(what: Switch): Promise<number> {
  const resumed = await resume(world.deps, ANNA, what)
  if (!resumed.ok) throw new Error(resumed.error.reason)
  return resumed.value
}

const callsToCommet = async (): Promise<number> =>
  (await callsOf('GET', /./)).length + (await posts())
const posts = async (): Promise<number> => (await callsOf('POST', /^\/invoices$/)).length

describe('what is paused is not claimed', () => {
  it('from the next statement on: between two claims of one batch of the queue', async () => {
    await world.receive('zendesk', ticket())
    const [second] = await world.receive('zendesk', ticket())
    const [one, two] = world.queue.splice(0)
    expect(await issueAdjustment(world.deps, one!)).toBe('issued')
    await stop(ALL)
    const before = await callsToCommet()
    expect(await issueAdjustment(world.deps, two!)).toBe('paused')
    expect(await callsToCommet()).toBe(before)
    expect(await world.adjustment(second!)).toMatchObject({
      state: 'due',
      version: 1,
      attempts: 0,
      countedAt: null,
      wakeAt: world.now() + LOOK_SECONDS * 1_000,
    })
  })

  it.each([ALL, RULE, ENDPOINT, CUSTOMER])(
    'also where $kind is paused after the look and before the claim',
    async (what) => {
      const [id] = await world.receive('zendesk', ticket())
      const { billing } = world.deps
      if (billing === null) throw new Error('no billing client')
      const list = billing.customers.list
      let count = 0
      const customers: typeof billing.customers = {
        ...billing.customers,
        async list(...args) {
          count += 1
          await stop(what)
          return list(...args)
        },
      }
      expect(await world.work({ billing: { ...billing, customers } })).toEqual(['paused'])
      expect(count).toBe(1)
      expect(await posts()).toBe(0)
      expect(await world.adjustment(id!)).toMatchObject({ state: 'due', version: 1 })
    },
  )

  it.each([
    [ALL, 'paused'],
    [RULE, 'paused'],
    [ENDPOINT, 'paused'],
    [{ kind: 'rule', key: 'stripe-refund-record' }, 'issued'],
    [{ kind: 'endpoint', key: 'stripe' }, 'issued'],
    [{ kind: 'customer', key: 'cus_bolt' }, 'issued'],
  ] satisfies [Switch, string][])('%o: a ticket is %s', async (what, result) => {
    await stop(what)
    await world.receive('zendesk', ticket())
    expect(await world.work()).toEqual([result])
    if (result === 'paused') expect(await callsToCommet()).toBe(0)
  })

  it('deliveries are taken in all the same, and decided', async () => {
    await stop(ALL)
    const [id] = await world.receive('stripe', refund(MOVED))
    expect(await world.fate(id!)).toBe('adjusted')
    expect(await world.adjustment(id!)).toMatchObject({ state: 'due', version: 1 })
  })

  it('a customer is known once he was looked up, and from then on he costs no call', async () => {
    await stop(CUSTOMER)
    const [id] = await world.receive('zendesk', ticket())
    expect(await world.work()).toEqual(['paused'])
    expect(await world.adjustment(id!)).toMatchObject({ state: 'due', customerId: 'cus_acme' })
    const before = await callsToCommet()
    await world.advance(LOOK_SECONDS + 1)
    expect(await world.sweep()).toBe(0)
    world.queue.push({ id: (await world.adjustment(id!)).id, version: 1 })
    expect(await world.work()).toEqual(['paused'])
    expect(await callsToCommet()).toBe(before)
  })
})

describe('resuming', () => {
  it('makes due at once what waits, and the sweep takes it by age', async () => {
    await stop(RULE)
    const ids: EventId[] = []
    for (let each = 0; each < 3; each++) {
      ids.push(...(await world.receive('zendesk', ticket())))
    }
    // Parked at different times, and not by age.
    for (const wakeUp of world.queue.splice(0).toReversed()) {
      expect(await issueAdjustment(world.deps, wakeUp)).toBe('paused')
      await world.advance(10)
    }
    expect(await world.sweep()).toBe(0)
    expect(await go(RULE)).toBe(3)
    await world.sweep()
    const adjustments = await Promise.all(ids.map((id) => world.adjustment(id)))
    expect(world.queue.map(({ id }) => id)).toEqual(adjustments.map(({ id }) => id))
    expect(await world.work()).toEqual(['issued', 'issued', 'issued'])
  })

  it.each([RULE, ENDPOINT, CUSTOMER])(
    '$kind: leaves alone what something else pauses',
    async (what) => {
      const others = await createOther(what)
      await stop(what)
      await stop(others.by)
      const [mine] = await world.receive('zendesk', ticket())
      const [other] = await world.receive('stripe', others.body)
      expect(await world.work()).toEqual(['paused', 'paused'])
      expect(await go(what)).toBe(1)
      expect((await world.adjustment(mine!)).wakeAt).toBe(world.now())
      expect((await world.adjustment(other!)).wakeAt).toBe(world.now() + LOOK_SECONDS * 1_000)
    },
  )

  it.each([ALL, ENDPOINT, CUSTOMER, RULE])(
    'leaves out what $kind still stops, which goes on once that is resumed too',
    async (other) => {
      const first = other.kind === 'all' ? RULE : ALL
      // Once he was looked up, his switch is known to stop it.
      await stop(CUSTOMER)
      const [id] = await world.receive('zendesk', ticket())
      expect(await world.work()).toEqual(['paused'])
      await stop(first)
      await stop(other)
      if (other !== CUSTOMER) await go(CUSTOMER)
      const { wakeAt } = await world.adjustment(id!)
      expect(wakeAt).toBeGreaterThan(world.now())
      expect(await go(first)).toBe(0)
      expect(await world.adjustment(id!)).toMatchObject({ wakeAt })
      expect(await go(other)).toBe(1)
      expect(await world.adjustment(id!)).toMatchObject({ wakeAt: world.now() })
    },
  )

  it('makes due what is of another endpoint, rule and customer than another switch', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await stop(ALL)
    expect(await world.work()).toEqual(['paused'])
    for (const kind of ['endpoint', 'rule', 'customer'] as const) {
      await stop((await createOther({ kind, key: '' })).by)
    }
    expect(await go(ALL)).toBe(1)
    expect(await world.adjustment(id!)).toMatchObject({ customerId: null, wakeAt: world.now() })
  })

  it('of everything makes everything due', async () => {
    await stop(ALL)
    await world.receive('zendesk', ticket())
    await world.receive('stripe', refund({ ...MOVED, metadata: { commet_customer: 'acme-42' } }))
    expect(await world.work()).toEqual(['paused', 'paused'])
    expect(await go(ALL)).toBe(2)
    expect(await world.sweep()).toBe(2)
  })

  it('hurries nothing that waits for a backoff or a refused key', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await setFaults({ kind: 'server_error', status: 503, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    const [refused] = await world.receive('zendesk', ticket())
    await env.DB.exec('DELETE FROM known_customers')
    await setFaults({ kind: 'html', status: 403, method: 'GET', path: '/customers' })
    expect(await world.work()).toEqual(['postponed'])
    await setFaults()
    const before = [await world.adjustment(id!), await world.adjustment(refused!)]
    expect(before).toMatchObject([{ attempts: 1 }, { attempts: 0, trouble: { status: 403 } }])
    for (const { wakeAt } of before) expect(wakeAt).toBeGreaterThan(world.now())
    await stop(ALL)
    expect(await go(ALL)).toBe(0)
    expect([await world.adjustment(id!), await world.adjustment(refused!)]).toEqual(before)
  })

  it('hurries nothing that came back from an attempt with an unknown outcome', async () => {
    const [id] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await world.advance(121)
    expect(await world.sweep()).toBe(1)
    const before = await world.adjustment(id!)
    expect(before).toMatchObject({ state: 'due', attempts: 1, trouble: null })
    await stop(ALL)
    expect(await go(ALL)).toBe(0)
    expect(await world.adjustment(id!)).toEqual(before)
  })

  it('of what isn’t paused changes no time', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const before = await world.adjustment(id!)
    expect(before.wakeAt).toBeGreaterThan(world.now())
    expect(await go(ALL)).toBe(0)
    expect(await go(RULE)).toBe(0)
    expect(await world.adjustment(id!)).toEqual(before)
  })

  it('comes between the look and the putting off: then nothing is put off', async () => {
    const [id] = await world.receive('zendesk', ticket())
    const before = await world.adjustment(id!)
    const what = { ...before, ruleIds: [before.ruleId] }
    await stop(RULE)
    expect(await findPausing(world.deps.db, what)).toEqual([RULE])
    await go(RULE)
    expect(await park(world.deps.db, before, what, world.now())).toBeNull()
    expect(await world.adjustment(id!)).toEqual({ ...before, wakeAt: world.now() })
  })
})

async function createOther(what: Switch): Promise<{ by: Switch; body: unknown }> {
  const by: Switch =
    what.kind === 'endpoint'
      ? { kind: 'endpoint', key: 'stripe' }
      : what.kind === 'rule'
        ? { kind: 'rule', key: 'stripe-refund-record' }
        : { kind: 'customer', key: 'cus_bolt' }
  return { by, body: refund({ ...MOVED, metadata: { commet_customer: 'bolt-7' } }) }
}

describe('a renamed rule', () => {
  const { rules } = config
  const renamed: Config = {
    ...config,
    rules: rules.map((rule) =>
      rule.id === RULE.key ? { ...rule, id: 'ticket-credit', was: [rule.id] } : rule,
    ),
  }

  it('is paused by its former id, and its old and new ones are put off without a call', async () => {
    const [old] = await world.receive('zendesk', ticket())
    world.queue.length = 0
    // As Makegood pauses a rule, under the id that made it run away.
    await env.DB.prepare(
      `INSERT INTO switches VALUES ('rule', 'ticket-credit', ?, 'system:limits', 'answer_differs')`,
    )
      .bind(world.now())
      .run()
    const next = { ...world.deps, config: renamed }
    await world.advance(61)
    expect(await sweep(next, { isRestart: false })).toBe(0)
    const { id, version, wakeAt } = await world.adjustment(old!)
    expect(wakeAt).toBe(world.now() + LOOK_SECONDS * 1_000)
    expect(await issueAdjustment(next, { id, version })).toBe('paused')
    expect(await callsToCommet()).toBe(0)
  })
})

describe('twenty thousand paused ones', () => {
  it('stand before nobody: an unpaused one is issued within the first sweep', async () => {
    await stop(RULE)
    const old = world.now() - 3_600_000
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
       INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
         settlement, reason, caused_by, amount, currency, description, created_at, state, version,
         wake_at, attempts, generation)
       SELECT 'adj_many' || i, 'evt_many' || i, 'zendesk-ticket-credit', 'zendesk', 'zendesk', 'zendesk',
         'ticket:many' || i, '', 'test', 'owed', 'goodwill', 'agent', -1000, 'usd', 'many', ?1, 'due', 1,
         ?1, 0, 0 FROM n`,
    )
      .bind(old)
      .run()
    const [id] = await world.receive(
      'stripe',
      refund({ ...MOVED, metadata: { commet_customer: 'acme-42' } }),
    )
    // The queue has forgotten it, and it is the youngest of all.
    world.queue.length = 0
    await world.advance(61)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
    expect(await world.adjustment(id!)).toMatchObject({ state: 'invoiced' })
    const parked = await env.DB.prepare(
      `SELECT count(*) AS n FROM adjustments WHERE id LIKE 'adj_many%' AND version = 1
         AND wake_at = ${world.now() + LOOK_SECONDS * 1_000}`,
    ).first<{ n: number }>()
    expect(parked).toEqual({ n: 20_000 })

    const [last] = await world.receive('zendesk', ticket())
    const beyond = await world.adjustment(last!)
    await env.DB.prepare('UPDATE adjustments SET wake_at = ? WHERE id = ?')
      .bind(world.now() + LOOK_SECONDS * 1_000, beyond.id)
      .run()
    expect(await go(RULE)).toBe(20_000)
    expect((await world.adjustment(last!)).wakeAt).toBe(world.now() + LOOK_SECONDS * 1_000)
    const { wakeUps } = await sweepAdjustments(world.deps.db, NEVER_FAILED, [], world.now())
    expect(wakeUps).toHaveLength(500)
    expect(wakeUps.map((each) => each.id).toSorted()).toEqual(
      Array.from({ length: 500 }, (_, i) => `adj_many${i + 1}`).toSorted(),
    )
  })
})

it('one entry for each change, by who made it, and none where nothing changed', async () => {
  const what: Switch = { kind: 'rule', key: 'by-hand' }
  await stop(what)
  await stop(what, BOOTSTRAP)
  await go(what)
  await go(what)
  const { results } = await env.DB.prepare(
    `SELECT actor, action, data FROM audit_entries WHERE subject = 'rule:by-hand' ORDER BY seq`,
  ).all()
  expect(results).toEqual([
    { actor: 'operator:anna', action: 'switch.paused', data: '{}' },
    { actor: 'operator:anna', action: 'switch.resumed', data: '{}' },
  ])
})
