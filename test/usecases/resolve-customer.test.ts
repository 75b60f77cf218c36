// Whose adjustment it is: each way to find out, what is believed for how long, and what is asked of whom.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setIdentityAfterChange, writeIdentity } from '../../src/db/write-identities.ts'
import { switches } from '../../src/db/schema.ts'
import type { Billing } from '../../src/deps.ts'
import { comparedValue, type IdentityFacts } from '../../src/domain/identity.ts'
import { CUSTOMER_KNOWN_SECONDS } from '../../src/domain/limits.ts'
import { removeIdentity } from '../../src/usecases/remove-identity.ts'
import { resolveCustomer, type CustomerOf } from '../../src/usecases/resolve-customer.ts'
import { commet, countRows, invoicesOf, sandboxControl } from '../harness.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>

beforeEach(async () => {
  await env.DB.exec('DELETE FROM identities')
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})
afterEach(() => setFaults())

const named = (fields: Partial<CustomerOf> = {}): CustomerOf => ({
  account: 'zendesk',
  customerKind: 'external_id',
  customerReference: 'acme-42',
  chosenCustomerId: null,
  ...fields,
})

const byMail = (address: string, account = 'zendesk'): CustomerOf =>
  named({ account, customerKind: 'email', customerReference: address })

function billingNow(): Billing {
  const { billing } = world.deps
  if (billing === null) throw new Error('no billing client')
  return billing
}

const resolve = (of: CustomerOf, billing = billingNow(), how?: { keeps: boolean }) =>
  resolveCustomer(world.deps, billing, of, how)

const resolved = (customerId: string | null, currency: string | null = 'usd') => ({
  ok: true,
  value: { customerId, currency: customerId === null ? null : currency },
})
const UNRESOLVED = resolved(null)

/** Sets an identity as the operator would; answers its number. */
async function identify(facts: Partial<IdentityFacts>): Promise<number> {
  const whole = {
    account: '',
    kind: 'email',
    value: 'a@b.example',
    customerId: 'cus_bolt',
  } as const
  const written = { ...whole, ...facts }
  const { db, now } = world.deps
  return (await writeIdentity(db, written, 'operator:test', now()))?.identity.seq ?? 0
}

const customerCalls = async (): Promise<string[]> =>
  (await callsOf('GET', /^\/customers/)).map((call) => call.path).toReversed()

