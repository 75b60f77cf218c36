// Undoing from end to end, on real D1 and with the clock, the crashes and the billing API in the test's
// hand: cancelled before it went out, reversed after it, or voided by a person; once, and never lost.

import { env } from 'cloudflare:workers'
import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Adjustment } from '../../src/db/schema.ts'
import type { Billing, Deps } from '../../src/deps.ts'
import { adjustmentId, type EventId } from '../../src/domain/ids.ts'
import { ATTEMPTS_MAX } from '../../src/domain/limits.ts'
import { limitsOf, type LimitOptions } from '../../src/domain/money-limits.ts'
import { moneyFromMinorUnits } from '../../src/domain/money.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import { charge, credit, rule, undo, type Rule } from '../../src/domain/rule.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { postponeThrown } from '../../src/usecases/postpone-thrown.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { reverseAdjustment, reverseByHand } from '../../src/usecases/reverse-adjustment.ts'
import { requestVoid } from '../../src/usecases/void-invoice.ts'
import { commet, invoicesOf, sandboxControl } from '../harness.ts'
import config from '../makegood.config.ts'
import {
  actionsOf,
  callsOf,
  createWorld,
  dyingAfterPost,
  entriesOf,
  setFaults,
  withPost,
} from '../world.ts'

const HOUR = 3_600

// Rules of a source whose deliveries carry many events: `credit.made` is undone by `credit.undone`.

type Kind = Pick<Rule, 'settlement' | 'causedBy'> & { readonly was?: readonly string[] }

const payload = z.object({
  subject: z.string(),
  amount: z.int().default(1250),
  customer: z.string().default('acme-42'),
  of: z.string().nullable().default(null),
})

const undoable = (id: string, give: typeof credit, { settlement, causedBy, was = [] }: Kind) =>
  rule({
    id,
    source: 'batch',
    on: [`${id}.made`, `${id}.undone`],
    settlement,
    reason: 'goodwill',
    causedBy,
    was,
    payload,
    adjust({ subject, amount, customer, of }, event) {
      if (event.type.endsWith('.undone')) return undo(subject, { of })
      const money = moneyFromMinorUnits(amount, 'usd')
      if (!money.ok) throw new Error(money.error.reason)
      return give(money.value, { subject, customer })
    },
  })

const owed = { settlement: 'owed', causedBy: 'system' } as const
const RULES = [
  undoable('credit', credit, owed),
  undoable('charge', charge, owed),
  undoable('record', credit, { ...owed, settlement: 'already_paid' }),
  undoable('customers', credit, { ...owed, causedBy: 'customer' }),
]

/** Charges go out as credits do, and the tests give the same customer the same amounts. */
const LIMITS = { charges: 'allow', duplicateHours: 0, olderThanEndpoint: 'allow' } as const

const configured = (rules: readonly Rule[] = RULES, limits: LimitOptions = LIMITS) => ({
  config: { ...config, rules, limits: limitsOf(limits) },
})

const person = (name: string): Operator => ({
  name,
  identity: `${name}@saas.example`,
  scopes: SCOPES,
})
const ann = person('ann')
const boss = person('boss')

type World = Awaited<ReturnType<typeof createWorld>>
let world: World

beforeEach(async () => {
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  world = await createWorld(configured())
})
afterEach(() => setFaults())

let next = 0
const newSubject = () => `thing:${(next += 1)}`

const eventOf = (type: string, data: object) => ({ id: `e-${(next += 1)}`, type, ...data })

const make = (subject: string, kind = 'credit', data: object = {}) =>
  receiveOne(eventOf(`${kind}.made`, { subject, ...data }))
const unmake = (subject: string, kind = 'credit', data: object = {}) =>
  receiveOne(eventOf(`${kind}.undone`, { subject, ...data }))

async function receiveOne(event: object, to: World = world): Promise<EventId> {
  const [id] = await to.receive('batch', [event])
  return id!
}

const rowsOf = async (where: string, ...values: unknown[]): Promise<Adjustment[]> => {
  const { findAdjustments } = await import('../../src/db/read-adjustments.ts')
  const { results } = await env.DB.prepare(`SELECT id FROM adjustments WHERE ${where} ORDER BY seq`)
    .bind(...values)
    .all<{ id: Adjustment['id'] }>()
  const rows = await findAdjustments(
    world.deps.db,
    results.map(({ id }) => id),
  )
  return results.flatMap(({ id }) => rows.filter((row) => row.id === id))
}

async function read(id: Adjustment['id']): Promise<Adjustment> {
  const [row] = await rowsOf('id = ?', id)
  return row!
}

const reversalsOf = ({ id }: Pick<Adjustment, 'id'>) => rowsOf('reverses = ?', id)

/** Everything that the clock alone brings, minute by minute; with other parts of the deps if given. */
async function minutes(count: number, how: Partial<Deps> = {}): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.advance(61)
    await world.sweep()
    await world.work(how)
  }
}

async function invoiced(kind = 'credit', data: object = {}): Promise<Adjustment> {
  const event = await make(newSubject(), kind, data)
  expect(await world.work()).toEqual(['issued'])
  return world.adjustment(event)
}

/** The reversal that an undo at the source makes of it, as the claim left it. */
async function undone(original: Adjustment, kind = 'credit'): Promise<Adjustment> {
  await unmake(original.subject, kind)
  await minutes(2)
  const [reversal, another] = await reversalsOf(original)
  expect(another).toBeUndefined()
  return reversal!
}

const reverse = (original: Adjustment, operator = ann) =>
  reverseByHand(world.deps, operator, original.id, original)
const requestVoidOf = (adjustment: Adjustment, operator = ann) =>
  requestVoid(world.deps, operator, adjustment.id, adjustment)

const setStatus = (invoiceId: string | null, status: 'paid' | 'void') =>
  commet(`/api/v1/invoices/${invoiceId}/status`, {
    method: 'PUT',
    body: JSON.stringify({ status }),
  })

const withInvoices = (parts: Partial<Billing['invoices']>): { billing: Billing } => {
  const billing = world.deps.billing!
  return { billing: { ...billing, invoices: { ...billing.invoices, ...parts } } }
}

