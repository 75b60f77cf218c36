// Holds from end to end, on real D1 and with the clock in the test's hand: what a person may answer,
// what comes of it, and what time alone does.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limitsOf, type LimitOptions } from '../../src/domain/money-limits.ts'
import { usd } from '../../src/domain/money.ts'
import type { AdjustmentId } from '../../src/domain/ids.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import type { Adjustment } from '../../src/db/schema.ts'
import { lookAgainAt } from '../../src/db/write-hold-answer.ts'
import type { Deps } from '../../src/deps.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { chooseCustomer } from '../../src/usecases/choose-customer.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { invoicesOf, sandboxControl, ticket } from '../harness.ts'
import { actionsOf, callsOf, createWorld, dyingAfterPost, entriesOf, setFaults } from '../world.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

const person = (name: string, identity = `${name}@saas.example`): Operator => ({
  name,
  identity,
  scopes: SCOPES,
})
const boss = person('boss')
const finance = person('finance')

let world: Awaited<ReturnType<typeof createWorld>>

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL'),
    env.DB.prepare('DELETE FROM limit_sums'),
  ])
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})
afterEach(() => setFaults())

/** The world's configuration with other limits. */
const withLimits = (limits: LimitOptions): Pick<Deps, 'config'> => ({
  config: {
    ...world.deps.config,
    limits: limitsOf({ duplicateHours: 0, olderThanEndpoint: 'allow', ...limits }),
  },
})

/** A ticket's credit by its decimal field; above 250.00 it is held. */
const asking = (amount: string, fields: Record<string, unknown> = {}) =>
  ticket({ tags: 'credit_requested', amount, ...fields })

type Held = { event: Parameters<typeof world.adjustment>[0]; adjustment: Adjustment }

async function hold(
  body: unknown = asking('300.00'),
  { endpoint = 'zendesk', how = {} }: { endpoint?: string; how?: Partial<Deps> } = {},
): Promise<Held> {
  const [event] = await world.receive(endpoint, body)
  expect(await world.work(how)).toEqual(['held'])
  return { event: event!, adjustment: await world.adjustment(event!) }
}

const approve = (
  { id, version, amount, currency }: Adjustment,
  operator: Operator = boss,
  how: Partial<Deps> = {},
) => approveAdjustment({ ...world.deps, ...how }, operator, id, { version, amount, currency })

const reject = ({ id, version }: Adjustment, note: string | null = null) =>
  rejectAdjustment(world.deps, boss, id, { version, note })

const choose = (
  { id, version }: Adjustment,
  customerId: string,
  { operator = boss, how = {} }: { operator?: Operator; how?: Partial<Deps> } = {},
) => chooseCustomer({ ...world.deps, ...how }, operator, id, { version, customerId })

const refused = (refusal: object) => ({
  ok: false,
  error: expect.objectContaining({ reason: 'refused', refusal: expect.objectContaining(refusal) }),
})

async function approvalsOf(id: AdjustmentId): Promise<unknown[]> {
  const statement = `SELECT hold, identity, operator, at FROM approvals WHERE adjustment_id = ? ORDER BY hold, at, identity`
  return (await env.DB.prepare(statement).bind(id).all()).results
}

const sumOfDay = async (): Promise<number> =>
  (await env.DB.prepare(`SELECT sum(total) AS n FROM limit_sums WHERE kind = 'day'`).first<any>())
    .n ?? 0

/** The row of an adjustment that a person made by hand: as another's, and with its maker. */
async function madeByHand(maker: string): Promise<Adjustment> {
  const [event] = await world.receive('zendesk', asking('300.00'))
  world.queue.length = 0
  const other = await world.adjustment(event!)
  const id = `adj_${'h'.repeat(20)}${other.id.slice(-12)}` as const
  await env.DB.prepare(
    `INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, mode,
      settlement, reason, caused_by, amount, currency, customer_reference, asker, description,
      created_at, maker, state, version, wake_at, attempts, generation)
    SELECT ?, event_id, 'by-hand', account, endpoint, source, subject, part, mode, settlement, reason,
      caused_by, amount, currency, customer_reference, ?, description, created_at, ?, 'due', 1,
      wake_at, 0, 0 FROM adjustments WHERE id = ?`,
  )
    .bind(id, maker, maker, other.id)
    .run()
  world.queue.push({ id, version: 1 })
  expect(await world.work({ ...withLimits({}) })).toEqual(['held'])
  return read(id)
}

async function read(id: AdjustmentId): Promise<Adjustment> {
  const row = await findAdjustment(world.deps.db, id)
  if (!row) throw new Error(`${id} is not there`)
  return row
}