const allCalls = async (): Promise<number> => (await callsOf('GET', /^\//)).length

/** A delivery of the tests' own source: one credit of a subject of its own. */
function credit(customer: string) {
  const id = crypto.randomUUID()
  return [{ id, type: 'credit', subject: id, amount: 500, customer }]
}

describe('each way', () => {
  it.each<[string, CustomerOf, object, string[]]>([
    [
      'an external id, at the billing API',
      named(),
      resolved('cus_acme'),
      ['/customers?externalId=acme-42&limit=2'],
    ],
    [
      'a source’s own id, which may be the external id at the billing API',
      named({ customerKind: 'source_id', customerReference: 'cus_SampleAcme01' }),
      resolved('cus_sample'),
      ['/customers?externalId=cus_SampleAcme01&limit=2'],
    ],
    [
      'the billing API’s own id',
      named({ customerKind: 'billing_id', customerReference: 'cus_dupont' }),
      resolved('cus_dupont', 'eur'),
      ['/customers/cus_dupont'],
    ],
    [
      'a billing id that nobody has',
      named({ customerKind: 'billing_id', customerReference: 'cus_nobody' }),
      UNRESOLVED,
      ['/customers/cus_nobody'],
    ],
    [
      'a billing id that nobody can have, which is not even asked',
      named({ customerKind: 'billing_id', customerReference: '..' }),
      UNRESOLVED,
      [],
    ],
    [
      'an external id that nobody has',
      named({ customerReference: 'nobody' }),
      UNRESOLVED,
      ['/customers?externalId=nobody&limit=2'],
    ],
    ['an address without an identity, which is not asked', byMail('a@b.example'), UNRESOLVED, []],
    ['an event that names nobody', named({ customerReference: null }), UNRESOLVED, []],
    [
      'whom a person chose, whatever the event names',
      named({ chosenCustomerId: 'cus_cedar' }),
      resolved('cus_cedar'),
      ['/customers/cus_cedar'],
    ],
    [
      'whom a person chose, where the event names nobody',
      named({ customerReference: null, chosenCustomerId: 'cus_cedar' }),
      resolved('cus_cedar'),
      ['/customers/cus_cedar'],
    ],
    [
      'a customer without an invoice has no currency',
      named({ customerReference: 'echo-new' }),
      resolved('cus_echo', null),
      ['/customers?externalId=echo-new&limit=2'],
    ],
  ])('%s', async (_name, of, expected, calls) => {
    expect(await resolve(of)).toEqual(expected)
    expect(await customerCalls()).toEqual(calls)
  })

  it('two customers with one external id are unresolved: a person chooses', async () => {
    const billing = listing((rows) => [...rows, { ...rows[0]!, id: 'cus_other' }])
    expect(await resolve(named(), billing)).toEqual(UNRESOLVED)
  })

  it('what is asked for is checked, so an API that ignores the filter finds nobody', async () => {
    const billing = listing((rows) => rows.map((row) => ({ ...row, externalId: 'another' })))
    expect(await resolve(named(), billing)).toEqual(UNRESOLVED)
  })

  it('another customer than the one whose id was asked for is nobody', async () => {
    await setFaults({ kind: 'other_answer', method: 'GET', data: { id: 'cus_bolt' } })
    expect(await resolve(named({ chosenCustomerId: 'cus_cedar' }))).toEqual(UNRESOLVED)
  })
})

/** A billing client whose list of customers is changed before it is read. */
function listing(change: (rows: readonly Customer[]) => Customer[]): Billing {
  const billing = billingNow()
  return {
    ...billing,
    customers: {
      ...billing.customers,
      list: async (query) => {
        const listed = await billing.customers.list(query)
        if (!listed.ok) return listed
        return { ok: true, value: { ...listed.value, data: change(listed.value.data) } }
      },
    },
  }
}
type Listed = Awaited<ReturnType<Billing['customers']['list']>>
type Customer = Extract<Listed, { ok: true }>['value']['data'][number]

describe('what people have said', () => {
  it('an address counts in small letters, whatever blanks are around it', async () => {
    await identify({ kind: 'email', value: comparedValue('email', ' Ann@Bolt.Example ') })
    expect(await resolve(byMail('ANN@bolt.example'))).toEqual(resolved('cus_bolt'))
    expect(await customerCalls()).toEqual(['/customers/cus_bolt'])
  })

  it('other values count as they are', async () => {
    await identify({ kind: 'external_id', value: 'ACME-42' })
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
    expect(await resolve(named({ customerReference: 'ACME-42' }))).toEqual(resolved('cus_bolt'))
  })

  it('goes before what the billing API knows of the same external id', async () => {
    await identify({ kind: 'external_id', value: 'acme-42' })
    expect(await resolve(named())).toEqual(resolved('cus_bolt'))
    expect(await customerCalls()).toEqual(['/customers/cus_bolt'])
  })

  it('of another kind it doesn’t count', async () => {
    await identify({ kind: 'source_id', value: 'acme-42' })
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
  })

  it('of another account it doesn’t count', async () => {
    await identify({ account: 'stripe', value: 'a@b.example' })
    expect(await resolve(byMail('a@b.example', 'zendesk'))).toEqual(UNRESOLVED)
    expect(await resolve(byMail('a@b.example', 'stripe'))).toEqual(resolved('cus_bolt'))
  })

  it('of every account it counts in each, and the account’s own goes before it', async () => {
    await identify({ value: 'a@b.example', customerId: 'cus_bolt' })
    await identify({ account: 'stripe', value: 'a@b.example', customerId: 'cus_cedar' })
    expect(await resolve(byMail('a@b.example', 'zendesk'))).toEqual(resolved('cus_bolt'))
    expect(await resolve(byMail('a@b.example', 'stripe'))).toEqual(resolved('cus_cedar'))
  })

  it('about a billing id it doesn’t count: that says by itself who it is', async () => {
    await identify({ kind: 'external_id', value: 'cus_acme', customerId: 'cus_bolt' })
    const of = named({ customerKind: 'billing_id', customerReference: 'cus_acme' })
    expect(await resolve(of)).toEqual(resolved('cus_acme'))
  })

  it('one who is gone at the billing API is nobody', async () => {
    await identify({ value: 'a@b.example', customerId: 'cus_gone' })
    expect(await resolve(byMail('a@b.example'))).toEqual(UNRESOLVED)
  })

  it('takes effect at once when it is set, and when it is removed, also where an answer is kept', async () => {
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
    const seq = await identify({ kind: 'external_id', value: 'acme-42' })
    expect(await resolve(named())).toEqual(resolved('cus_bolt'))
    await identify({ kind: 'external_id', value: 'acme-42', customerId: 'cus_cedar' })
    expect(await resolve(named())).toEqual(resolved('cus_cedar'))
    await removeIdentity(world.deps, seq, 'operator:test')
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
  })

  it('the credit of one whom nobody knows is held, the next is issued to whom somebody has named', async () => {
    const [held] = await world.receive('batch', credit('who'))
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(held!)).toMatchObject({ holdReasons: ['customer_unresolved'] })
    await identify({ account: 'batch', kind: 'external_id', value: 'who' })
    const [id] = await world.receive('batch', credit('who'))
    expect(await world.work()).toEqual(['issued'])
    const adjustment = await world.adjustment(id!)
    expect(await invoicesOf(adjustment.id, 'cus_bolt')).toHaveLength(1)
  })
})

describe('what is believed, and until when', () => {
  it('an external id is asked each time; its customer’s currency is kept for an hour', async () => {
    const calls = async () => [
      (await customerCalls()).length,
      (await callsOf('GET', /^\/invoices/)).length,
    ]
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
    expect(await calls()).toEqual([1, 1])
    await world.advance(CUSTOMER_KNOWN_SECONDS - 1)
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
    expect(await calls()).toEqual([2, 1])
    await world.advance(1)
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
    expect(await calls()).toEqual([3, 2])
    expect(await countRows('known_customers')).toBe(1)
  })

  it('an external id that moves to another customer is his at once', async () => {
    await world.receive('batch', credit('acme-42'))
    expect(await world.work()).toEqual(['issued'])
    await setExternalId('cus_acme', 'acme-former')
    expect(await resolve(named())).toEqual(UNRESOLVED)
    await setExternalId('cus_bolt', 'acme-42')
    const [event] = await world.receive('batch', credit('acme-42'))
    expect(await world.work()).toEqual(['issued'])
    const { id } = await world.adjustment(event!)
    expect(await invoicesOf(id, 'cus_bolt')).toHaveLength(1)
    expect(await invoicesOf(id, 'cus_acme')).toEqual([])
  })

  it('a customer whose own id is known is asked for nothing within the hour', async () => {
    const byId = named({ customerKind: 'billing_id', customerReference: 'cus_acme' })
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
    const calls = await allCalls()
    expect(await resolve(byId)).toEqual(resolved('cus_acme'))
    expect(await allCalls()).toBe(calls)
    await world.advance(CUSTOMER_KNOWN_SECONDS)
    expect(await resolve(byId)).toEqual(resolved('cus_acme'))
    expect(await allCalls()).toBe(calls + 2)
  })

  it('the currency is learnt anew after the end', async () => {
    expect(await resolve(named())).toEqual(resolved('cus_acme', 'usd'))
    const inEuro = billedIn('EUR')
    await world.advance(CUSTOMER_KNOWN_SECONDS - 1)
    expect(await resolve(named(), inEuro)).toEqual(resolved('cus_acme', 'usd'))
    await world.advance(1)
    expect(await resolve(named(), inEuro)).toEqual(resolved('cus_acme', 'eur'))
    expect(await resolve(named())).toEqual(resolved('cus_acme', 'eur'))
  })

  it('two ways to one customer share what is known of his id', async () => {
    await identify({ value: 'a@b.example', customerId: 'cus_bolt' })
    await resolve(byMail('a@b.example'))
    const calls = await allCalls()
    expect(await resolve(named({ chosenCustomerId: 'cus_bolt' }))).toEqual(resolved('cus_bolt'))
    expect(await allCalls()).toBe(calls)
  })

  it('an id and an external id of the same letters are two questions', async () => {
    const body = JSON.stringify({ email: 'x@y.example', externalId: 'cus_acme' })
    const made = await commet('/api/v1/customers', { method: 'POST', body })
    const byId = named({ customerKind: 'billing_id', customerReference: 'cus_acme' })
    expect(await resolve(byId)).toEqual(resolved('cus_acme'))
    const byExternalId = named({ customerReference: 'cus_acme' })
    expect(await resolve(byExternalId)).toEqual(resolved(made.data.id, null))
  })

  it.each<[string, CustomerOf]>([
    ['nobody', named({ customerReference: 'nobody' })],
    ['a customer without a currency', named({ customerReference: 'echo-new' })],
  ])('%s is asked for again each time', async (_name, of) => {
    await resolve(of)
    const calls = await allCalls()
    await resolve(of)
    expect(await allCalls()).toBe(2 * calls)
    expect(await countRows('known_customers')).toBe(0)
  })

  it.each([
    ['/customers', 'the look-up'],
    ['/invoices', 'the invoices'],
  ])('trouble with %s is an error, and nothing is kept', async (path) => {
    await setFaults({ kind: 'server_error', status: 503, method: 'GET', path })
    expect(await resolve(named())).toMatchObject({ ok: false, error: { status: 503 } })
    expect(await countRows('known_customers')).toBe(0)
    await setFaults()
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
  })

  it('a crash between the look-up and what is kept loses nothing', async () => {
    const billing = billingNow()
    const dying: Billing = {
      ...billing,
      invoices: {
        ...billing.invoices,
        list: () => {
          throw new Error('the process died here')
        },
      },
    }
    await expect(resolve(named(), dying)).rejects.toThrow('died')
    expect(await countRows('known_customers')).toBe(0)
    expect(await resolve(named())).toEqual(resolved('cus_acme'))
  })

  it.each<[string, Partial<Billing>]>([
    ['a live key', { mode: 'live' }],
    ['another address', { baseUrl: 'https://billing.example' }],
  ])('of %s nothing is known that was learnt before', async (_name, other) => {
    await resolve(named())
    const calls = await allCalls()
    await resolve(named(), { ...billingNow(), ...other })
    expect(await allCalls()).toBe(2 * calls)
  })

  it('a look-up that only reads leaves nothing behind, and believes what others have kept', async () => {
    expect(await resolve(named(), billingNow(), { keeps: false })).toEqual(resolved('cus_acme'))
    expect(await countRows('known_customers')).toBe(0)
    await resolve(named())
    const calls = await allCalls()
    expect(await resolve(named(), billingNow(), { keeps: false })).toEqual(resolved('cus_acme'))
    expect(await allCalls()).toBe(calls + 1)
  })

  it('each answer that is kept removes ten that have ended, and none that has not', async () => {
    // Behind every hash in hexadecimal digits.
    const insert = env.DB.prepare(
      `INSERT INTO known_customers SELECT 'g' || value, 'cus_x', 'usd', ? FROM json_each(?)`,
    )
    const ids = (first: number, count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, nth) => first + nth))
    await insert.bind(world.now(), ids(10, 15)).run()
    await insert.bind(world.now() + 1, ids(50, 5)).run()
    await resolve(named())
    expect(await countRows('known_customers')).toBe(15 + 5 + 1 - 10)
    await resolve(named({ customerReference: 'bolt-7' }))
    expect(await countRows('known_customers')).toBeLessThanOrEqual(5 + 2)
    expect(await countRows("known_customers WHERE reference >= 'g5'")).toBe(5)
  })
})