const expectCancelled = async (event: EventId, undoing: EventId) => {
  const adjustment = await world.adjustment(event)
  expect(adjustment).toMatchObject({
    state: 'cancelled',
    invoiceId: null,
    wakeAt: null,
    countedAt: null,
    reversedBy: null,
  })
  const { action, data } = (await entriesOf(adjustment.id)).at(-1)!
  const { heldAt } = adjustment
  expect({ action, data }).toEqual({
    action: 'adjustment.cancelled',
    data: { cause: 'undone', event: undoing, ...(heldAt === null ? {} : { heldAt }) },
  })
  expect(await invoicesOf(adjustment.id, 'cus_acme')).toEqual([])
  expect(await reversalsOf(adjustment)).toEqual([])
}

/** One invoice each of the original and its one reversal, of opposite amounts, linked both ways. */
async function expectReversed(id: Adjustment['id'], customer = 'cus_acme'): Promise<Adjustment> {
  const original = await read(id)
  const reversals = await reversalsOf(original)
  expect(reversals).toHaveLength(1)
  const [reversal] = reversals
  expect(original).toMatchObject({ state: 'invoiced', reversedBy: reversal!.id, wakeAt: null })
  expect(reversal).toMatchObject({
    state: 'invoiced',
    ruleId: 'reversal',
    subject: `reversal:${id}`,
    reverses: id,
    amount: -original.amount,
    wakeAt: null,
  })
  const amounts = await Promise.all(
    [id, reversal!.id].map(async (each) =>
      (await invoicesOf(each, customer)).map((invoice) => invoice.total),
    ),
  )
  expect(amounts).toEqual([[original.amount], [-original.amount]])
  const actions = await actionsOf(id)
  expect(actions.filter((action) => action === 'adjustment.reversed')).toHaveLength(1)
  return reversal!
}

describe('undo, do and claim', () => {
  /** A small seeded generator (mulberry32): 0 ≤ x < 1. */
  function randomOf(seed: number): () => number {
    let state = seed
    return () => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    }
  }

  function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
    const rest = [...items]
    return items.flatMap(() => rest.splice(Math.floor(random() * rest.length), 1))
  }

  const died = () => Promise.reject(new Error('the process died here'))

  /** What goes wrong in a round, for the consumers of its first wake-ups. */
  const CRASHES: readonly (() => Partial<Deps>)[] = [
    () => ({}),
    () => ({ wake: died }),
    () => dyingAfterPost(world.deps.billing),
    () => withPost(world.deps.billing, died),
    () => withInvoices({ get: died }),
  ]

  /** Each at its own moment of the round, or one after the other in the order of the shuffle. */
  async function play(seed: number, subject: string): Promise<void> {
    const random = randomOf(seed)
    const made = eventOf('credit.made', { subject, amount: 1_000 + seed })
    const again = { ...made, id: `${made.id}-again` }
    const unmade = eventOf('credit.undone', { subject })
    const crash = CRASHES[Math.floor(random() * CRASHES.length)]!
    const work = async () => {
      const id = await adjustmentId('credit', 'batch', subject, '')
      const rows = await rowsOf('id = ? OR reverses = ?', id, id)
      const how = { ...world.deps, ...crash() }
      await Promise.all(rows.map((row) => issueAdjustment(how, row).catch(() => 'died')))
    }
    // In most rounds the undos come up to 30 ms later, so that many meet an invoice on its way.
    const lag = seed % 4 === 1 ? 0 : Math.floor(random() * 30)
    const actions = shuffled<readonly [() => Promise<unknown>, number]>(
      [
        [() => receiveOne(made), 0],
        [() => receiveOne(again), 0],
        [() => receiveOne(unmade), lag],
        [() => receiveOne({ ...unmade, id: `${unmade.id}-again` }), lag],
        [work, 0],
        [work, 0],
      ],
      random,
    )
    if (seed % 4 === 0) {
      for (const [action] of actions) await action()
      return
    }
    const waits = actions.map(([, later]) => Math.floor(random() * 12) + later)
    await Promise.all(
      actions.map(([action], position) => scheduler.wait(waits[position]!).then(action)),
    )
  }

  it('each twice, shuffled and at once, a hundred rounds: cancelled, or issued with one reversal', async () => {
    const ended = { cancelled: 0, reversed: 0 }
    for (let seed = 1; seed <= 100; seed++) {
      const subject = newSubject()
      await play(seed, subject)
      const id = await adjustmentId('credit', 'batch', subject, '')
      // A lease that a crash left runs out, then a minute each for the original and its reversal.
      await world.advance(121)
      await world.sweep()
      await world.work()
      await minutes(2)
      const { state } = await read(id)
      if (state === 'cancelled') {
        ended.cancelled += 1
        expect(await invoicesOf(id, 'cus_acme')).toEqual([])
        expect(await reversalsOf({ id })).toEqual([])
        const actions = await actionsOf(id)
        expect(actions.filter((action) => action === 'adjustment.cancelled')).toHaveLength(1)
      } else {
        ended.reversed += 1
        await expectReversed(id)
      }
    }
    expect(ended.cancelled + ended.reversed).toBe(100)
    expect(ended.cancelled).toBeGreaterThan(10)
    expect(ended.reversed).toBeGreaterThan(10)
  }, 180_000)
})