describe('an approval', () => {
  it('lets it out once, with exactly the reasons that were shown', async () => {
    const { event, adjustment } = await hold()
    expect(adjustment.holdReasons).toEqual(['over_limit:holdAbove'])
    expect(await sumOfDay()).toBe(0)

    const approved = await approve(adjustment)
    expect(approved).toMatchObject({
      ok: true,
      value: {
        state: 'due',
        version: adjustment.version + 1,
        holdReasons: null,
        holdDetails: null,
        clearedReasons: ['over_limit:holdAbove'],
        countedAt: world.now(),
        wakeAt: world.now() + 60_000,
      },
    })
    expect(await sumOfDay()).toBe(30_000)
    expect(world.queue).toEqual([{ id: adjustment.id, version: adjustment.version + 1 }])

    world.queue.push(...world.queue)
    expect(await world.work()).toEqual(['issued', 'stale'])
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    expect(await sumOfDay()).toBe(30_000)
    expect(await world.adjustment(event)).toMatchObject({ state: 'invoiced' })
    const entries = await entriesOf(adjustment.id)
    expect(entries.slice(2, 4)).toEqual([
      {
        action: 'adjustment.approved',
        data: {
          hold: 1,
          approvals: 1,
          needed: 1,
          reasons: ['over_limit:holdAbove'],
          amount: -30_000,
          currency: 'usd',
          heldAt: adjustment.heldAt,
        },
      },
      {
        action: 'adjustment.claimed',
        data: expect.objectContaining({ cleared: ['over_limit:holdAbove'] }),
      },
    ])
  })

  it('names its operator in the audit log, and nothing that is personal', async () => {
    const { adjustment } = await hold()
    await approve(adjustment)
    const row = await env.DB.prepare(
      `SELECT * FROM audit_entries WHERE subject = ? AND action = 'adjustment.approved'`,
    )
      .bind(adjustment.id)
      .first<any>()
    expect(row.actor).toBe('operator:boss')
    expect(JSON.stringify(row)).not.toContain('@')
  })

  it('counts once when it is clicked twice', async () => {
    const { adjustment } = await hold()
    const answers = await Promise.all([approve(adjustment), approve(adjustment)])
    expect(answers.filter((each) => each.ok)).toHaveLength(1)
    expect(answers.find((each) => !each.ok)).toEqual(refused({ reason: 'version_moved' }))
    expect(await approvalsOf(adjustment.id)).toHaveLength(1)
    expect(
      (await actionsOf(adjustment.id)).filter((each) => each.endsWith('.approved')),
    ).toHaveLength(1)
    expect(await approve(adjustment)).toEqual(refused({ reason: 'not_held', state: 'due' }))
    expect(await world.work()).toEqual(['issued'])
  })

  it('of two people at once is one, and the other one reads that the version has moved', async () => {
    const { adjustment } = await hold()
    const answers = await Promise.all([approve(adjustment, boss), approve(adjustment, finance)])
    expect(answers.filter((each) => each.ok)).toHaveLength(1)
    expect(answers.find((each) => !each.ok)).toEqual(
      refused({
        reason: 'version_moved',
        seen: adjustment.version,
        version: adjustment.version + 1,
      }),
    )
    expect(await approvalsOf(adjustment.id)).toHaveLength(1)
    expect(await sumOfDay()).toBe(30_000)
  })

  it('is refused at an older version, whatever else is right', async () => {
    const { adjustment } = await hold()
    const before = { ...adjustment, version: adjustment.version - 1 }
    expect(await approve(before)).toEqual(refused({ reason: 'version_moved', seen: 1, version: 2 }))
    expect(await approvalsOf(adjustment.id)).toEqual([])
  })

  it('is refused for another amount or currency than it has', async () => {
    const { adjustment } = await hold()
    expect(await approve({ ...adjustment, amount: -3_000 })).toEqual(
      refused({ reason: 'amount_moved' }),
    )
    expect(await approve({ ...adjustment, currency: 'eur' })).toEqual(
      refused({ reason: 'currency_moved' }),
    )
    expect(await read(adjustment.id)).toEqual(adjustment)
  })

  it('comes too late after 14 days, also while the sweep has not run', async () => {
    const { adjustment } = await hold()
    await world.advance(14 * DAY - 1)
    expect(await approve({ ...adjustment, version: 9 })).toEqual(
      refused({ reason: 'version_moved' }),
    )
    await world.advance(1)
    expect(await approve(adjustment)).toEqual(
      refused({ reason: 'hold_expired', expiredAt: adjustment.heldAt! + 14 * DAY * 1_000 }),
    )
    expect(await read(adjustment.id)).toMatchObject({ state: 'held' })
  })

  it('is not for the one who asked at the source, however he writes himself', async () => {
    const { adjustment } = await hold(asking('300.00', { asker: 'Agent@SaaS.example' }))
    const agent = person('agent')
    expect(await approve(adjustment, agent)).toEqual(refused({ reason: 'approver_is_asker' }))
    expect(await approve(adjustment, boss)).toMatchObject({ ok: true })
  })

  it('is not for the one who made it by hand, by none of his keys', async () => {
    const adjustment = await madeByHand('ann@saas.example')
    for (const name of ['ann', 'ann-phone']) {
      expect(await approve(adjustment, person(name, 'ann@saas.example'))).toEqual(
        refused({ reason: 'approver_is_maker' }),
      )
    }
    expect(await approve(adjustment, boss)).toMatchObject({ ok: true })
  })

  it.each([
    ['currency_mismatch', { customer_external_id: 'dupont-3' }, 'zendesk'],
    ['customer_unresolved', { customer_external_id: 'nobody-knows' }, 'zendesk'],
    ['mode_mismatch', {}, 'zendesk-live'],
  ])(
    'does not let %s through, also not beside a reason that it could',
    async (reason, fields, endpoint) => {
      const { adjustment } = await hold(asking('300.00', fields), { endpoint })
      expect(adjustment.holdReasons).toEqual([reason, 'over_limit:holdAbove'])
      expect(await approve(adjustment)).toEqual(
        refused({ reason: 'not_approvable', reasons: [reason] }),
      )
      expect(await read(adjustment.id)).toEqual(adjustment)
      expect(await callsOf('POST', /^\/invoices$/)).toEqual([])
    },
  )

  it('is for the customer who was seen, whoever the event is said to be of since', async () => {
    const name = `stranger-${crypto.randomUUID()}`
    const setTo = (customerId: string) =>
      env.DB.prepare(`INSERT INTO identities VALUES (NULL, 'zendesk', 'external_id', ?, ?, 1, 'x')
        ON CONFLICT DO UPDATE SET customer_id = excluded.customer_id`)
        .bind(name, customerId)
        .run()
    await setTo('cus_bolt')
    const { adjustment } = await hold(asking('300.00', { customer_external_id: name }))
    expect(adjustment.customerId).toBe('cus_bolt')
    await approve(adjustment)
    await setTo('cus_cedar')
    expect(await world.work()).toEqual(['issued'])
    expect(await invoicesOf(adjustment.id, 'cus_bolt')).toHaveLength(1)
    expect(await invoicesOf(adjustment.id, 'cus_cedar')).toEqual([])
  })

  it('loses nothing when the queue throws: the sweep goes on', async () => {
    const { adjustment } = await hold()
    const broken = async () => {
      throw new TypeError('the queue is down')
    }
    expect(await approve(adjustment, boss, { wake: broken })).toMatchObject({
      ok: true,
      value: { state: 'due' },
    })
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.wake_failed', adjustment: adjustment.id }),
    )
    await world.advance(61)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
  })

  it('of nothing that is there is not found', async () => {
    const answer = await approveAdjustment(world.deps, boss, 'adj_0', {
      version: 1,
      amount: 1,
      currency: 'usd',
    })
    expect(answer).toEqual({ ok: false, error: { reason: 'adjustment_not_found' } })
  })
})

