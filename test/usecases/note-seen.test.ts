// Commet's own webhooks: the status of our invoices is kept in step, and nothing is made of them.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { Adjustment, Event } from '../../src/db/schema.ts'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { SEEN_REFUNDS_MAX } from '../../src/domain/limits.ts'
import { chargeRequested } from '../../src/rules/charge-requested.ts'
import { commetInvoiceStatus } from '../../src/rules/commet-invoice-status.ts'
import { commet } from '../../src/sources/index.ts'
import { COMMET_SECRET, deliverCommet } from '../commet-events.ts'
import invoiceVoided from '../fixtures/commet/invoice.voided.json'
import paymentReceived from '../fixtures/commet/payment.received.json'
import paymentRefunded from '../fixtures/commet/payment.refunded.json'
import { countRows, creditRequest, depsWith, refund, sandboxControl, ticket } from '../harness.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'
import config from '../makegood.config.ts'

const endpoint = commet({ secret: 'COMMET_WEBHOOK_SECRET' })
const { settings } = depsWith()

let world: Awaited<ReturnType<typeof createWorld>>
let next = 0

const withCommet = (): Partial<Deps> => ({
  config: {
    ...config,
    endpoints: new Map([...config.endpoints, ['commet', endpoint]]),
    rules: [...config.rules, commetInvoiceStatus(), chargeRequested()],
    limits: { ...config.limits, charges: 'allow' },
  },
  settings: {
    ...settings,
    endpointSecrets: new Map([...settings.endpointSecrets, ['commet', [COMMET_SECRET]]]),
  },
})

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL'),
    env.DB.prepare('DELETE FROM limit_sums'),
    env.DB.prepare('DELETE FROM seen_refunds'),
  ])
  await sandboxControl('POST', '/reset')
  world = await createWorld(withCommet())
})
afterEach(() => setFaults())

type Said = { readonly event: string; readonly mode: string; readonly data: object }

/** Delivered as Commet signs it; `id` makes it another event. */
async function say(
  body: Said,
  data: Record<string, unknown>,
  { mode = 'sandbox', id = `whev_${(next += 1)}` } = {},
): Promise<Event> {
  const told = { ...body, id, mode, data: { ...body.data, ...data } }
  const found = await findEvent(world.deps.db, await deliverCommet(world, endpoint, told))
  return found!.event
}

async function issued(): Promise<{ event: EventId; adjustment: Adjustment }> {
  const [event] = await world.receive('zendesk', ticket())
  expect(await world.work()).toEqual(['issued'])
  return { event: event!, adjustment: await world.adjustment(event!) }
}

const seenEntries = async ({ id }: Adjustment) =>
  (await entriesOf(id)).filter(({ action }) => action === 'adjustment.invoice_status_seen')

describe('an invoice that Commet says is void', () => {
  it('is void here, with an entry, and no adjustment is made', async () => {
    const { event, adjustment } = await issued()
    const before = await countRows('adjustments')
    const invoiceId = adjustment.invoiceId
    const said = await say(invoiceVoided, { invoiceId })
    expect(said).toMatchObject({
      fate: 'ignored',
      reason: 'invoice_status',
      ruleId: 'commet-invoice-status',
      decision: { linked: adjustment.id },
    })
    expect(await world.adjustment(event)).toMatchObject({
      state: 'invoiced',
      invoiceStatus: 'void',
      version: adjustment.version + 1,
    })
    expect(await seenEntries(adjustment)).toEqual([
      {
        action: 'adjustment.invoice_status_seen',
        data: { invoice: invoiceId, status: 'void', before: 'outstanding', event: said.id },
      },
    ])
    expect(await countRows('adjustments')).toBe(before)
  })

  it('stays void, whatever comes late, twice, or by another event', async () => {
    const { event, adjustment } = await issued()
    const { invoiceId } = adjustment
    await say(invoiceVoided, { invoiceId }, { id: 'whev_twice' })
    await say(invoiceVoided, { invoiceId }, { id: 'whev_twice' })
    await say(invoiceVoided, { invoiceId })
    for (const invoiceStatus of ['draft', 'outstanding', 'uncollectible', 'paid', 'nonsense']) {
      await say({ ...invoiceVoided, event: 'invoice.created' }, { invoiceId, invoiceStatus })
    }
    expect(await world.adjustment(event)).toMatchObject({ invoiceStatus: 'void' })
    expect(await seenEntries(adjustment)).toHaveLength(1)
  })

  it('is not ours in another mode, or with an id that nobody knows', async () => {
    const { event, adjustment } = await issued()
    const { invoiceId } = adjustment
    const live = await say(invoiceVoided, { invoiceId }, { mode: 'live' })
    expect(live).toMatchObject({ fate: 'ignored', reason: 'invoice_status' })
    expect(live.decision).not.toHaveProperty('linked')
    await say(invoiceVoided, { invoiceId: 'inv_of_somebody_else' })
    expect(await world.adjustment(event)).toEqual(adjustment)
  })
})