describe('what nothing of has gone out', () => {
  it('is cancelled when its undo came before it', async () => {
    const subject = newSubject()
    await unmake(subject)
    const event = await make(subject)
    expect(await world.work()).toEqual(['cancelled'])
    expect(await world.adjustment(event)).toMatchObject({ state: 'cancelled', wakeAt: null })
    expect(await callsOf('POST', /^\/invoices$/)).toEqual([])
  })

  it('is cancelled when both come in one delivery, in either order', async () => {
    for (const order of [1, -1]) {
      const subject = newSubject()
      const events = ['credit.made', 'credit.undone'].map((type) => eventOf(type, { subject }))
      await world.receive('batch', order === 1 ? events : events.toReversed())
      expect(await world.work()).toEqual(['cancelled'])
    }
  })

  it('is cancelled when its rule has got another id between the undo and it', async () => {
    const subject = newSubject()
    await unmake(subject)
    const renamed = [undoable('renamed', credit, { ...owed, was: ['credit'] })]
    world = await createWorld(configured(renamed))
    await make(subject, 'renamed')
    expect(await world.work()).toEqual(['cancelled'])
  })

  it('is cancelled while it waits for a person, and nobody can approve it any more', async () => {
    const event = await make(newSubject(), 'credit', { amount: 30_000 })
    expect(await world.work()).toEqual(['held'])
    const held = await world.adjustment(event)
    const undoing = await unmake(held.subject)
    await minutes(1)
    await expectCancelled(event, undoing)
    const { amount, currency, version } = held
    const seen = { version, amount, currency }
    const approved = await approveAdjustment(world.deps, boss, held.id, seen)
    expect(approved).toMatchObject({ ok: false, error: { refusal: { reason: 'not_held' } } })
  })

  it('is cancelled after its approval, and takes no room of a limit', async () => {
    const event = await make(newSubject(), 'credit', { amount: 30_000 })
    await world.work()
    const held = await world.adjustment(event)
    const { ok } = await approveAdjustment(world.deps, boss, held.id, held)
    expect(ok).toBe(true)
    expect((await read(held.id)).countedAt).not.toBeNull()
    await unmake(held.subject)
    expect(await world.work()).toEqual(['cancelled'])
    expect(await read(held.id)).toMatchObject({ state: 'cancelled', countedAt: null })
  })

  it('is cancelled after every attempt was refused', async () => {
    const event = await make(newSubject())
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['failed'])
    const undoing = await unmake((await world.adjustment(event)).subject)
    await minutes(1)
    await expectCancelled(event, undoing)
  })

  it('is cancelled when it is undone during the attempt that is refused', async () => {
    const subject = newSubject()
    const event = await make(subject)
    let undoing: EventId | undefined
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
    const undoneMeanwhile = withPost(world.deps.billing, async (post) => {
      undoing = await unmake(subject)
      return post()
    })
    expect(await world.work(undoneMeanwhile)).toEqual(['failed'])
    await minutes(1)
    await expectCancelled(event, undoing!)
  })

  it('is cancelled without a billing API that is configured, while it is held', async () => {
    const event = await make(newSubject(), 'credit', { amount: 30_000 })
    await world.work()
    const undoing = await unmake((await world.adjustment(event)).subject)
    await minutes(1, { billing: null })
    await expectCancelled(event, undoing)
  })

  it('is not claimed by anybody, whatever the code says', async () => {
    const event = await make(newSubject())
    const { id, subject } = await world.adjustment(event)
    await unmake(subject)
    const claiming = env.DB.prepare(
      `UPDATE adjustments SET state = 'issuing', version = version + 1, lease_until = 1, request = '{}',
        counted_at = 1, counted_day = '2026-01-01' WHERE id = ?`,
    ).bind(id)
    await expect(claiming.run()).rejects.toThrow('what was undone is not issued')
  })
})

describe('where an attempt may have arrived', () => {
  it('stays held, since a person looks first, and its reminder keeps its time', async () => {
    const event = await make(newSubject())
    await setFaults(
      { kind: 'server_error', status: 500, method: 'POST', times: 1 },
      { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 },
    )
    await world.work()
    await minutes(1)
    const held = await world.adjustment(event)
    expect(held).toMatchObject({ state: 'held', holdReasons: ['outcome_unknown'] })
    await unmake(held.subject)
    await minutes(2)
    const after = await read(held.id)
    expect(after).toMatchObject({ state: 'held', version: held.version })
    expect(after.wakeAt).toBe(held.wakeAt)
    expect(await actionsOf(held.id)).not.toContain('adjustment.cancelled')
  })

  it('goes on as ever, and is reversed once it is invoiced', async () => {
    const event = await make(newSubject())
    await setFaults({ kind: 'server_error', status: 503, applied: true, method: 'POST', times: 1 })
    expect(await world.work()).toEqual(['postponed'])
    const { id, subject } = await world.adjustment(event)
    await unmake(subject)
    await minutes(3)
    await expectReversed(id)
  })
})