describe('two approvers', () => {
  const above = () => withLimits({ twoApproversAbove: usd(400) })

  it('are wanted from the moment on at which the limit is configured, also by what is held', async () => {
    const { adjustment } = await hold(asking('400.01'))
    expect(adjustment.approversNeeded).toBe(1)
    const first = await approve(adjustment, boss, above())
    expect(first).toMatchObject({
      ok: true,
      value: { state: 'held', approversNeeded: 2, clearedReasons: null },
    })
    // Neither does it take fewer again where the limit is taken away between the two.
    const second = await approve(await read(adjustment.id), finance)
    expect(second).toMatchObject({ ok: true, value: { state: 'due', approversNeeded: 2 } })
    expect(
      (await entriesOf(adjustment.id))
        .filter(({ action }) => action === 'adjustment.approved')
        .map(({ data }) => [data.approvals, data.needed]),
    ).toEqual([
      [1, 2],
      [2, 2],
    ])
  })

  it('are wanted above the limit, and each of them is one', async () => {
    const how = above()
    const { adjustment } = await hold(asking('400.01'), { how })
    expect(adjustment.approversNeeded).toBe(2)

    const first = await approve(adjustment, boss, how)
    expect(first).toMatchObject({
      ok: true,
      value: {
        state: 'held',
        version: adjustment.version + 1,
        holdReasons: adjustment.holdReasons,
        clearedReasons: null,
        countedAt: null,
        wakeAt: adjustment.wakeAt,
      },
    })
    expect(world.queue).toEqual([])
    expect(await sumOfDay()).toBe(0)

    const halfway = await read(adjustment.id)
    const second = await approve(halfway, finance, how)
    expect(second).toMatchObject({ ok: true, value: { state: 'due' } })
    expect(await approvalsOf(adjustment.id)).toEqual([
      { hold: 1, identity: 'boss@saas.example', operator: 'boss', at: world.now() },
      { hold: 1, identity: 'finance@saas.example', operator: 'finance', at: world.now() },
    ])
    expect((await entriesOf(adjustment.id)).slice(2).map(({ data }) => data.approvals)).toEqual([
      1, 2,
    ])
    expect(await world.work(how)).toEqual(['issued'])
  })

  it('are not wanted at the limit itself', async () => {
    const how = above()
    const { adjustment } = await hold(asking('400.00'), { how })
    expect(await approve(adjustment, boss, how)).toMatchObject({ value: { state: 'due' } })
  })

  it.each([
    ['an id of the source’s', '0055g00000AGENT1AA'],
    ['nobody', ''],
  ])('are wanted where an agent asked who is named by %s', async (_, asker) => {
    const { adjustment } = await hold(asking('300.00', { asker }))
    expect(adjustment.approversNeeded).toBe(2)
    expect(await approve(adjustment)).toMatchObject({ ok: true, value: { state: 'held' } })
    expect(await approve(await read(adjustment.id), boss)).toEqual(
      refused({ reason: 'already_approved' }),
    )
    expect(await approve(await read(adjustment.id), finance)).toMatchObject({
      ok: true,
      value: { state: 'due' },
    })
  })

  it('are wanted too where it was held before that was so', async () => {
    const { adjustment } = await hold(asking('300.00', { asker: '0055g00000AGENT1AA' }))
    await env.DB.prepare('UPDATE adjustments SET approvers_needed = 1 WHERE id = ?')
      .bind(adjustment.id)
      .run()
    expect(await approve(adjustment)).toMatchObject({ ok: true, value: { state: 'held' } })
  })

  it('are two people: one with two keys is one', async () => {
    const how = above()
    const { adjustment } = await hold(asking('500.00'), { how })
    await approve(adjustment, person('ann', 'ann@saas.example'), how)
    const halfway = await read(adjustment.id)
    expect(await approve(halfway, person('ann-phone', 'ann@saas.example'), how)).toEqual(
      refused({ reason: 'already_approved', at: world.now() }),
    )
    expect(await read(adjustment.id)).toEqual(halfway)
  })

  it('at once are one, and the other one looks again', async () => {
    const how = above()
    const { adjustment } = await hold(asking('500.00'), { how })
    const answers = await Promise.all([
      approve(adjustment, boss, how),
      approve(adjustment, finance, how),
    ])
    expect(answers.find((each) => !each.ok)).toEqual(refused({ reason: 'version_moved' }))
    expect(await approvalsOf(adjustment.id)).toHaveLength(1)
    const halfway = await read(adjustment.id)
    expect(halfway.state).toBe('held')
    const other = answers[0]!.ok ? finance : boss
    expect(await approve(halfway, other, how)).toMatchObject({ value: { state: 'due' } })
  })
})

