// An erased identity is gone, and yet nobody else is paid by what it said: what waits in the inbox, what comes
// later and what is sent through again is held for a person, until somebody says who it is.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { findErasure } from '../../src/db/read-erasures.ts'
import { findIdentified } from '../../src/db/read-identities.ts'
import type { Billing } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { credit, rule } from '../../src/domain/rule.ts'
import { chooseCustomer } from '../../src/usecases/choose-customer.ts'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { requestErasure } from '../../src/usecases/request-erasure.ts'
import { requeueAdjustment } from '../../src/usecases/requeue-adjustment.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { setIdentity } from '../../src/usecases/set-identity.ts'
import { countedDatabase } from '../counted-database.ts'
import { startErasures } from '../erasure-start.ts'
import { api, fetchApp, invoicesOf, OPERATOR, refund, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await startErasures()
  world = await createWorld()
})

const identify = (account: string, kind: string, value: string, customerId: string) =>
  env.DB.prepare(`INSERT INTO identities VALUES (NULL, ?, ?, ?, ?, 1, 'operator:anna')`)
    .bind(account, kind, value, customerId)
    .run()

async function ask(id: string | null, texts: readonly string[] = []) {
  const customer = { id, externalId: null, texts }
  const requested = await requestErasure(world.deps, BOOTSTRAP, { customer, reason: 'other' })
  if (!requested.ok) throw new Error(requested.error.reason)
  return requested.value.id
}

async function erase(id: string | null, texts: readonly string[] = []): Promise<void> {
  const erasure = await ask(id, texts)
  await eraseByClock(world.deps)
  expect((await findErasure(world.deps.db, erasure))?.finishedAt).not.toBeNull()
}

const count = async (table: string): Promise<number> =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n ?? 0