describe('what is invoiced', () => {
  it('gets one reversal, linked both ways, with an entry on each side', async () => {
    const original = await invoiced()
    const undoing = await unmake(original.subject)
    await minutes(2)
    const reversal = await expectReversed(original.id)
    expect(reversal).toMatchObject({
      eventId: undoing,
      settlement: 'owed',
      reason: 'goodwill',
      customerReference: 'acme-42',
      maker: null,
      originalInvoice: original.invoiceNumber,
      description: `Reversal of invoice ${original.invoiceNumber}`,
    })
    expect((await entriesOf(original.id)).at(-1)).toEqual({
      action: 'adjustment.reversed',
      data: { reversal: reversal.id, cause: 'undone', event: undoing },
    })
    expect((await entriesOf(reversal.id))[0]).toEqual({
      action: 'adjustment.created',
      data: {
        event: undoing,
        rule: 'reversal',
        rules: await world.deps.ruleSet(),
        amount: 1250,
        currency: 'usd',
        settlement: 'owed',
        reverses: original.id,
      },
    })
    const [invoice] = await invoicesOf(reversal.id, 'cus_acme')
    expect(invoice).toMatchObject({
      memo: `Reversal of invoice ${original.invoiceNumber}`,
      metadata: {
        makegood_reverses: original.id,
        makegood_original_invoice: original.invoiceNumber,
      },
    })
  })

  it('gets one reversal of two undos, and the second is a duplicate', async () => {
    const original = await invoiced()
    const first = await unmake(original.subject)
    const second = await unmake(original.subject)
    await minutes(2)
    const third = await unmake(original.subject)
    await minutes(2)
    await expectReversed(original.id)
    const fates = await Promise.all([first, second, third].map((id) => world.fate(id)))
    expect(fates).toEqual(['adjusted', 'duplicate', 'duplicate'])
  })

  it('is reversed when it was undone before or after its post was answered', async () => {
    for (const isBefore of [true, false]) {
      const subject = newSubject()
      const event = await make(subject)
      const undoneMeanwhile = withPost(world.deps.billing, async (post) => {
        if (isBefore) await unmake(subject)
        const answer = await post()
        if (!isBefore) await unmake(subject)
        return answer
      })
      expect(await world.work(undoneMeanwhile)).toEqual(['reversed'])
      await minutes(1)
      await expectReversed((await world.adjustment(event)).id)
    }
  })

  it('is reversed when it was undone under a lease that ran out, and its invoice came late', async () => {
    const subject = newSubject()
    const event = await make(subject)
    const late = withPost(world.deps.billing, async (post) => {
      const answer = await post()
      await world.advance(121)
      await world.sweep()
      world.queue.length = 0
      await unmake(subject)
      return answer
    })
    expect(await world.work(late)).toEqual(['issued_late'])
    await minutes(2)
    await expectReversed((await world.adjustment(event)).id)
  })

  it('is reversed after a crash between the post and the commit', async () => {
    const event = await make(newSubject())
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    const { id, subject } = await world.adjustment(event)
    await unmake(subject)
    await minutes(5)
    await expectReversed(id)
  })

  it('is reversed under a former id of the rule that undoes it', async () => {
    const original = await invoiced()
    const renamed = [undoable('renamed', credit, { ...owed, was: ['credit'] })]
    world = await createWorld(configured(renamed))
    await unmake(original.subject, 'renamed')
    await minutes(2)
    await expectReversed(original.id)
  })

  it('is reversed by another rule that names its id, and not by one that names another', async () => {
    const original = await invoiced()
    await unmake(original.subject, 'record')
    await minutes(2)
    expect(await reversalsOf(original)).toEqual([])
    await unmake(original.subject, 'record', { of: 'credit' })
    await minutes(2)
    await expectReversed(original.id)
  })

  it('is left alone by an undo of the same subject at another account', async () => {
    const original = await invoiced()
    const elsewhere = new Map(config.endpoints).set('batch', {
      ...config.endpoints.get('batch')!,
      account: 'elsewhere',
    })
    world = await createWorld({ config: { ...configured().config, endpoints: elsewhere } })
    const undoing = await unmake(original.subject)
    await minutes(2)
    expect(await world.fate(undoing)).toBe('adjusted')
    expect(await reversalsOf(original)).toEqual([])
  })

  it('is reversed though the queue hears nothing of it', async () => {
    const original = await invoiced()
    await unmake(original.subject)
    await world.advance(61)
    await world.sweep()
    const deaf = { wake: () => Promise.reject(new Error('the queue is away')) }
    expect(await world.work(deaf)).toEqual(['reversed'])
    expect(world.lines).toContainEqual(expect.objectContaining({ event: 'alarm.wake_failed' }))
    await minutes(1)
    await expectReversed(original.id)
  })

  it('is tried again, hour by hour at the most, when writing the reversal throws', async () => {
    const original = await invoiced()
    await unmake(original.subject)
    await world.advance(61)
    await world.sweep()
    const [wakeUp] = world.queue.splice(0)
    await postponeThrown(world.deps, wakeUp!)
    const postponed = await read(original.id)
    expect(postponed).toMatchObject({ state: 'invoiced', attempts: original.attempts + 1 })
    expect(postponed.wakeAt).toBeGreaterThan(world.now())
    await minutes(2)
    await expectReversed(original.id)
  })

  it('is looked at once more and no more, when it was woken and nothing is left to do', async () => {
    const original = await invoiced()
    await env.DB.prepare('UPDATE adjustments SET wake_at = 1 WHERE id = ?').bind(original.id).run()
    await minutes(1)
    expect(await read(original.id)).toEqual(original)
  })

  it('is not reversed again by an undo of the reversal', async () => {
    const original = await invoiced()
    const reversal = await undone(original)
    await unmake(reversal.subject, 'credit', { of: 'reversal' })
    await minutes(2)
    await expectReversed(original.id)
    expect(await reversalsOf(reversal)).toEqual([])
  })
})

describe('records of money that moved elsewhere', () => {
  it('are reversed by a record, which is marked paid as well', async () => {
    const original = await invoiced('record')
    const reversal = await undone(original, 'record')
    await expectReversed(original.id)
    expect(reversal).toMatchObject({ settlement: 'already_paid', invoiceStatus: 'paid' })
  })

  it('are reversed at once while they are not marked paid yet, and still are marked paid', async () => {
    const event = await make(newSubject(), 'record')
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 2 })
    expect(await world.work()).toEqual(['postponed'])
    const { id, subject } = await world.adjustment(event)
    await unmake(subject, 'record')
    await world.advance(61)
    await world.sweep()
    expect(await world.work()).toEqual(['reversed'])
    expect(await read(id)).toMatchObject({ invoiceStatus: 'outstanding' })
    // The reversal is a record too, and meets the second of these faults.
    expect(await world.work()).toEqual(['postponed'])
    await minutes(4)
    await expectReversed(id)
    expect(await read(id)).toMatchObject({ invoiceStatus: 'paid' })
  })

  it('are reversed when they are undone while they are marked paid', async () => {
    const subject = newSubject()
    const event = await make(subject, 'record')
    const { updateStatus } = world.deps.billing!.invoices
    const undoneMeanwhile = withInvoices({
      updateStatus: async (...call) => {
        const answer = await updateStatus(...call)
        await unmake(subject, 'record')
        return answer
      },
    })
    expect(await world.work(undoneMeanwhile)).toEqual(['issued'])
    await minutes(2)
    const { id } = await world.adjustment(event)
    await expectReversed(id)
  })

  it('are reversed when they are undone while marking them paid is given up', async () => {
    const subject = newSubject()
    const event = await make(subject, 'record')
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT' })
    await world.work()
    await env.DB.prepare(`UPDATE adjustments SET attempts = ${ATTEMPTS_MAX - 1} WHERE subject = ?`)
      .bind(subject)
      .run()
    const { updateStatus } = world.deps.billing!.invoices
    const undoneMeanwhile = withInvoices({
      updateStatus: async (...call) => {
        await unmake(subject, 'record')
        return updateStatus(...call)
      },
    })
    await world.advance(HOUR)
    await world.sweep()
    expect(await world.work(undoneMeanwhile)).toEqual(['unsettled'])
    const { id } = await world.adjustment(event)
    await world.advance(61)
    await world.sweep()
    expect(await world.work()).toContain('reversed')
    expect(await reversalsOf({ id })).toHaveLength(1)
  })
})