describe('another limit that is reached meanwhile', () => {
  it('holds it again, wants new approvals, and keeps what was cleared', async () => {
    const how = withLimits({ perDay: usd(350) })
    const { event, adjustment } = await hold(asking('300.00'), { how })
    for (let each = 0; each < 3; each++) await world.receive('zendesk', ticket())
    expect(await world.work(how)).toEqual(['issued', 'issued', 'issued'])

    await approve(adjustment, boss, how)
    expect(await sumOfDay()).toBe(7_500 + 30_000)
    expect(await world.work(how)).toEqual(['held'])
    const again = await world.adjustment(event)
    expect(again).toMatchObject({
      holds: 2,
      holdReasons: ['over_limit:perDay'],
      holdDetails: [{ reason: 'over_limit:perDay', max: 35_000, used: 7_500 }],
      clearedReasons: ['over_limit:holdAbove'],
      countedAt: null,
    })
    expect(await sumOfDay()).toBe(7_500)

    // The same person may, since it is another hold; his first approval doesn't count in it.
    expect(await approve(again, boss, how)).toMatchObject({
      value: { clearedReasons: ['over_limit:holdAbove', 'over_limit:perDay'] },
    })
    expect(await approvalsOf(adjustment.id)).toMatchObject([{ hold: 1 }, { hold: 2 }])
    expect(await world.work(how)).toEqual(['issued'])
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    expect(await sumOfDay()).toBe(37_500)
  })

  it('wants two people again where two are wanted', async () => {
    const how = withLimits({ twoApproversAbove: usd(290), perDay: usd(310) })
    const { event, adjustment } = await hold(asking('300.00'), { how })
    await world.receive('zendesk', ticket())
    await world.work(how)
    await approve(adjustment, boss, how)
    await approve(await read(adjustment.id), finance, how)
    expect(await world.work(how)).toEqual(['held'])
    const again = await world.adjustment(event)
    expect(await approve(again, boss, how)).toMatchObject({ value: { state: 'held' } })
    expect(await approve(await read(adjustment.id), finance, how)).toMatchObject({
      value: { state: 'due' },
    })
  })
})