async function setExternalId(customerId: string, externalId: string): Promise<void> {
  const body = JSON.stringify({ externalId })
  const changed = await commet(`/api/v1/customers/${customerId}`, { method: 'PUT', body })
  expect(changed).toMatchObject({ success: true, data: { externalId } })
}

/** A billing client whose invoices are all in another currency. */
function billedIn(currency: string): Billing {
  const billing = billingNow()
  return {
    ...billing,
    invoices: {
      ...billing.invoices,
      list: async (query) => {
        const listed = await billing.invoices.list(query)
        if (!listed.ok) return listed
        const data = listed.value.data.map((invoice) => ({ ...invoice, currency }))
        return { ok: true, value: { ...listed.value, data } }
      },
    },
  }
}

describe('remembering whom a person chose', () => {
  const chosen = {
    account: 'zendesk',
    kind: 'email',
    value: 'Ann@B.example',
    customerId: 'cus_cedar',
  } as const

  /** A batch whose first statement writes one row, or none where it is there already. */
  async function chooseWith(facts: Parameters<typeof setIdentityAfterChange>[1]): Promise<void> {
    const { db, now } = world.deps
    const row = {
      kind: 'rule',
      key: 'any',
      at: now(),
      actor: 'operator:test',
      cause: null,
    } as const
    await db.batch([
      db.insert(switches).values(row).onConflictDoNothing(),
      ...setIdentityAfterChange(db, facts, 'operator:ann', now()),
    ])
  }

  const identities = async () =>
    (await env.DB.prepare('SELECT * FROM identities ORDER BY seq').all<any>()).results

  it('the next event of him needs no person, and an entry says so without his address', async () => {
    await chooseWith(chosen)
    expect(await resolve(byMail('ann@b.example'))).toEqual(resolved('cus_cedar'))
    const [row] = await identities()
    expect(row).toMatchObject({ account: 'zendesk', value: 'ann@b.example', actor: 'operator:ann' })
    expect(await entriesOf(`identity:${row.seq}`)).toEqual([
      {
        action: 'identity.set',
        data: { kind: 'email', account: 'zendesk', customerId: 'cus_cedar' },
      },
    ])
  })

  it('writes nothing where the change before it was none', async () => {
    await chooseWith(chosen)
    await env.DB.exec('DELETE FROM identities')
    const entries = await countRows('audit_entries')
    await chooseWith(chosen)
    expect(await identities()).toEqual([])
    expect(await countRows('audit_entries')).toBe(entries)
  })

  it('writes nothing where it says what is known, and changes what says otherwise', async () => {
    await identify({ ...chosen, value: 'ann@b.example' })
    const before = await identities()
    await chooseWith(chosen)
    expect(await identities()).toEqual(before)
    await env.DB.exec('DELETE FROM switches')
    await chooseWith({ ...chosen, customerId: 'cus_bolt' })
    expect(await identities()).toEqual([
      { ...before[0], customer_id: 'cus_bolt', actor: 'operator:ann' },
    ])
    const subject = `identity:${before[0].seq}`
    const ids = (await entriesOf(subject)).map((entry) => entry.data.customerId)
    expect(ids).toEqual(['cus_cedar', 'cus_bolt'])
  })

  it('a billing id needs no identity', async () => {
    await chooseWith({ ...chosen, kind: 'billing_id', value: 'cus_acme' })
    expect(await identities()).toEqual([])
  })
})