describe('a reversal goes the way of any other', () => {
  const heldFor = async (
    original: Adjustment,
    kind: string,
    rules: readonly Rule[] = RULES,
    limits: LimitOptions = LIMITS,
  ) => {
    world = await createWorld(configured(rules, limits))
    return (await undone(original, kind)).holdReasons
  }

  it('waits for a person where it takes money, unless charges are allowed', async () => {
    const original = await invoiced()
    world = await createWorld(configured(RULES, { ...LIMITS, charges: 'hold' }))
    const held = await undone(original)
    expect(held).toMatchObject({ state: 'held', holdReasons: ['charge'] })
    const approved = await approveAdjustment(world.deps, boss, held.id, held)
    expect(approved.ok).toBe(true)
    expect(await world.work()).toEqual(['issued'])
    await expectReversed(original.id)
  })

  it('gives money back without a person where its original took it', async () => {
    const original = await invoiced('charge')
    await undone(original, 'charge')
    await expectReversed(original.id)
  })

  it('meets the limits, by the numbers of what has gone out already', async () => {
    const original = await invoiced('charge', { amount: 30_000 }).catch(() => null)
    expect(original).toBeNull()
    const small = await invoiced('charge')
    const perCustomer = { amount: { minorUnits: 1_000, currency: 'usd' }, days: 30 }
    expect(await heldFor(small, 'charge', RULES, { ...LIMITS, perCustomer })).toEqual([
      'over_limit:perCustomer',
    ])
  })

  it('is neither a possible duplicate, nor new, nor older than its endpoint', async () => {
    // A charge of the same amount to the same customer, a moment ago.
    await invoiced('charge', { amount: 1777 })
    const original = await invoiced('credit', { amount: 1777 })
    const limits = { charges: 'allow' as const, duplicateHours: 24, holdFirst: 1_000 }
    expect(await heldFor(original, 'credit', RULES, limits)).toBeNull()
    await expectReversed(original.id)
  })

  it('is held where a customer can make the undo happen, not where he could make the original', async () => {
    const original = await invoiced()
    await unmake(original.subject, 'customers', { of: 'credit' })
    await minutes(2)
    expect((await reversalsOf(original))[0]).toMatchObject({ holdReasons: ['customer_caused'] })
    const asked = await make(newSubject(), 'customers')
    expect(await world.work()).toEqual(['held'])
    const held = await world.adjustment(asked)
    await approveAdjustment(world.deps, boss, held.id, held)
    expect(await world.work()).toEqual(['issued'])
    await unmake(held.subject, 'credit', { of: 'customers' })
    await minutes(2)
    await expectReversed(held.id)
  })

  it('is held where nothing proves that the sender of the undo wrote it, whoever sent the original', async () => {
    const original = await invoiced()
    // A second endpoint of the same account, whose bodies nobody signs.
    const weak = { ...config.endpoints.get('batch')!, account: 'batch', holdsAll: true }
    const endpoints = new Map(config.endpoints).set('zendesk', weak)
    world = await createWorld({ config: { ...configured().config, endpoints } })
    await world.receive('zendesk', [eventOf('credit.undone', { subject: original.subject })])
    await minutes(2)
    const [held] = await reversalsOf(original)
    expect(held).toMatchObject({ endpoint: 'zendesk', holdReasons: ['unsigned_body'] })
  })

  it('is not held for the bodies of its endpoint where a person made it', async () => {
    const original = await invoiced()
    const weak = { ...config.endpoints.get('batch')!, holdsAll: true }
    const endpoints = new Map(config.endpoints).set('batch', weak)
    world = await createWorld({ config: { ...configured().config, endpoints } })
    await reverse(original)
    expect(await world.work()).toEqual(['issued'])
    await expectReversed(original.id)
  })

  it('is held where an event of the other mode undid it', async () => {
    const original = await invoiced()
    const endpoints = new Map(config.endpoints).set('batch', {
      ...config.endpoints.get('batch')!,
      mode: 'live' as const,
    })
    world = await createWorld({ config: { ...configured().config, endpoints } })
    expect(await undone(original)).toMatchObject({
      mode: 'test',
      holdDetails: [{ reason: 'rule_asked', code: 'undone_in_other_mode' }],
    })
  })

  it('is held where the billing API had answered otherwise than asked', async () => {
    await setFaults({
      kind: 'other_answer',
      method: 'POST',
      data: { total: -1487, taxAmount: -237 },
    })
    const original = await invoiced()
    await setFaults()
    world = await createWorld(configured())
    expect(await undone(original)).toMatchObject({
      holdDetails: [{ reason: 'rule_asked', code: 'original_differs' }],
    })
  })

  it('is for the customer whose invoice it was, whoever the reference is now', async () => {
    const original = await invoiced()
    await env.DB.prepare(
      `INSERT INTO identities (account, kind, value, customer_id, at, actor)
      VALUES ('batch', 'external_id', 'acme-42', 'cus_bolt', 1, 'operator:ann')`,
    ).run()
    try {
      const reversal = await undone(original)
      expect(reversal.request?.customerId).toBe('cus_acme')
      await expectReversed(original.id)
      expect(await callsOf('GET', /^\/customers/)).toHaveLength(1)
    } finally {
      await env.DB.exec('DELETE FROM identities')
    }
  })

  it('is not for somebody else than the one whom the invoice names now', async () => {
    const original = await invoiced()
    await setFaults({
      kind: 'other_answer',
      method: 'GET',
      path: '/invoices/*',
      data: { customerId: 'cus_bolt' },
    })
    expect(await undone(original)).toMatchObject({
      state: 'held',
      holdReasons: ['customer_unresolved'],
      request: null,
    })
  })

  it('waits while its original cannot be looked at', async () => {
    const original = await invoiced()
    await setFaults({ kind: 'server_error', status: 503, method: 'GET', path: '/invoices/*' })
    const waiting = await undone(original)
    expect(waiting).toMatchObject({ state: 'due', trouble: { step: 'resolve', status: 503 } })
    await setFaults()
    await minutes(3)
    await expectReversed(original.id)
  })

  it('is held, without a look, while the billing key is of the other mode', async () => {
    const original = await invoiced()
    const live = { billing: { ...world.deps.billing!, mode: 'live' as const } }
    world = await createWorld({ ...configured(), ...live })
    expect(await undone(original)).toMatchObject({ holdReasons: ['mode_mismatch'] })
    expect(await callsOf('GET', /^\/invoices\/./)).toEqual([])
  })

  it('is cancelled, and says why, where its original was voided by then', async () => {
    const original = await invoiced()
    await setStatus(original.invoiceId, 'void')
    const reversal = await undone(original)
    expect(reversal).toMatchObject({ state: 'cancelled', invoiceId: null, wakeAt: null })
    expect((await entriesOf(reversal.id)).at(-1)).toEqual({
      action: 'adjustment.cancelled',
      data: {
        cause: 'original_closed',
        original: original.id,
        invoice: original.invoiceId,
        status: 'void',
      },
    })
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
  })

  it('stops with the switch of everything, and goes on when that is off', async () => {
    const original = await invoiced()
    await env.DB.exec(
      `INSERT INTO switches (kind, key, at, actor) VALUES ('all', '', 1, 'operator:ann')`,
    )
    expect(await undone(original)).toMatchObject({ state: 'due', version: 1 })
    expect(await callsOf('POST', /^\/invoices$/)).toHaveLength(1)
    await env.DB.exec('DELETE FROM switches')
    await minutes(20)
    await expectReversed(original.id)
  })
})