describe('a rejection', () => {
  it('ends it, with a note that only the row holds', async () => {
    const { adjustment } = await hold()
    const rejected = await reject(adjustment, '  not our fault:\nsee the  contract of J. Doe  ')
    expect(rejected).toMatchObject({
      ok: true,
      value: {
        state: 'rejected',
        version: adjustment.version + 1,
        holdReasons: null,
        wakeAt: null,
        countedAt: null,
        decisionNote: 'not our fault: see the  contract of J. Doe',
      },
    })
    expect(await entriesOf(adjustment.id)).toContainEqual({
      action: 'adjustment.rejected',
      data: { hold: 1, reasons: ['over_limit:holdAbove'], heldAt: adjustment.heldAt },
    })
    expect(JSON.stringify([await entriesOf(adjustment.id), world.lines])).not.toContain('Doe')
    expect(await approve(await read(adjustment.id))).toEqual(
      refused({ reason: 'not_held', state: 'rejected' }),
    )
    world.queue.push({ id: adjustment.id, version: adjustment.version + 1 })
    expect(await world.work()).toEqual(['stale'])
    expect(await callsOf('POST', /^\/invoices$/)).toEqual([])
  })

  it('gives back the room that an attempt had taken which certainly did not arrive', async () => {
    const { adjustment } = await refusedAttempt()
    expect(await sumOfDay()).toBe(2_500)
    expect(await reject(adjustment)).toMatchObject({ ok: true, value: { countedAt: null } })
    expect(await sumOfDay()).toBe(0)
  })

  it('and an approval at once are one of the two', async () => {
    const { adjustment } = await hold()
    const [approved, rejected] = await Promise.all([approve(adjustment), reject(adjustment)])
    expect(approved.ok).toBe(!rejected.ok)
    const { state } = await read(adjustment.id)
    expect(state).toBe(approved.ok ? 'due' : 'rejected')
    expect(await approvalsOf(adjustment.id)).toHaveLength(approved.ok ? 1 : 0)
  })

  it('is refused where an invoice may be there', async () => {
    const { adjustment } = await outcomeUnknown()
    expect(await reject(adjustment)).toEqual(refused({ reason: 'outcome_unknown' }))
    expect(await approve(adjustment)).toEqual(
      refused({ reason: 'not_approvable', reasons: ['outcome_unknown'] }),
    )
    expect(await read(adjustment.id)).toEqual(adjustment)
  })
})

/** An attempt that arrived, whose answer was lost, and then a refusal: nobody can tell. */
async function outcomeUnknown(): Promise<Held> {
  const [event] = await world.receive('zendesk', ticket())
  await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
  await world.advance(121)
  await world.sweep()
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 })
  expect(await world.work()).toEqual(['held'])
  return { event: event!, adjustment: await world.adjustment(event!) }
}

/** An attempt that the limiter turned away, and then a billing key of the other mode. */
async function refusedAttempt(): Promise<Held> {
  const [event] = await world.receive('zendesk', ticket())
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: 60, method: 'POST', times: 1 })
  expect(await world.work()).toEqual(['postponed'])
  await world.advance(61)
  await world.sweep()
  const live = { ...world.deps.billing!, mode: 'live' as const }
  expect(await world.work({ billing: live })).toEqual(['held'])
  const adjustment = await world.adjustment(event!)
  expect(adjustment.holdReasons).toEqual(['mode_mismatch'])
  return { event: event!, adjustment }
}