describe('a payment', () => {
  it('pays no credit, since nobody pays one', async () => {
    const { event, adjustment } = await issued()
    await say(paymentReceived, { invoiceId: adjustment.invoiceId, amount: 99_999 })
    expect(await world.adjustment(event)).toEqual(adjustment)
  })

  it('pays a charge with its whole total, in its currency, and with nothing less', async () => {
    const [event] = await world.receive('standard', {
      ...creditRequest(),
      type: 'charge.requested',
    })
    expect(await world.work()).toEqual(['issued'])
    const { invoiceId, invoiceTotal, invoiceCurrency } = await world.adjustment(event!)
    const pay = (amount: number, currency: string | null = invoiceCurrency) =>
      say(paymentReceived, { invoiceId, amount, currency })
    await pay(invoiceTotal! - 1)
    await pay(invoiceTotal!, 'eur')
    expect(await world.adjustment(event!)).toMatchObject({ invoiceStatus: 'outstanding' })
    await pay(invoiceTotal!)
    expect(await world.adjustment(event!)).toMatchObject({ invoiceStatus: 'paid' })
  })
})

describe('a record that waits to be marked paid', () => {
  it('is left to that step, which asks Commet itself and tells what came of it', async () => {
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    const [event] = await world.receive('stripe', refund())
    await world.work()
    const waiting = await world.adjustment(event!)
    expect(waiting).toMatchObject({ state: 'invoiced', invoiceStatus: 'outstanding' })
    await say(
      { ...invoiceVoided, event: 'invoice.created' },
      { invoiceId: waiting.invoiceId, invoiceStatus: 'paid' },
    )
    expect(await world.adjustment(event!)).toEqual(waiting)
  })
})