describe('the database itself', () => {
  const insertReversal = (original: Adjustment, amount: number, id = `adj_${'r'.repeat(32)}`) =>
    env.DB.prepare(
      `INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
        settlement, reason, caused_by, amount, currency, description, created_at, reverses, state, version,
        wake_at, attempts, generation)
      SELECT ?, event_id, 'reversal', account, endpoint, source, 'reversal:' || id, '', mode, settlement,
        reason, caused_by, ?, currency, description, created_at, id, 'due', 1, 9e15, 0, 0
      FROM adjustments WHERE id = ?`,
    )
      .bind(id, amount, original.id)
      .run()

  it('refuses to claim a reversal before its original is invoiced and names it', async () => {
    const event = await make(newSubject())
    const original = await world.adjustment(event)
    const id = `adj_${'r'.repeat(32)}` as const
    await insertReversal(original, 1250, id)
    const claiming = () =>
      env.DB.prepare(
        `UPDATE adjustments SET state = 'issuing', version = version + 1, lease_until = 1,
          request = '{}', counted_at = 1, counted_day = '2026-01-01' WHERE id = ?`,
      )
        .bind(id)
        .run()
    await expect(claiming()).rejects.toThrow('only what is invoiced is reversed')
    await expect(issueAdjustment(world.deps, { id, version: 1 })).rejects.toThrow('not invoiced')
    await world.work()
    expect((await read(original.id)).state).toBe('invoiced')
    await expect(claiming()).rejects.toThrow('by one reversal')
    expect(await invoicesOf(id, 'cus_acme')).toEqual([])
  })

  it('refuses a reversal of a part, a second one, and one of a reversal', async () => {
    const original = await invoiced()
    await expect(insertReversal(original, 1249, `adj_${'s'.repeat(32)}`)).rejects.toThrow(
      'the whole',
    )
    const reversal = await undone(original)
    await expect(insertReversal(original, 1250, `adj_${'t'.repeat(32)}`)).rejects.toThrow(
      /never replaced|UNIQUE/,
    )
    await expect(insertReversal(reversal, -1250, `adj_${'u'.repeat(32)}`)).rejects.toThrow(
      'the whole',
    )
  })
})

describe('a person reverses', () => {
  it('with his name in the log, and can not approve it himself', async () => {
    world = await createWorld(configured(RULES, { ...LIMITS, charges: 'hold' }))
    const original = await invoiced()
    const made = await reverse(original)
    expect(made).toMatchObject({
      ok: true,
      value: { state: 'due', reverses: original.id, maker: ann.identity, asker: ann.identity },
    })
    expect((await entriesOf(original.id)).at(-1)).toEqual({
      action: 'adjustment.reversed',
      data: { reversal: (await read(original.id)).reversedBy, cause: 'by_hand' },
    })
    expect(await world.work()).toEqual(['held'])
    const [held] = await reversalsOf(original)
    expect(held).toMatchObject({ holdReasons: ['charge'], eventId: original.eventId })
    const own = await approveAdjustment(world.deps, ann, held!.id, held!)
    expect(own).toMatchObject({ error: { refusal: { reason: 'approver_is_maker' } } })
    expect((await approveAdjustment(world.deps, boss, held!.id, held!)).ok).toBe(true)
    await world.work()
    await expectReversed(original.id)
  })

  it('at the same time as the source undoes it: there is one reversal', async () => {
    for (let round = 0; round < 10; round++) {
      const original = await invoiced('credit', { amount: 2_000 + round })
      await unmake(original.subject)
      await world.advance(61)
      await world.sweep()
      const results = await Promise.all([
        reverse(original),
        world.workAtOnce(),
        reverse(original, boss),
      ])
      const ended = results
        .flat()
        .map((result) => (typeof result === 'string' ? result : result.ok))
      expect(ended.filter((each) => each === true || each === 'reversed')).toHaveLength(1)
      await minutes(2)
      await expectReversed(original.id)
    }
  }, 30_000)

  it('nothing of what has changed since it was read', async () => {
    const original = await invoiced()
    const before = { ...original, version: original.version - 1 }
    expect(
      await reverseAdjustment(world.deps, before, { kind: 'by_hand', operator: ann }),
    ).toBeNull()
    expect(await read(original.id)).toEqual(original)
    expect(await reversalsOf(original)).toEqual([])
    expect(await actionsOf(original.id)).not.toContain('adjustment.reversed')
  })

  it('once: the second time is told by what, and which version is true now', async () => {
    const original = await invoiced()
    await reverse(original)
    const { reversedBy } = await read(original.id)
    expect(await reverse(original)).toMatchObject({
      ok: false,
      error: { refusal: { reason: 'already_reversed', reversedBy } },
    })
  })

  it.each([
    ['what is held', { amount: 30_000 }, 'not_invoiced'],
    ['what is not issued yet', {}, 'not_invoiced'],
  ])('not %s', async (_, data, reason) => {
    const event = await make(newSubject(), 'credit', data)
    if ('amount' in data) await world.work()
    const adjustment = await world.adjustment(event)
    for (const undo_ of [reverse, requestVoidOf]) {
      expect(await undo_(adjustment)).toMatchObject({ error: { refusal: { reason } } })
    }
  })

  it('not a reversal, not a closed invoice, not another version than he saw', async () => {
    const original = await invoiced()
    const reversal = await undone(original)
    expect(await reverse(reversal)).toMatchObject({ error: { refusal: { reason: 'is_reversal' } } })
    const voided = await invoiced()
    expect(await reverse({ ...voided, version: voided.version - 1 })).toMatchObject({
      error: { refusal: { reason: 'version_moved', version: voided.version } },
    })
    await requestVoidOf(voided)
    await minutes(1)
    await env.DB.prepare('UPDATE adjustments SET reversed_by = NULL WHERE id = ?')
      .bind(voided.id)
      .run()
    expect(await reverse(await read(voided.id))).toMatchObject({
      error: { refusal: { reason: 'invoice_closed', status: 'void' } },
    })
  })
})