describe('choosing the customer', () => {
  const stranger = (amount = '20.00', name = `stranger-${crypto.randomUUID()}`) =>
    asking(amount, { customer_external_id: name })

  it('issues it to him', async () => {
    const { event, adjustment } = await hold(stranger())
    expect(adjustment.holdReasons).toEqual(['customer_unresolved'])
    expect(await choose(adjustment, 'cus_bolt')).toMatchObject({
      ok: true,
      value: {
        state: 'due',
        chosenCustomerId: 'cus_bolt',
        customerId: 'cus_bolt',
        holdReasons: null,
        clearedReasons: null,
        countedAt: null,
      },
    })
    expect(await world.work()).toEqual(['issued'])
    expect(await invoicesOf(adjustment.id, 'cus_bolt')).toHaveLength(1)
    expect(await world.adjustment(event)).toMatchObject({ state: 'invoiced' })
    expect(await entriesOf(adjustment.id)).toContainEqual({
      action: 'adjustment.customer_chosen',
      data: {
        hold: 1,
        reasons: ['customer_unresolved'],
        customerId: 'cus_bolt',
        before: null,
        heldAt: adjustment.heldAt,
      },
    })
  })

  it('remembers him: his next event needs no person', async () => {
    const name = `stranger-${crypto.randomUUID()}`
    const { adjustment } = await hold(stranger('20.00', name))
    await choose(adjustment, 'cus_bolt')
    expect(await world.work()).toEqual(['issued'])
    const [next] = await world.receive('zendesk', stranger('21.00', name))
    expect(await world.work()).toEqual(['issued'])
    const { id } = await world.adjustment(next!)
    expect(await invoicesOf(id, 'cus_bolt')).toHaveLength(1)
  })

  it('forgets what was approved for the customer before him', async () => {
    const { event, adjustment } = await hold()
    await approve(adjustment)
    const { invoices } = world.deps.billing!
    const list: typeof invoices.list = async (query) => {
      const answer = await invoices.list(query)
      if (!answer.ok) return answer
      const data = answer.value.data.map((invoice) => ({ ...invoice, currency: 'eur' }))
      return { ok: true, value: { ...answer.value, data } }
    }
    const billing = { ...world.deps.billing!, invoices: { ...invoices, list } }
    // For an hour his currency is believed.
    await world.advance(3_700)
    expect(await world.work({ billing })).toEqual(['held'])
    const again = await world.adjustment(event)
    expect(again).toMatchObject({
      holdReasons: ['currency_mismatch'],
      clearedReasons: ['over_limit:holdAbove'],
    })
    expect(await choose(again, 'cus_bolt')).toMatchObject({ value: { clearedReasons: null } })
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event)).toMatchObject({ holdReasons: ['over_limit:holdAbove'] })
  })

  it('asks every limit', async () => {
    const { event, adjustment } = await hold(stranger('300.00'))
    expect(adjustment.holdReasons).toEqual(['customer_unresolved', 'over_limit:holdAbove'])
    await choose(adjustment, 'cus_bolt')
    expect(await world.work()).toEqual(['held'])
    const again = await world.adjustment(event)
    expect(again).toMatchObject({ holds: 2, holdReasons: ['over_limit:holdAbove'] })
    expect(await approve(again)).toMatchObject({ ok: true })
    expect(await world.work()).toEqual(['issued'])
    expect(await invoicesOf(again.id, 'cus_bolt')).toHaveLength(1)
  })

  it('helps where he is billed in another currency', async () => {
    const { event, adjustment } = await hold(asking('20.00', { customer_external_id: 'dupont-3' }))
    expect(adjustment.holdReasons).toEqual(['currency_mismatch'])
    await choose(adjustment, 'cus_cedar')
    expect(await world.work()).toEqual(['issued'])
    expect(await entriesOf(adjustment.id)).toContainEqual({
      action: 'adjustment.customer_chosen',
      data: expect.objectContaining({ customerId: 'cus_cedar', before: 'cus_dupont' }),
    })
    expect((await world.adjustment(event)).request?.customerId).toBe('cus_cedar')
  })

  it('does not help by somebody who is billed in another currency himself', async () => {
    const { event, adjustment } = await hold(stranger())
    await choose(adjustment, 'cus_dupont')
    expect(await world.work()).toEqual(['held'])
    expect(await world.adjustment(event)).toMatchObject({ holdReasons: ['currency_mismatch'] })
  })

  it('is shut to the one who asked: it would let his own hold go', async () => {
    const { event, adjustment } = await hold(stranger())
    const agent = person('agent')
    expect(await choose(adjustment, 'cus_bolt', { operator: agent })).toEqual(
      refused({ reason: 'approver_is_asker' }),
    )
    expect(await world.adjustment(event)).toEqual(adjustment)
    expect(await choose(adjustment, 'cus_bolt')).toMatchObject({ ok: true })
  })

  it('is refused where he is not the doubt', async () => {
    const { adjustment } = await hold()
    expect(await choose(adjustment, 'cus_bolt')).toEqual(refused({ reason: 'customer_certain' }))
  })

  it('is refused for somebody whom the billing API does not know', async () => {
    const { adjustment } = await hold(stranger())
    for (const nobody of ['cus_nobody', 'bolt-7', 'cus bolt', '../invoices']) {
      expect(await choose(adjustment, nobody)).toEqual({
        ok: false,
        error: { reason: 'unknown_customer' },
      })
    }
    expect(await read(adjustment.id)).toEqual(adjustment)
  })

  it('waits for the billing API, and writes nothing while it is down', async () => {
    const { adjustment } = await hold(stranger())
    await setFaults({ kind: 'server_error', status: 503, method: 'GET', path: '/customers/*' })
    expect(await choose(adjustment, 'cus_bolt')).toEqual({
      ok: false,
      error: expect.objectContaining({ reason: 'billing_unavailable', answered: 503 }),
    })
    expect(await choose(adjustment, 'cus_bolt', { how: { billing: null } })).toEqual({
      ok: false,
      error: { reason: 'billing_not_configured' },
    })
    expect(await read(adjustment.id)).toEqual(adjustment)
  })

  it('and a rejection at once are one of the two', async () => {
    const { adjustment } = await hold(stranger())
    const [chosen, rejected] = await Promise.all([
      choose(adjustment, 'cus_bolt'),
      reject(adjustment),
    ])
    expect(chosen.ok).toBe(!rejected.ok)
    const row = await read(adjustment.id)
    expect(row.state).toBe(chosen.ok ? 'due' : 'rejected')
    const { n } = (await env.DB.prepare(`SELECT count(*) AS n FROM identities WHERE value = ?`)
      .bind(adjustment.customerReference)
      .first<any>()) as { n: number }
    expect(n).toBe(chosen.ok ? 1 : 0)
  })
})