describe('one refund that Stripe and Commet both tell of', () => {
  // Of an amount that no record of an earlier test has.
  let amount = 2_599
  beforeEach(() => {
    amount += 10
  })
  const told = (fields: Record<string, unknown> = {}, how: { mode?: string } = {}) =>
    say(paymentRefunded, { customerId: 'acme-42', refundAmount: amount, ...fields }, how)
  const ofAcme = (fields: Record<string, unknown> = {}) =>
    refund({ customer: 'acme-42', amount, ...fields })

  it('is linked where the record was there first, and makes nothing', async () => {
    // A delivery asks the billing API nothing: who acme-42 is there, a person has said.
    await env.DB.prepare(
      "INSERT INTO identities VALUES (NULL, '', 'external_id', 'acme-42', 'cus_acme', 1, 'operator:anna')",
    ).run()
    const [event] = await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['issued'])
    const record = await world.adjustment(event!)
    const before = await countRows('adjustments')
    expect(await told()).toMatchObject({
      fate: 'ignored',
      reason: 'refund',
      decision: { linked: record.id },
    })
    expect(await countRows('adjustments')).toBe(before)
    // That one is taken: a second refund of the same amount is another one.
    expect((await told()).decision).not.toHaveProperty('linked')
    await env.DB.prepare('DELETE FROM identities').run()
  })

  it('is held where Commet was first, and its hold names the event', async () => {
    const said = await told()
    const [event] = await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event!)).toMatchObject({
      holdReasons: ['possible_duplicate'],
      holdDetails: [{ reason: 'possible_duplicate', event: said.id }],
    })
  })

  it.each<[string, Record<string, unknown>, { mode?: string }]>([
    ['another amount', { refundAmount: 1 }, {}],
    ['another currency', { currency: 'eur' }, {}],
    ['another customer', { customerId: 'globex-7' }, {}],
    ['another mode', {}, { mode: 'live' }],
  ])('is not the same with %s', async (_, fields, how) => {
    await told(fields, how)
    await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['issued'])
  })

  it('is held where another name of his is known, without a question to Commet', async () => {
    await env.DB.prepare(
      "INSERT INTO identities VALUES (NULL, '', 'external_id', 'acme-by-another-name', 'cus_acme', 1, 'operator:anna')",
    ).run()
    const said = await told({ customerId: 'acme-by-another-name' })
    const before = (await callsOf('GET', /customers/)).length
    const [event] = await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event!)).toMatchObject({
      holdDetails: [{ reason: 'possible_duplicate', event: said.id }],
    })
    expect(await callsOf('GET', /customers/)).toHaveLength(before + 1)
    await env.DB.prepare('DELETE FROM identities').run()
  })

  it('is held among however many of the same amount', async () => {
    for (let other = 0; other < SEEN_REFUNDS_MAX; other++) {
      await told({ customerId: `other-${other}` })
    }
    await world.advance(5)
    const said = await told()
    const [event] = await world.receive(
      'stripe',
      ofAcme({ metadata: { commet_customer: 'acme-42' } }),
    )
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event!)).toMatchObject({
      holdDetails: [{ reason: 'possible_duplicate', event: said.id }],
    })
  })

  it('is held where too many may be the same to be compared one by one', async () => {
    for (let other = 0; other <= SEEN_REFUNDS_MAX; other++) {
      await told({ customerId: `other-${other}` })
    }
    const before = (await callsOf('GET', /customers/)).length
    const [event] = await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['held'])
    const numbers = { max: SEEN_REFUNDS_MAX, used: SEEN_REFUNDS_MAX + 1 }
    expect(await world.adjustment(event!)).toMatchObject({
      holdDetails: [{ reason: 'possible_duplicate', ...numbers }],
    })
    expect(await callsOf('GET', /customers/)).toHaveLength(before + 1)
  })

  it('is not held for many of customers who are known to be others', async () => {
    for (let other = 0; other <= SEEN_REFUNDS_MAX; other++) {
      await env.DB.prepare(
        "INSERT INTO identities VALUES (NULL, '', 'external_id', ?, 'cus_globex', 1, 'operator:anna')",
      )
        .bind(`other-${other}`)
        .run()
      await told({ customerId: `other-${other}` })
    }
    await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['issued'])
    await env.DB.prepare('DELETE FROM identities').run()
  })

  it.each([1, 2, 3, 4])(
    'is seen by one of the two where Commet tells of it before batch %i of issuing',
    async (position) => {
      await env.DB.prepare(
        "INSERT INTO identities VALUES (NULL, '', 'external_id', 'acme-42', 'cus_acme', 1, 'operator:anna')",
      ).run()
      let batches = 0
      const said: Event[] = []
      const db = openDatabase(env.DB)
      const batch: typeof db.batch = async (statements) => {
        batches += 1
        if (batches === position) said.push(await told())
        return db.batch(statements)
      }
      const interrupted = new Proxy(db, {
        get: (target, name) => (name === 'batch' ? batch : Reflect.get(target, name)),
      })
      const [event] = await world.receive('stripe', ofAcme())
      await world.work({ db: interrupted })
      await world.advance(120)
      await world.sweep()
      await world.work()
      await env.DB.prepare('DELETE FROM identities').run()
      const { id, state } = await world.adjustment(event!)
      expect(said).toHaveLength(1)
      expect(state).toBe(said[0]?.decision.linked === id ? 'invoiced' : 'held')
    },
  )

  it('is seen by one of the two where it is issued while Commet tells of it', async () => {
    await env.DB.prepare(
      "INSERT INTO identities VALUES (NULL, '', 'external_id', 'acme-42', 'cus_acme', 1, 'operator:anna')",
    ).run()
    const [event] = await world.receive('stripe', ofAcme())
    const { deps } = world
    const issuing = openDatabase(env.DB)
    const batch: typeof issuing.batch = async (statements) => {
      await world.work({ db: issuing })
      return issuing.batch(statements)
    }
    const db = new Proxy(issuing, {
      get: (target, name) => (name === 'batch' ? batch : Reflect.get(target, name)),
    })
    world = { ...world, deps: { ...deps, db } }
    const said = await told()
    world = { ...world, deps }
    await env.DB.prepare('DELETE FROM identities').run()
    const { id, state } = await world.adjustment(event!)
    expect(state).toBe(said.decision.linked === id ? 'invoiced' : 'held')
  })

  it('is not the same a day later', async () => {
    await told()
    await world.advance(24 * 3_600 + 1)
    await world.receive('stripe', ofAcme())
    expect(await world.work()).toEqual(['issued'])
  })
})
