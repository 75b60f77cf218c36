// One fact makes one adjustment: over new event ids, redeliveries at any age, accounts, renamed rules and
// other rules; and what is only alike waits for a person.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { findEvent } from '../../src/db/read-events.ts'
import type { Deps } from '../../src/deps.ts'
import { SCOPES } from '../../src/domain/operator.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { given, giving, type Given } from '../giving.ts'
import { countRows, invoicesOf, refund, signedRequest, ticket } from '../harness.ts'
import testConfig from '../makegood.config.ts'
import { createMoneyWorld, moneyConfig } from '../money-world.ts'
import { receiveDelivery } from '../../src/usecases/receive-delivery.ts'
import { actionsOf, createWorld, entriesOf } from '../world.ts'

type World = Awaited<ReturnType<typeof createMoneyWorld>>

const DAY_SECONDS = 86_400
const HOUR_MS = 3_600_000

let made = 0
const credit = (fields: Partial<Given> = {}): Given => ({
  subject: `once:${(made += 1)}`,
  amount: -1_000,
  customer: `once-${made}`,
  ...fields,
})

/** The states of the adjustments of a subject, in the order in which they came, with their reasons. */
async function ofSubject(subject: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT account, rule_id, state, hold_reasons FROM adjustments WHERE subject = ? ORDER BY seq`,
  )
    .bind(subject)
    .all<{ account: string; rule_id: string; state: string; hold_reasons: string | null }>()
  return results.map(({ account, rule_id: rule, state, hold_reasons: held }) =>
    [account, rule, state, ...(held === null ? [] : JSON.parse(held))].join(' '),
  )
}

describe('two events about one refund', () => {
  const twice = () => {
    const id = `re_once_${(made += 1)}`
    return [refund({ id }), refund({ id }, 'refund.updated')] as const
  }

  it('make one credit, whichever comes first, and the second says that it is a duplicate', async () => {
    const world = await createWorld()
    for (const [first, second] of [twice(), twice().toReversed()]) {
      const [one] = await world.receive('stripe', first)
      const [other] = await world.receive('stripe', second)
      expect(one).not.toBe(other)
      expect(await world.work()).toEqual(['issued'])
      expect([await world.fate(one!), await world.fate(other!)]).toEqual(['adjusted', 'duplicate'])
      const adjustment = await world.adjustment(one!)
      expect((await world.adjustment(other!)).id).toBe(adjustment.id)
      expect(await invoicesOf(adjustment.id, adjustment.customerId!)).toHaveLength(1)
    }
  })

  it('make one credit when they arrive at the same time', async () => {
    const world = await createWorld()
    const bodies = [...twice(), ...twice()]
    const before = await countRows('adjustments')
    const ids = await Promise.all(bodies.map((body) => world.receive('stripe', body)))
    expect(await countRows('adjustments')).toBe(before + 2)
    expect(await world.workAtOnce()).toEqual(['issued', 'issued'])
    const fates = await Promise.all(ids.map(async ([id]) => String(await world.fate(id!))))
    expect(fates.toSorted()).toEqual(['adjusted', 'adjusted', 'duplicate', 'duplicate'])
  })

  it('make one credit in one delivery, and a conflict where they name two amounts', async () => {
    const world = await createMoneyWorld({})
    const [same, other] = [credit(), credit()]
    const ids = await world.receive(
      'batch',
      [
        given('one', 'promise', same),
        given('two', 'promise', same),
        given('three', 'promise', other),
        given('four', 'promise', { ...other, amount: -1_001 }),
      ],
      { nowMs: world.at() },
    )
    expect(await Promise.all(ids.map((id) => world.fate(id)))).toEqual([
      'adjusted',
      'duplicate',
      'adjusted',
      'conflict',
    ])
    expect(await world.work()).toEqual(['issued', 'issued'])
    expect(world.posted.map(({ amount }) => amount)).toEqual([-1_000, -1_000])
  })

  it.each<[string, Partial<Given>]>([
    ['another amount', { amount: -1_001 }],
    ['the other sign', { amount: 1_000 }],
    ['another customer', { customer: 'somebody-else' }],
    ['no customer', { customer: null }],
  ])('conflict where the second names %s, and nothing that exists is edited', async (_, change) => {
    const world = await createMoneyWorld({})
    const first = credit()
    const id = await world.give('promise', first)
    await world.work()
    const before = await world.adjustment(id)
    const other = await world.give('promise', { ...first, ...change })
    expect(await world.fate(other)).toBe('conflict')
    expect(world.queue).toEqual([])
    expect(await world.adjustment(id)).toEqual(before)
    expect(world.posted).toHaveLength(1)
  })
})

describe('the same event', () => {
  it('after 400 days makes nothing, and no row changes', async () => {
    const world = await createWorld()
    const body = refund()
    const [id] = await world.receive('stripe', body)
    await world.work()
    const tables = ['events', 'payloads', 'adjustments', 'audit_entries']
    const rows = () => Promise.all(tables.map(countRows))
    const before = await rows()
    await world.advance(400 * DAY_SECONDS)
    expect(await world.receive('stripe', body)).toEqual([id])
    expect(await rows()).toEqual(before)
    expect(world.queue).toEqual([])
  })

  it('under a new id after 400 days is a duplicate', async () => {
    const world = await createWorld()
    const body = refund()
    await world.receive('stripe', body)
    await world.work()
    await world.advance(400 * DAY_SECONDS)
    const [again] = await world.receive('stripe', { ...body, id: 'evt_minted_anew' })
    expect(await world.fate(again!)).toBe('duplicate')
    expect(world.queue).toEqual([])
  })

  it('delivered twenty times at once is one row and one credit', async () => {
    const world = await createWorld()
    const body = refund()
    const before = [await countRows('events'), await countRows('adjustments')]
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => world.receive('stripe', structuredClone(body))),
    )
    expect(new Set(ids.flat()).size).toBe(1)
    expect([await countRows('events'), await countRows('adjustments')]).toEqual(
      before.map((count) => count + 1),
    )
    expect(await world.workAtOnce()).toEqual(['issued'])
  })

  it('stays what it was when the rules have changed since', async () => {
    const world = await createMoneyWorld({}, [giving('strict', { on: ['kept'] })])
    const event = given('kept-1', 'kept', credit())
    const [id] = await world.receive('batch', [event], { nowMs: world.at() })
    const generous = { config: moneyConfig({}, [giving('generous', { on: ['kept'] })]) }
    const [again] = await receiveWith({ ...world.deps, ...generous }, [event], world.at())
    expect(again).toBe(id)
    expect((await findEvent(world.deps.db, id!))?.event.ruleId).toBe('strict')
    expect(await ofSubject(event.parts[0]!.subject)).toEqual(['batch strict due'])
  })
})

/** One delivery to `batch`, as another deployment would take it. */
async function receiveWith(deps: Deps, body: unknown, nowMs: number): Promise<readonly EventId[]> {
  const request = await signedRequest('batch', body, { nowMs })
  const received = await receiveDelivery(deps, {
    endpoint: 'batch',
    method: request.method,
    url: request.url,
    pathToken: null,
    headers: request.headers,
    body: new Uint8Array(await request.arrayBuffer()),
  })
  if (!received.ok) throw new Error(received.error.reason)
  return received.value.events
}

describe('ticket:42', () => {
  const zendesks = (account: { readonly account: string } | null) => {
    const [one, two] = ['zendesk', 'zendesk-live'].map((name) => testConfig.endpoints.get(name)!)
    const endpoints = new Map([
      ['zendesk', { ...one!, ...account }],
      ['zendesk-live', { ...two!, ...account, mode: 'test' as const }],
    ])
    return { config: { ...testConfig, endpoints } }
  }

  it('of two accounts is two credits', async () => {
    const world = await createWorld(zendesks(null))
    const body = ticket({ ticket_id: '42' })
    const [one] = await world.receive('zendesk', body)
    const [other] = await world.receive('zendesk-live', body)
    expect(await world.work()).toEqual(['issued', 'issued'])
    expect([await world.fate(one!), await world.fate(other!)]).toEqual(['adjusted', 'adjusted'])
    expect(await ofSubject('ticket:42')).toEqual([
      'zendesk zendesk-ticket-credit invoiced',
      'zendesk-live zendesk-ticket-credit invoiced',
    ])
  })

  it('of one account with two endpoints is one credit', async () => {
    const world = await createWorld(zendesks({ account: 'desk' }))
    const body = (updated_at: string) => ticket({ ticket_id: '43', updated_at })
    await world.receive('zendesk', body('2026-10-26T07:33:12Z'))
    const [other] = await world.receive('zendesk-live', body('2026-10-26T07:33:13Z'))
    expect(await world.work()).toEqual(['issued'])
    expect(await world.fate(other!)).toBe('duplicate')
    expect(await ofSubject('ticket:43')).toEqual(['desk zendesk-ticket-credit invoiced'])
  })
})

describe('a rule that was renamed', () => {
  const OLD = [giving('old', { on: ['renaming'] })]
  const NEW = [giving('new', { on: ['renaming'], was: ['older', 'old'] })]

  it('with `was` pays no subject twice: a duplicate, or a conflict where the amount differs', async () => {
    const before = await createMoneyWorld({}, OLD)
    const [one, two] = [credit(), credit()]
    await before.give('renaming', one)
    await before.give('renaming', two)
    expect(await before.work()).toEqual(['issued', 'issued'])
    const after = await createMoneyWorld({}, NEW)
    const same = await after.give('renaming', one)
    const other = await after.give('renaming', { ...two, amount: -999 })
    expect([await after.fate(same), await after.fate(other)]).toEqual(['duplicate', 'conflict'])
    expect(after.queue).toEqual([])
    for (const { subject } of [one, two]) {
      expect(await ofSubject(subject)).toEqual(['batch old invoiced'])
    }
  })

  it('without `was` is another rule: its adjustment of the subject waits for a person', async () => {
    const before = await createMoneyWorld({}, OLD)
    const first = credit()
    await before.give('renaming', first)
    await before.work()
    const after = await createMoneyWorld({}, [giving('new', { on: ['renaming'] })])
    await after.give('renaming', first)
    expect(await after.work()).toEqual(['held'])
    expect(await ofSubject(first.subject)).toEqual([
      'batch old invoiced',
      'batch new held possible_duplicate',
    ])
  })

  it('while both versions of the Worker run lets one of two go out', async () => {
    const before = await createMoneyWorld({}, OLD)
    const after = await createMoneyWorld({}, NEW)
    const first = credit()
    await after.give('renaming', first)
    await before.give('renaming', first)
    const wakeUps = [...before.queue.splice(0), ...after.queue.splice(0)]
    const results = await Promise.all(
      wakeUps.map((wakeUp, n) => issueAdjustment((n === 0 ? before : after).deps, wakeUp)),
    )
    expect(results).toEqual(['held', 'issued'])
    expect(await ofSubject(first.subject)).toEqual([
      'batch new invoiced',
      'batch old held possible_duplicate',
    ])
  })
})

describe('a rule that was renamed while its older version still took deliveries', () => {
  const OLD = [giving('old', { on: ['renaming'] })]
  const NEW = [giving('new', { on: ['renaming'], was: ['old'] })]

  it('pays one of two events, though the newer version works both', async () => {
    const before = await createMoneyWorld({}, OLD)
    const after = await createMoneyWorld({}, NEW)
    const first = credit()
    await after.give('renaming', first)
    await before.give('renaming', first)
    after.queue.push(...before.queue.splice(0))
    expect(await after.work()).toEqual(['issued', 'held'])
    expect(after.posted).toHaveLength(1)
    expect(await ofSubject(first.subject)).toEqual([
      'batch new invoiced',
      'batch old held possible_duplicate',
    ])
  })
})

describe('another rule for the same subject', () => {
  const apart = [giving('ours'), giving('theirs')]

  it.each([
    ['a moment later', 0],
    ['years later', 1_000 * 24 * HOUR_MS],
  ])('%s is held, and names the adjustment that is there', async (_, ms) => {
    const world = await createMoneyWorld({}, apart)
    const first = credit()
    const id = await world.give('ours', first)
    await world.work()
    world.setClock(ms)
    const other = await world.give('theirs', { ...first, amount: -77, customer: 'somebody-else' })
    expect(await world.fate(other)).toBe('adjusted')
    expect(await world.work()).toEqual(['held'])
    expect((await world.adjustment(other)).holdDetails).toEqual([
      { reason: 'possible_duplicate', adjustment: (await world.adjustment(id)).id },
    ])
  })

  it('goes out where the rule lists that one in `alongside`', async () => {
    const world = await createMoneyWorld({}, [
      giving('ours'),
      giving('theirs', { alongside: ['ours'] }),
      giving('third', { alongside: ['ours'] }),
    ])
    const first = credit()
    await world.give('ours', first)
    await world.give('theirs', first)
    expect(await world.work()).toEqual(['issued', 'issued'])
    await world.give('third', first)
    expect(await world.work()).toEqual(['held'])
  })

  it.each([
    ['present', 'ours-2'],
    ['former', 'ours'],
  ])('goes out beside what that one made under a former id, by its %s id', async (_, listed) => {
    const before = await createMoneyWorld({}, [giving('ours')])
    const first = credit()
    await before.give('ours', first)
    expect(await before.work()).toEqual(['issued'])
    const after = await createMoneyWorld({}, [
      giving('ours-2', { was: ['ours'] }),
      giving('theirs', { alongside: [listed] }),
      giving('third', { alongside: ['theirs'] }),
    ])
    await after.give('theirs', first)
    expect(await after.work()).toEqual(['issued'])
    await after.give('third', first)
    expect(await after.work()).toEqual(['held'])
  })

  it('at the same moment is one of the two, and the older is the one', async () => {
    const world = await createMoneyWorld({}, apart)
    for (let round = 0; round < 10; round++) {
      const first = credit()
      await world.give('ours', first)
      await world.give('theirs', first)
      if (round % 2 === 1) world.queue.reverse()
      expect((await world.workAtOnce()).toSorted()).toEqual(['held', 'issued'])
      expect(await ofSubject(first.subject)).toEqual([
        'batch ours invoiced',
        'batch theirs held possible_duplicate',
      ])
    }
  })

  it('goes out once a person has let it through', async () => {
    const world = await createMoneyWorld({}, apart)
    const first = credit()
    await world.give('ours', first)
    const other = await world.give('theirs', first)
    await world.work()
    const { id, version, amount, currency } = await world.adjustment(other)
    const boss = { name: 'boss', identity: 'boss', scopes: SCOPES }
    await approveAdjustment(world.deps, boss, id, { version, amount, currency })
    expect(await world.work()).toEqual(['issued'])
  })
})

describe('the same amount for the same customer', () => {
  const limits = { duplicateHours: 24, charges: 'allow' } as const
  const customer = () => `alike-${(made += 1)}`

  async function second(
    world: World,
    first: Given,
    change: Partial<Given>,
    types: readonly [string, string] = ['promise', 'promise'],
    ms = 0,
  ): Promise<readonly unknown[]> {
    const id = await world.give(types[0], first)
    expect(await world.work()).toEqual(['issued'])
    world.setClock(ms)
    const other = await world.give(types[1], { ...credit(), ...first, ...change })
    await world.work()
    const { state, holdDetails } = await world.adjustment(other)
    if (holdDetails === null) return [state]
    const named = holdDetails.map(({ reason, adjustment }) => [reason, adjustment])
    expect(named).toEqual([['possible_duplicate', (await world.adjustment(id)).id]])
    return [state, 'possible_duplicate']
  }

  const HELD = ['held', 'possible_duplicate']
  const OUT = ['invoiced']

  it.each<[string, number, string[]]>([
    ['a millisecond before the window closes', 24 * HOUR_MS - 1, HELD],
    ['when the window has closed', 24 * HOUR_MS, OUT],
  ])('from another subject, %s', async (_, ms, told) => {
    const world = await createMoneyWorld(limits)
    const first = credit({ customer: customer() })
    const another = { subject: credit().subject }
    expect(await second(world, first, another, ['promise', 'promise'], ms)).toEqual(told)
  })

  it.each<[string, Partial<Given>, readonly [string, string], string[]]>([
    ['one cent apart', { amount: -1_001 }, ['promise', 'promise'], OUT],
    ['with the other sign', { amount: 1_000 }, ['promise', 'promise'], OUT],
    ['of another customer', { customer: 'another-one' }, ['promise', 'promise'], OUT],
    ['as a record after a promise', {}, ['promise', 'record'], HELD],
    ['as a promise after a record', {}, ['record', 'promise'], HELD],
    ['as a second record, which is a second fact', {}, ['record', 'record'], OUT],
    ['for another part of the same subject', { part: 'postage' }, ['promise', 'promise'], HELD],
    [
      'for another part, of another amount',
      { part: 'p', amount: -5 },
      ['promise', 'promise'],
      HELD,
    ],
  ])('%s', async (_, change, types, told) => {
    const world = await createMoneyWorld(limits)
    const first = credit({ customer: customer() })
    const another = change.part === undefined ? { subject: credit().subject } : {}
    expect(await second(world, first, { ...another, ...change }, types)).toEqual(told)
  })

  it('is no doubt where duplicateHours is 0', async () => {
    const world = await createMoneyWorld({ duplicateHours: 0 })
    const first = credit({ customer: customer() })
    expect(await second(world, first, { subject: credit().subject })).toEqual(OUT)
  })

  it('at the same time goes out once, of ten', async () => {
    const world = await createMoneyWorld(limits)
    const who = customer()
    for (let n = 0; n < 10; n++) await world.give('promise', credit({ customer: who }))
    const results = await world.workAtOnce()
    expect(results.filter((each) => each === 'issued')).toHaveLength(1)
    expect(results.filter((each) => each === 'held')).toHaveLength(9)
    expect(world.posted).toHaveLength(1)
  })
})

describe('a rule in shadow mode', () => {
  const shadow = giving('trial', { mode: 'shadow', on: ['tried'] })

  it('is recorded with what it would have made, and bills nothing', async () => {
    const world = await createMoneyWorld({}, [shadow])
    const before = await countRows('adjustments')
    const part = credit()
    const id = await world.give('tried', part, { ...part, part: 'postage', amount: 5 })
    expect(await world.fate(id)).toBe('shadow')
    expect(await countRows('adjustments')).toBe(before)
    expect(world.queue).toEqual([])
    const found = await findEvent(world.deps.db, id)
    expect(found?.event).toMatchObject({ ruleId: 'trial', reason: null })
    expect(found?.event.decision).toEqual({
      considered: [{ rule: 'trial', answer: 'shadow: adjust' }],
      shadows: [
        { rule: 'trial', subject: part.subject, part: '', amount: -1_000, currency: 'usd' },
        { rule: 'trial', subject: part.subject, part: 'postage', amount: 5, currency: 'usd' },
      ],
    })
    expect((await entriesOf(id)).map(({ data }) => [data.fate, data.rule])).toEqual([
      ['shadow', 'trial'],
    ])
  })

  it('does not stop the rules behind it, and stands in no other rule’s way', async () => {
    const world = await createMoneyWorld({}, [shadow, giving('real', { on: ['tried'] })])
    const part = credit()
    const id = await world.give('tried', part)
    expect(await world.work()).toEqual(['issued'])
    const found = await findEvent(world.deps.db, id)
    expect(found?.event).toMatchObject({ fate: 'adjusted', ruleId: 'real' })
    expect(found?.event.decision).toMatchObject({
      considered: [
        { rule: 'trial', answer: 'shadow: adjust' },
        { rule: 'real', answer: 'adjust' },
      ],
      shadows: [{ rule: 'trial', amount: -1_000 }],
    })
    expect(await ofSubject(part.subject)).toEqual(['batch real invoiced'])
  })

  it('makes it when it is live, since a shadow leaves the subject free', async () => {
    const trial = await createMoneyWorld({}, [shadow])
    const part = credit()
    await trial.give('tried', part)
    const live = await createMoneyWorld({}, [giving('trial', { on: ['tried'] })])
    const id = await live.give('tried', part)
    expect(await live.fate(id)).toBe('adjusted')
    expect(await live.work()).toEqual(['issued'])
  })
})

describe('several parts of one event', () => {
  it('are adjustments of their own, once each, and one that is held holds no other', async () => {
    const world = await createMoneyWorld({ charges: 'hold' })
    const first = credit()
    const parts = [
      { ...first, part: 'fee', amount: -1_000 },
      { ...first, part: 'damage', amount: 5_001 },
      { ...first, part: '', amount: -2_000 },
    ]
    const id = await world.give('promise', ...parts)
    expect((await world.work()).toSorted()).toEqual(['held', 'issued', 'issued'])
    const { decision } = (await findEvent(world.deps.db, id))!.event
    expect(decision.adjustments).toHaveLength(3)
    const { results } = await env.DB.prepare(
      'SELECT part, state, amount FROM adjustments WHERE subject = ? ORDER BY seq',
    )
      .bind(first.subject)
      .all()
    expect(results).toEqual([
      { part: 'fee', state: 'invoiced', amount: -1_000 },
      { part: 'damage', state: 'held', amount: 5_001 },
      { part: '', state: 'invoiced', amount: -2_000 },
    ])
    const again = await world.give('promise', ...parts)
    expect([await world.fate(again), world.queue]).toEqual(['duplicate', []])
  })

  it('are all told where one is new and another is there with another amount', async () => {
    const world = await createMoneyWorld({})
    const first = credit({ part: 'fee' })
    await world.give('promise', first)
    await world.work()
    const later = [
      { ...first, amount: -1_001 },
      { ...first, part: 'damage' },
    ]
    const id = await world.give('promise', ...later)
    expect(await world.fate(id)).toBe('conflict')
    // What is new of it is made all the same, and waits: it may be the first under another name.
    expect(await world.work()).toEqual(['held'])
    expect(world.posted.map(({ amount }) => amount)).toEqual([-1_000])
    expect(await ofSubject(first.subject)).toEqual([
      'batch promise invoiced',
      'batch promise held possible_duplicate',
    ])
  })
})

describe('what is held from the beginning', () => {
  it('is what its rule asks a person for, with the code and nothing else', async () => {
    const world = await createMoneyWorld({})
    const body = { ...given('asks-1', 'promise', credit()), hold: 'second_this_month' }
    const [id] = await world.receive('batch', [body], { nowMs: world.at() })
    expect(await world.work()).toEqual(['held'])
    const adjustment = await world.adjustment(id!)
    const details = [{ reason: 'rule_asked', code: 'second_this_month' }]
    expect(adjustment).toMatchObject({ holdReasons: ['rule_asked'], holdDetails: details })
    expect(await entriesOf(adjustment.id)).toContainEqual({
      action: 'adjustment.held',
      data: { reasons: ['rule_asked'], details, rules: await world.deps.ruleSet() },
    })
    expect(await actionsOf(adjustment.id)).toEqual(['adjustment.created', 'adjustment.held'])
  })

  it('is what happened before its endpoint’s first day', async () => {
    const world = await createMoneyWorld({ olderThanEndpoint: 'hold' })
    const start = await env.DB.prepare('SELECT at FROM endpoint_starts WHERE endpoint = ?')
      .bind('batch')
      .first<{ at: number }>()
    const startedAt = start?.at ?? Number.NaN
    const held: string[] = []
    for (const happenedAt of [startedAt - 24 * HOUR_MS, startedAt, world.at(), null]) {
      const id = await world.give('promise', credit({ happenedAt }))
      await world.work()
      const { state, holdReasons } = await world.adjustment(id)
      held.push([state, ...(holdReasons ?? [])].join(' '))
    }
    expect(held).toEqual(['held older_than_endpoint', 'invoiced', 'invoiced', 'invoiced'])
  })
})

describe('what the customer reads', () => {
  it('is the reason’s label, or the rule’s template, with the invoice that it is about', async () => {
    const rules = [
      giving('plain', { reason: 'outage' }),
      giving('worded', { reason: 'outage', description: 'Sorry: {reason}, {original_invoice}' }),
    ]
    const world = await createMoneyWorld({}, rules)
    const lines: string[] = []
    for (const type of ['plain', 'worded']) {
      for (const originalInvoice of [null, 'INV-7']) {
        const id = await world.give(type, credit({ originalInvoice }))
        await world.work()
        const { request, reason } = await world.adjustment(id)
        expect(reason).toBe('outage')
        expect(request?.metadata).toMatchObject({
          makegood_reason: 'outage',
          ...(originalInvoice === null ? {} : { makegood_original_invoice: originalInvoice }),
        })
        lines.push(request?.description ?? '')
      }
    }
    expect(lines).toEqual([
      'Service outage',
      'Service outage (invoice INV-7)',
      'Service outage',
      'Sorry: Service outage, INV-7',
    ])
  })
})