describe('time', () => {
  const pass = async (seconds: number) => {
    await world.advance(seconds)
    await world.sweep()
    return world.work()
  }

  it('reminds after 4 hours, escalates after a day, and ends it after 14', async () => {
    const { adjustment } = await hold()
    const { id, version, heldAt } = adjustment
    const at = (seconds: number) => heldAt! + seconds * 1_000
    expect(adjustment.wakeAt).toBe(at(4 * HOUR))

    expect(await pass(4 * HOUR - 1)).toEqual([])
    expect(await pass(1)).toEqual(['reminded'])
    expect(await read(id)).toMatchObject({ version, holdReminders: 1, wakeAt: at(DAY) })
    expect(world.lines).toEqual([])

    expect(await pass(20 * HOUR)).toEqual(['escalated'])
    expect(await read(id)).toMatchObject({ version, holdReminders: 2, wakeAt: at(14 * DAY) })
    expect(world.lines).toContainEqual({
      event: 'alarm.hold_escalated',
      adjustment: id,
      reasons: ['over_limit:holdAbove'],
      heldAt,
    })

    expect(await pass(13 * DAY - 1)).toEqual([])
    expect(await pass(1)).toEqual(['expired'])
    expect(await read(id)).toMatchObject({
      state: 'rejected',
      version: version + 1,
      wakeAt: null,
      holdReasons: null,
      countedAt: null,
    })
    expect(await pass(30 * DAY)).toEqual([])
    expect(await actionsOf(id)).toEqual([
      'adjustment.created',
      'adjustment.held',
      'adjustment.reminded',
      'adjustment.escalated',
      'adjustment.expired',
    ])
    const entry = await env.DB.prepare(
      `SELECT actor, data FROM audit_entries WHERE subject = ? AND action = 'adjustment.expired'`,
    )
      .bind(id)
      .first<any>()
    expect(entry.actor).toBe('system:sweep')
    expect(JSON.parse(entry.data)).toEqual({ hold: 1, reasons: ['over_limit:holdAbove'], heldAt })
  })

  it('that passed without a sweep is not made up for reminder by reminder', async () => {
    const { adjustment } = await hold()
    expect(await pass(20 * DAY)).toEqual(['expired'])
    expect((await actionsOf(adjustment.id)).slice(2)).toEqual(['adjustment.expired'])

    const { adjustment: other } = await hold()
    expect(await pass(2 * DAY)).toEqual(['escalated'])
    expect((await actionsOf(other.id)).slice(2)).toEqual(['adjustment.escalated'])
  })

  it('gives back the room of what it ends', async () => {
    await refusedAttempt()
    expect(await pass(14 * DAY)).toEqual(['expired'])
    expect(await sumOfDay()).toBe(0)
  })

  it('reminds once, however many wake-ups come at once', async () => {
    const { adjustment } = await hold()
    await world.advance(4 * HOUR)
    await world.sweep()
    world.queue.push(...world.queue, ...world.queue)
    const results = await world.workAtOnce()
    expect(results).toHaveLength(3)
    expect(results.filter((each) => each === 'reminded')).toHaveLength(1)
    expect(
      (await actionsOf(adjustment.id)).filter((each) => each.endsWith('.reminded')),
    ).toHaveLength(1)
  })

  it('does not make an approval late: a reminder leaves the version', async () => {
    const { adjustment } = await hold()
    expect(await pass(4 * HOUR)).toEqual(['reminded'])
    expect(await approve(adjustment)).toMatchObject({ ok: true })
  })

  it('goes on while one of two people has approved', async () => {
    const how = withLimits({ twoApproversAbove: usd(260) })
    const { adjustment } = await hold(asking('300.00'), { how })
    await approve(adjustment, boss, how)
    expect(await pass(4 * HOUR)).toEqual(['reminded'])
    expect(await pass(14 * DAY)).toEqual(['expired'])
    expect(await approvalsOf(adjustment.id)).toHaveLength(1)
  })

  it('begins anew with each hold', async () => {
    const how = withLimits({ perAsker: { amount: usd(310), days: 1 } })
    const asker = { asker: 'hasty@saas.example' }
    const { event, adjustment } = await hold(asking('300.00', asker), { how })
    await world.receive('zendesk', ticket(asker))
    expect(await world.work(how)).toEqual(['issued'])
    expect(await pass(10 * HOUR)).toEqual(['reminded'])
    await approve(adjustment, boss, how)
    expect(await world.work(how)).toEqual(['held'])
    expect(await world.adjustment(event)).toMatchObject({
      holds: 2,
      holdReminders: 0,
      heldAt: world.now(),
      wakeAt: world.now() + 4 * HOUR * 1_000,
    })
  })

  it('sets its clock right when it is woken for nothing', async () => {
    const { adjustment } = await hold()
    await env.DB.prepare(`UPDATE adjustments SET wake_at = 1 WHERE id = ?`)
      .bind(adjustment.id)
      .run()
    await world.advance(1)
    await world.sweep()
    expect(await world.work()).toEqual(['held'])
    expect(await read(adjustment.id)).toEqual(adjustment)
    expect(await actionsOf(adjustment.id)).toHaveLength(2)
  })

  it('does not run over what was set meanwhile, such as by an undo', async () => {
    const { adjustment } = await hold()
    await env.DB.prepare(`UPDATE adjustments SET wake_at = 7 WHERE id = ?`)
      .bind(adjustment.id)
      .run()
    expect(await lookAgainAt(world.deps.db, adjustment, 9e15)).toBeNull()
    expect((await read(adjustment.id)).wakeAt).toBe(7)
  })

  it('needs no billing API', async () => {
    await hold()
    await world.advance(4 * HOUR)
    await world.sweep()
    expect(await world.work({ billing: null })).toEqual(['reminded'])
  })

  it('never ends an unknown outcome: it reminds and alarms once a day', async () => {
    const { adjustment } = await outcomeUnknown()
    const alarms = () => world.lines.filter(({ event }) => event === 'alarm.outcome_unknown')
    const before = alarms().length
    expect(await pass(4 * HOUR)).toEqual(['reminded'])
    expect(await pass(DAY - 1)).toEqual([])
    expect(await pass(1)).toEqual(['reminded'])
    expect(await pass(40 * DAY)).toEqual(['reminded'])
    expect(await pass(60)).toEqual([])
    expect(alarms()).toHaveLength(before + 3)
    expect(await read(adjustment.id)).toMatchObject({
      state: 'held',
      version: adjustment.version,
      countedAt: adjustment.countedAt,
      wakeAt: adjustment.heldAt! + (4 * HOUR + 42 * DAY) * 1_000,
    })
  })
})