describe('a person voids', () => {
  it('an outstanding invoice: requested, then done in a step of its own', async () => {
    const original = await invoiced()
    const requested = await requestVoidOf(original)
    expect(requested).toMatchObject({
      ok: true,
      value: { reversedBy: 'void', invoiceStatus: 'outstanding', attempts: 0 },
    })
    expect(await world.work()).toEqual(['voided'])
    const voided = await read(original.id)
    expect(voided).toMatchObject({
      state: 'invoiced',
      reversedBy: 'void',
      invoiceStatus: 'void',
      wakeAt: null,
    })
    expect(voided.countedAt).toBe(original.countedAt)
    const { data } = await commet(`/api/v1/invoices/${original.invoiceId}`)
    expect(data.status).toBe('void')
    expect((await entriesOf(original.id)).slice(-2)).toEqual([
      { action: 'adjustment.void_requested', data: { invoice: original.invoiceId } },
      {
        action: 'adjustment.voided',
        data: { invoice: original.invoiceId, status: 'void', requestId: expect.any(String) },
      },
    ])
  })

  it('once: of two requests one counts, and the invoice is voided once', async () => {
    const original = await invoiced()
    const results = await Promise.all([requestVoidOf(original), requestVoidOf(original, boss)])
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    await world.work()
    expect(await requestVoidOf(original)).toMatchObject({
      error: { refusal: { reason: 'already_reversed', reversedBy: 'void' } },
    })
    expect(await callsOf('PUT', /status$/)).toHaveLength(1)
  })

  it('and reverses at the same time: one of the two', async () => {
    for (let round = 0; round < 5; round++) {
      const original = await invoiced('credit', { amount: 3_000 + round })
      const [reversed, voided] = await Promise.all([reverse(original), requestVoidOf(original)])
      expect(reversed.ok).toBe(!voided.ok)
      await minutes(2)
      const after = await read(original.id)
      expect(after.reversedBy).toBe(voided.ok ? 'void' : (await reversalsOf(original))[0]!.id)
      expect(await reversalsOf(original)).toHaveLength(voided.ok ? 0 : 1)
    }
  }, 30_000)

  it('and a crash after the call is found out by the next wake-up', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    const { updateStatus } = world.deps.billing!.invoices
    const dying = withInvoices({
      updateStatus: async (...call) => {
        await updateStatus(...call)
        throw new Error('the process died here')
      },
    })
    await expect(world.work(dying)).rejects.toThrow('died')
    await minutes(1)
    expect(await read(original.id)).toMatchObject({ invoiceStatus: 'void', wakeAt: null })
    // The billing API forgets keys after a day: then the invoice itself tells.
    const other = await invoiced()
    await requestVoidOf(other)
    await expect(world.work(dying)).rejects.toThrow('died')
    await world.advance(25 * HOUR)
    await world.sweep()
    expect(await world.work()).toEqual(['voided'])
  })

  it('goes on after trouble, with another key each time', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 2 })
    expect(await world.work()).toEqual(['postponed'])
    expect(await read(original.id)).toMatchObject({
      reversedBy: 'void',
      trouble: { step: 'void', status: 503 },
      attempts: 1,
    })
    await minutes(3)
    expect(await read(original.id)).toMatchObject({ invoiceStatus: 'void', trouble: null })
    const keys = (await callsOf('PUT', /status$/)).map((call) => call.idempotencyKey)
    expect(new Set(keys).size).toBe(3)
    expect(keys[0]).toMatch(new RegExp(`^${original.id}\\.0\\.void\\.\\d+$`))
  })

  it('not what was paid meanwhile: it may be undone in another way then, and an alarm says so', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    await setStatus(original.invoiceId, 'paid')
    expect(await world.work()).toEqual(['void_failed'])
    const after = await read(original.id)
    expect(after).toMatchObject({ reversedBy: null, invoiceStatus: 'paid', wakeAt: null })
    expect((await entriesOf(original.id)).at(-1)).toMatchObject({
      action: 'adjustment.void_failed',
      data: { invoice: original.invoiceId, status: 'paid', attempts: 0 },
    })
    expect(world.lines).toContainEqual({
      event: 'alarm.void_failed',
      adjustment: original.id,
      invoice: original.invoiceId,
    })
    expect(await requestVoidOf(after)).toMatchObject({
      error: { refusal: { reason: 'invoice_not_outstanding', status: 'paid' } },
    })
    expect((await reverse(after)).ok).toBe(true)
    await world.work()
    await expectReversed(original.id)
  })

  it('and is content when somebody else has voided it', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    await setStatus(original.invoiceId, 'void')
    expect(await world.work()).toEqual(['voided'])
  })

  it('and the source undoes it meanwhile: nothing more happens once it is void', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    await unmake(original.subject)
    await minutes(3)
    expect(await read(original.id)).toMatchObject({ reversedBy: 'void', invoiceStatus: 'void' })
    expect(await reversalsOf(original)).toEqual([])
  })

  it('in vain, and the source undoes it meanwhile: it is reversed', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    await setStatus(original.invoiceId, 'paid')
    await unmake(original.subject)
    expect(await world.work()).toEqual(['void_failed'])
    await minutes(2)
    await expectReversed(original.id)
  })

  it('not for ever: after its attempts a person looks, and may ask again', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    await env.DB.prepare(`UPDATE adjustments SET attempts = ${ATTEMPTS_MAX - 1} WHERE id = ?`)
      .bind(original.id)
      .run()
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    expect(await world.work()).toEqual(['void_failed'])
    const after = await read(original.id)
    expect(after).toMatchObject({ reversedBy: null, invoiceStatus: 'outstanding', wakeAt: null })
    expect((await requestVoidOf(after)).ok).toBe(true)
    expect(await world.work()).toEqual(['voided'])
  })

  it('counts what threw, and gives it up like any other trouble', async () => {
    const original = await invoiced()
    const requested = await requestVoidOf(original)
    if (!requested.ok) throw new Error('not requested')
    await postponeThrown(world.deps, requested.value)
    expect(await read(original.id)).toMatchObject({
      attempts: 1,
      trouble: { step: 'void', code: 'threw' },
      reversedBy: 'void',
    })
    await minutes(1)
    expect(await read(original.id)).toMatchObject({ invoiceStatus: 'void' })
  })

  it('nothing with a key of the other mode', async () => {
    const original = await invoiced()
    await requestVoidOf(original)
    const live = { billing: { ...world.deps.billing!, mode: 'live' as const } }
    expect(await world.work(live)).toEqual(['postponed'])
    expect(await callsOf('PUT', /status$/)).toEqual([])
    await world.advance(301)
    await world.sweep()
    expect(await world.work()).toEqual(['voided'])
  })

  it('a record that is not marked paid yet; in vain, it is marked paid after all', async () => {
    const waiting = async () => {
      const event = await make(newSubject(), 'record')
      await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
      expect(await world.work()).toEqual(['postponed'])
      return world.adjustment(event)
    }
    const voided = await waiting()
    await requestVoidOf(voided)
    expect(await world.work()).toEqual(['voided'])
    await minutes(2)
    expect(await read(voided.id)).toMatchObject({ invoiceStatus: 'void', wakeAt: null })

    const stays = await waiting()
    await requestVoidOf(stays)
    await env.DB.prepare(`UPDATE adjustments SET attempts = ${ATTEMPTS_MAX - 1} WHERE id = ?`)
      .bind(stays.id)
      .run()
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    expect(await world.work()).toEqual(['void_failed'])
    await minutes(2)
    expect(await read(stays.id)).toMatchObject({ invoiceStatus: 'paid', wakeAt: null })
  })

  it('a record that is being marked paid at that moment: it is paid, and may be reversed', async () => {
    const event = await make(newSubject(), 'record')
    const { updateStatus } = world.deps.billing!.invoices
    const requestedMeanwhile = withInvoices({
      updateStatus: async (...call) => {
        const answer = await updateStatus(...call)
        expect((await requestVoidOf(await world.adjustment(event))).ok).toBe(true)
        return answer
      },
    })
    expect(await world.work(requestedMeanwhile)).toEqual(['stale'])
    expect(await world.work()).toEqual(['void_failed'])
    const original = await world.adjustment(event)
    expect(original).toMatchObject({ reversedBy: null, invoiceStatus: 'paid', wakeAt: null })
    await reverse(original)
    await minutes(1)
    await expectReversed(original.id)
  })

  /** Its reversal, which a person made and another has rejected. */
  async function rejectedReversal(original: Adjustment): Promise<Adjustment> {
    await reverse(original)
    expect(await world.work()).toEqual(['held'])
    const [held] = await reversalsOf(original)
    const { version } = held!
    expect((await rejectAdjustment(world.deps, boss, held!.id, { version, note: null })).ok).toBe(
      true,
    )
    return held!
  }

  it('what a rejected reversal left standing, which is not reversed again', async () => {
    world = await createWorld(configured(RULES, { ...LIMITS, charges: 'hold' }))
    const original = await invoiced()
    const reversal = await rejectedReversal(original)
    const standing = await read(original.id)
    expect(standing).toMatchObject({ reversedBy: reversal.id, invoiceStatus: 'outstanding' })
    expect(await reverse(standing)).toMatchObject({
      error: { refusal: { reason: 'reversal_rejected', reversedBy: reversal.id } },
    })
    expect(await requestVoidOf({ ...standing, version: standing.version - 1 })).toMatchObject({
      error: { refusal: { reason: 'version_moved' } },
    })
    expect((await requestVoidOf(standing)).ok).toBe(true)
    expect((await entriesOf(original.id)).at(-1)).toEqual({
      action: 'adjustment.void_requested',
      data: { invoice: original.invoiceId, insteadOf: reversal.id },
    })
    expect(await world.work()).toEqual(['voided'])
    expect(await read(original.id)).toMatchObject({ reversedBy: 'void', invoiceStatus: 'void' })
    expect(await read(reversal.id)).toMatchObject({ state: 'rejected', invoiceId: null })
  })

  it('nothing behind the back of a reversal that waits', async () => {
    world = await createWorld(configured(RULES, { ...LIMITS, charges: 'hold' }))
    const original = await invoiced()
    await reverse(original)
    for (const state of ['due', 'held']) {
      expect(await requestVoidOf(await read(original.id))).toMatchObject({
        error: { refusal: { reason: 'already_reversed', state } },
      })
      await world.work()
    }
  })

  it('in vain after a rejected reversal: that one stays, also when the source undoes it', async () => {
    world = await createWorld(configured(RULES, { ...LIMITS, charges: 'hold' }))
    const original = await invoiced()
    const reversal = await rejectedReversal(original)
    await requestVoidOf(await read(original.id))
    await setStatus(original.invoiceId, 'paid')
    await unmake(original.subject)
    expect(await world.work()).toEqual(['void_failed'])
    await minutes(3)
    expect(await read(original.id)).toMatchObject({
      reversedBy: reversal.id,
      invoiceStatus: 'paid',
      wakeAt: null,
    })
    expect(await reversalsOf(original)).toHaveLength(1)
  })

  it('an outstanding reversal, which leaves the original as it is', async () => {
    const original = await invoiced()
    const reversal = await undone(original)
    expect((await requestVoidOf(reversal)).ok).toBe(true)
    await minutes(2)
    expect(await read(reversal.id)).toMatchObject({ reversedBy: 'void', invoiceStatus: 'void' })
    expect(await read(original.id)).toMatchObject({ reversedBy: reversal.id })
  })
})