/** The rule was mended by its owner, and gives 10.00 now. */
function mended() {
  const { config } = world.deps
  const fixed = rule({
    id: 'batch-credit',
    source: 'batch',
    on: ['credit'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'system',
    description: 'Batch credit',
    payload: z.object({ subject: z.string(), customer: z.string() }),
    adjust: ({ subject, customer }) =>
      credit({ minorUnits: 1000, currency: 'usd' }, { subject, customer }),
  })
  const rules = config.rules.map((each) => (each.id === fixed.id ? fixed : each))
  return { ...world.deps, config: { ...config, rules } }
}

/** What the rule of now can't read, or ignores. */
const sent = (customer: string, fields: object = { amount: 'ten' }) => [
  { id: crypto.randomUUID(), type: 'credit', subject: crypto.randomUUID(), customer, ...fields },
]

/** At the billing API, `42` is Bolt's external id. */
function whereBoltIs42(): Billing {
  const { billing } = world.deps
  if (billing === null) throw new Error('no billing client')
  const list: Billing['customers']['list'] = async (query) => {
    if (query?.externalId !== '42') return billing.customers.list(query)
    const listed = await billing.customers.list({ ...query, externalId: 'bolt-7' })
    if (!listed.ok) return listed
    const data = listed.value.data.map((each) => ({ ...each, externalId: '42' }))
    return { ...listed, value: { ...listed.value, data } }
  }
  return { ...billing, customers: { ...billing.customers, list } }
}

/** An operator's "Try again" of an event, and all that comes of it. */
async function sendThrough(event: EventId) {
  const deps = mended()
  expect(await requeueEvent(deps, BOOTSTRAP, event)).toMatchObject({ ok: true })
  const [wakeUp] = world.queue.splice(0)
  if (wakeUp === undefined) throw new Error('nothing was made')
  const result = await issueAdjustment({ ...deps, billing: whereBoltIs42() }, wakeUp)
  return { result, ...(await world.adjustment(event)) }
}

const HELD = { result: 'held', customerId: null, holdReasons: ['customer_unresolved'] }

describe('what is decided after the erasure pays nobody else', () => {
  it('where it was undecided at the request, and a short id could not be looked for', async () => {
    await identify('batch', 'external_id', '42', 'cus_acme')
    const [event] = await world.receive('batch', sent('42'))
    expect(await world.fate(event!)).toBe('undecided')
    await erase('cus_acme')
    expect(await sendThrough(event!)).toMatchObject(HELD)
  })

  it('where it was ignored at the request', async () => {
    await identify('batch', 'external_id', '42', 'cus_acme')
    const [event] = await world.receive('batch', sent('42', { amount: 1, ignores: true }))
    expect(await world.fate(event!)).toBe('ignored')
    await erase('cus_acme')
    expect(await sendThrough(event!)).toMatchObject(HELD)
  })

  it('where it came while the erasure waited, and nobody could decide about it', async () => {
    await identify('batch', 'external_id', 'bolt-7', 'cus_acme')
    const erasure = await ask('cus_acme')
    const [event] = await world.receive('batch', sent('bolt-7'))
    await eraseByClock(world.deps)
    expect((await findErasure(world.deps.db, erasure))?.finishedAt).not.toBeNull()
    expect(await sendThrough(event!)).toMatchObject(HELD)
  })

  it('where it came while the erasure waited, and failed before anybody was found', async () => {
    await identify('zendesk', 'external_id', 'bolt-7', 'cus_acme')
    const erasure = await ask('cus_acme')
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    const { id } = await world.adjustment(event!)
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'failed', version = version + 1, wake_at = NULL WHERE id = ?`,
    )
      .bind(id)
      .run()
    world.queue.splice(0)
    await eraseByClock(world.deps)
    expect((await findErasure(world.deps.db, erasure))?.finishedAt).not.toBeNull()
    const { version } = await world.adjustment(event!)
    const again = await requeueAdjustment(world.deps, BOOTSTRAP, id, { version, looked: false })
    expect(again.ok).toBe(true)
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event!)).toMatchObject({
      customerId: null,
      holdReasons: ['customer_unresolved'],
    })
  })

  it.each([
    ['external_id', { customer_external_id: 'bolt-7' }],
    ['email', { customer_external_id: '', requester_email: 'Jo@Acme.example' }],
  ])('where it is a new event that names him by an %s', async (kind, fields) => {
    const value = kind === 'email' ? 'jo@acme.example' : 'bolt-7'
    await identify('zendesk', kind, value, 'cus_acme')
    await identify('', kind, value, 'cus_bolt')
    await erase('cus_acme')
    const [event] = await world.receive('zendesk', ticket(fields))
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(event!)).customerId).toBeNull()
  })

  it('where it is a record that the billing system may have told of under the erased text', async () => {
    const amount = 4_321
    await identify('stripe', 'external_id', 'bolt-by-stripe', 'cus_acme')
    await erase('cus_acme')
    await env.DB.prepare(`INSERT INTO seen_refunds VALUES (?, ?, 'test', ?, ?, 'usd', NULL)`)
      .bind(`evt_${crypto.randomUUID()}`, world.now(), 'bolt-by-stripe', amount)
      .run()
    const [event] = await world.receive('stripe', refund({ customer: 'acme-42', amount }))
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(event!)).holdReasons).toEqual(['possible_duplicate'])
  })
})

describe('what somebody says after the erasure goes before it', () => {
  const next = async () => {
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    return { event: event!, work: await world.work() }
  }
  beforeEach(async () => {
    await identify('zendesk', 'external_id', 'bolt-7', 'cus_acme')
    await erase('cus_acme')
    await world.advance(60)
  })

  it('as an identity in the account', async () => {
    const said = {
      account: 'zendesk',
      kind: 'external_id',
      value: 'bolt-7',
      customerId: 'cus_cedar',
    }
    expect(await setIdentity(world.deps, said, 'operator:anna')).toMatchObject({ ok: true })
    const { event, work } = await next()
    expect(work).toEqual(['issued'])
    expect((await world.adjustment(event)).customerId).toBe('cus_cedar')
    // That one is erased too, and is met again.
    await erase('cus_cedar')
    expect((await next()).work).toEqual(['held'])
  })

  it('but not as an identity of all accounts, by which another help desk means somebody else', async () => {
    const said = { account: '', kind: 'external_id', value: 'bolt-7', customerId: 'cus_cedar' }
    expect(await setIdentity(world.deps, said, 'operator:anna')).toMatchObject({ ok: true })
    const { event, work } = await next()
    expect(work).toEqual(['held'])
    expect((await world.adjustment(event)).customerId).toBeNull()
  })

  it('by choosing the customer of what is held', async () => {
    const { event, work } = await next()
    expect(work).toEqual(['held'])
    const { id, version } = await world.adjustment(event)
    const choice = { version, customerId: 'cus_acme' }
    expect(await chooseCustomer(world.deps, BOOTSTRAP, id, choice)).toMatchObject({ ok: true })
    expect(await world.work()).toEqual(['issued'])
    expect(await invoicesOf(id, 'cus_acme')).toHaveLength(1)
    expect((await next()).work).toEqual(['issued'])
  })
})

describe('a tombstone', () => {
  it('has no text and no customer, and holds in its account and kind only', async () => {
    await identify('zendesk', 'source_id', 'bolt-7', 'cus_acme')
    await erase('cus_acme')
    const { results } = await env.DB.prepare(`SELECT * FROM erased_identities`).all()
    expect(results).toEqual([
      {
        account: 'zendesk',
        kind: 'source_id',
        hash: expect.stringMatching(/^[\da-f]{64}$/),
        at: world.now(),
      },
    ])
    const { db } = world.deps
    const isErased = async (account: string, kind: 'source_id' | 'external_id', value: string) =>
      (await findIdentified(db, { account, kind, value })).isErased
    expect(await isErased('zendesk', 'source_id', 'bolt-7')).toBe(true)
    expect(await isErased('intercom', 'source_id', 'bolt-7')).toBe(false)
    expect(await isErased('zendesk', 'external_id', 'bolt-7')).toBe(false)
    expect(await isErased('zendesk', 'source_id', 'bolt-8')).toBe(false)
  })

  it('is looked for in the statement of the identity, unless there is one of its account and kind', async () => {
    const { db, counts, reset } = countedDatabase()
    const cost = async (value: string) => {
      reset()
      await findIdentified(db, { account: 'zendesk', kind: 'external_id', value })
      return [counts.queries.length, counts.rowsRead]
    }
    await identify('intercom', 'external_id', 'other', 'cus_other')
    await identify('zendesk', 'external_id', 'acme-1', 'cus_acme')
    await identify('zendesk', 'external_id', 'bolt-1', 'cus_bolt')
    await erase('cus_other')
    const [statements, rows] = await cost('nobody')
    expect(statements).toBe(1)
    expect(rows).toBeLessThanOrEqual(4)
    await erase('cus_acme')
    expect((await cost('bolt-1'))[0]).toBe(1)
    expect((await cost('nobody'))[0]).toBe(2)
  })

  it('is found by a secret of the database, which is drawn once and never changes', async () => {
    const secret = () => env.DB.prepare(`SELECT secret FROM erasure_secrets`).first<any>()
    expect((await secret()).secret).toMatch(/^[\da-f]{64}$/)
    for (const statement of [
      `UPDATE erasure_secrets SET secret = lower(hex(randomblob(32)))`,
      `DELETE FROM erasure_secrets`,
      `INSERT OR REPLACE INTO erasure_secrets VALUES (1, lower(hex(randomblob(32))))`,
    ]) {
      await expect(env.DB.prepare(statement).run()).rejects.toThrow('what erased identities are')
    }
  })
})

describe('a request without an id', () => {
  const post = async (customer: object) => {
    const response = await fetchApp('https://makegood.example/api/v1/erasures', {
      method: 'POST',
      headers: { ...OPERATOR, 'content-type': 'application/json' },
      body: JSON.stringify({ customer }),
    })
    return { status: response.status, ...(await response.json<any>()) }
  }

  it('is refused where identities of several customers fit, and names their ids only', async () => {
    const mail = `jo@${crypto.randomUUID()}.example`
    await identify('zendesk', 'email', mail, 'cus_bolt')
    await identify('intercom', 'email', mail, 'cus_acme')
    const erasures = await count('erasures')
    for (const customer of [{ email: mail.toUpperCase() }, { externalId: 'x-1', also: [mail] }]) {
      const refused = await post(customer)
      expect(refused).toMatchObject({
        status: 409,
        error: { code: 'several_customers', details: { customers: ['cus_acme', 'cus_bolt'] } },
      })
      expect(JSON.stringify(refused)).not.toContain(mail)
    }
    expect(await count('erasures')).toBe(erasures)
    expect((await post({ id: 'cus_acme', email: mail })).status).toBe(202)
  })

  it('leaves a tombstone too, so that nobody else is paid where the identity was another’s', async () => {
    await identify('zendesk', 'external_id', 'acme-42', 'cus_bolt')
    const { status, data } = await post({ externalId: 'acme-42' })
    expect(status).toBe(202)
    await world.advance(60)
    await eraseByClock(world.deps)
    expect((await api(`/erasures/${data.id}`)).data.erased.identities).toBe(1)
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'acme-42' }))
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(event!)).customerId).toBeNull()
  })
})