describe('the schema', () => {
  const run = (statement: string): Promise<unknown> => env.DB.prepare(statement).run()
  const expectRefused = (statement: string, message: string | RegExp) =>
    expect(run(statement)).rejects.toThrow(message)
  const approvalBy = (id: string, identity: string, how = 'INSERT') =>
    `${how} INTO approvals VALUES ('${id}', 1, '${identity}', 'somebody', 1, NULL)`

  it('refuses an approval by the maker or the asker, and by nobody’s adjustment', async () => {
    const byHand = await madeByHand('ann@saas.example')
    await expectRefused(approvalBy(byHand.id, 'ann@saas.example'), 'never his own')
    const { adjustment } = await hold()
    await expectRefused(approvalBy(adjustment.id, 'agent@saas.example'), 'never his own')
    await expectRefused(approvalBy('adj_nothing', 'boss'), 'never his own')
  })

  it('refuses a second approval of one person, and to change or remove one', async () => {
    const { adjustment } = await hold()
    await run(approvalBy(adjustment.id, 'boss'))
    await expectRefused(approvalBy(adjustment.id, 'boss'), 'once')
    await expectRefused(approvalBy(adjustment.id, 'boss', 'INSERT OR REPLACE'), 'once')
    await expectRefused(`UPDATE approvals SET identity = 'finance'`, 'never changed')
    await expectRefused(`DELETE FROM approvals`, 'never removed')
  })

  it('refuses to clear anything without all of its approvals', async () => {
    const how = withLimits({ twoApproversAbove: usd(260) })
    const { adjustment } = await hold(asking('300.00'), { how })
    const clear = `UPDATE adjustments SET state = 'due', version = version + 1, hold_reasons = NULL,
      wake_at = 1, cleared_reasons = '["over_limit:holdAbove"]' WHERE id = '${adjustment.id}'`
    await expectRefused(clear, 'without its approvals')
    await run(approvalBy(adjustment.id, 'boss'))
    await expectRefused(clear, 'without its approvals')
    await run(approvalBy(adjustment.id, 'finance'))
    await run(clear)
    expect(await read(adjustment.id)).toMatchObject({ state: 'due' })
  })

  it('refuses to approve a later hold with the approval of an earlier one', async () => {
    const how = withLimits({ perDay: usd(310) })
    const { event, adjustment } = await hold(asking('300.00'), { how })
    await world.receive('zendesk', ticket())
    await world.work(how)
    await approve(adjustment, boss, how)
    expect(await world.work(how)).toEqual(['held'])
    const again = await world.adjustment(event)
    await expectRefused(
      `UPDATE adjustments SET state = 'due', version = version + 1, hold_reasons = NULL, wake_at = 1,
        cleared_reasons = '["over_limit:holdAbove","over_limit:perDay"]' WHERE id = '${again.id}'`,
      'without its approvals',
    )
  })

  it('refuses a rejected one that counts against a limit, and one that comes back', async () => {
    const { adjustment } = await hold()
    await expectRefused(
      `UPDATE adjustments SET state = 'rejected', version = version + 1, hold_reasons = NULL,
        counted_at = 1, counted_day = '2026-11-01' WHERE id = '${adjustment.id}'`,
      'counts against the limits',
    )
    await reject(adjustment)
    await expectRefused(
      `UPDATE adjustments SET state = 'due', version = version + 1, wake_at = 1
        WHERE id = '${adjustment.id}'`,
      'no such change of state',
    )
  })
})
