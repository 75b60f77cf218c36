// Answers to a hold, and its clock: every refusal with its numbers, and who comes first.

import { describe, expect, it } from 'vitest'
import {
  decideApproval,
  decideChoice,
  decideRejection,
  isAskerHidden,
  type Answerable,
} from '../../src/domain/approval.ts'
import { isApprovable, LIMIT_NAMES, type HoldReason } from '../../src/domain/hold.ts'
import { holdExpiresAt, holdStep, type HoldClock } from '../../src/domain/hold-clock.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const HELD_AT = 1_792_000_000_000

const held = (fields: Partial<Answerable> = {}): Answerable => ({
  state: 'held',
  version: 2,
  amount: -30_000,
  currency: 'usd',
  holdReasons: ['over_limit:holdAbove'],
  heldAt: HELD_AT,
  approversNeeded: 1,
  clearedReasons: null,
  maker: null,
  asker: 'agent@saas.example',
  firstAttemptedAt: null,
  reverses: null,
  ...fields,
})

const SEEN = { version: 2, amount: -30_000, currency: 'usd' }
const BOSS = 'boss@saas.example'
const NOW = HELD_AT + HOUR

const approve = (
  fields: Partial<Answerable> = {},
  {
    seen = SEEN,
    identity = BOSS,
    approved = [] as { identity: string; at: number }[],
    now = NOW,
  } = {},
) => decideApproval(held(fields), seen, identity, approved, now)

describe('an approval', () => {
  it('clears exactly the reasons that were shown', () => {
    expect(approve({ holdReasons: ['over_limit:perDay', 'charge'] })).toEqual({
      ok: true,
      value: {
        reasons: ['over_limit:perDay', 'charge'],
        approvals: 1,
        cleared: ['over_limit:perDay', 'charge'],
      },
    })
  })

  it('adds to what an earlier approval has cleared, each reason once', () => {
    const decided = approve({
      clearedReasons: ['over_limit:holdAbove', 'charge'],
      holdReasons: ['charge', 'over_limit:perDay'],
    })
    expect(decided).toMatchObject({
      value: { cleared: ['over_limit:holdAbove', 'charge', 'over_limit:perDay'] },
    })
  })

  it('clears nothing while another person has to approve', () => {
    expect(approve({ approversNeeded: 2, clearedReasons: ['charge'] })).toMatchObject({
      value: { approvals: 1, cleared: null },
    })
  })

  it('is the last one that is needed', () => {
    const approved = [{ identity: 'finance@saas.example', at: NOW - 1 }]
    expect(approve({ approversNeeded: 2 }, { approved })).toMatchObject({
      value: { approvals: 2, cleared: ['over_limit:holdAbove'] },
    })
  })

  it.each([
    ['not held', { state: 'invoiced' }, {}, { reason: 'not_held', state: 'invoiced' }],
    ['another version', { version: 3 }, {}, { reason: 'version_moved', seen: 2, version: 3 }],
    [
      'another amount',
      { amount: -30_001 },
      {},
      { reason: 'amount_moved', seen: -30_000, amount: -30_001 },
    ],
    [
      'the same amount the other way round',
      { amount: 30_000 },
      {},
      { reason: 'amount_moved', seen: -30_000, amount: 30_000 },
    ],
    [
      'another currency',
      { currency: 'eur' },
      {},
      { reason: 'currency_moved', seen: 'usd', currency: 'eur' },
    ],
    [
      'expired this millisecond',
      {},
      { now: HELD_AT + 14 * DAY },
      { reason: 'hold_expired', expiredAt: HELD_AT + 14 * DAY },
    ],
    ['made by this person', { maker: BOSS }, {}, { reason: 'approver_is_maker' }],
    ['asked for by this person', { asker: BOSS }, {}, { reason: 'approver_is_asker' }],
    [
      'asked for by this person in capital letters',
      { asker: 'Boss@SaaS.example' },
      {},
      { reason: 'approver_is_asker' },
    ],
    [
      'approved by this person before',
      { approversNeeded: 2 },
      { approved: [{ identity: BOSS, at: 7 }] },
      { reason: 'already_approved', at: 7 },
    ],
  ] as const)('is refused: %s', (_, fields, how, refusal) => {
    expect(
      approve(fields, { ...how, approved: [...('approved' in how ? how.approved : [])] }),
    ).toEqual({
      ok: false,
      error: refusal,
    })
  })

  it('is still good a millisecond before the hold expires', () => {
    expect(approve({}, { now: HELD_AT + 14 * DAY - 1 }).ok).toBe(true)
  })

  it.each([
    'customer_unresolved',
    'currency_mismatch',
    'mode_mismatch',
    'outcome_unknown',
  ] as const)('never lets %s through, and says which reason bars it', (reason) => {
    expect(approve({ holdReasons: ['charge', reason] })).toEqual({
      ok: false,
      error: { reason: 'not_approvable', reasons: [reason] },
    })
  })

  it.each([
    'older_than_endpoint',
    'rule_asked',
    'charge',
    'customer_caused',
    'unsigned_body',
    'new_rule',
    'possible_duplicate',
    ...LIMIT_NAMES.map((name) => `over_limit:${name}` as const),
  ] satisfies HoldReason[])('lets %s through', (reason) => {
    expect(isApprovable(reason)).toBe(true)
    expect(approve({ holdReasons: [reason] }).ok).toBe(true)
  })

  it('takes nobody for no person of that name', () => {
    expect(approve({ asker: null, maker: null }, { identity: 'null' }).ok).toBe(true)
  })
})

describe('a rejection', () => {
  it('may come late, from the maker and the asker too', () => {
    const late = held({ heldAt: 0, maker: BOSS, asker: BOSS, holdReasons: ['mode_mismatch'] })
    expect(decideRejection(late, 2)).toEqual({ ok: true, value: { reasons: ['mode_mismatch'] } })
  })

  it.each([
    [{ state: 'due' }, { reason: 'not_held', state: 'due' }],
    [{ version: 4 }, { reason: 'version_moved', seen: 2, version: 4 }],
    [{ holdReasons: ['mode_mismatch', 'outcome_unknown'] }, { reason: 'outcome_unknown' }],
  ] as const)('of %o is refused', (fields, refusal) => {
    expect(decideRejection(held(fields), 2)).toEqual({ ok: false, error: refusal })
  })
})

describe('a choice of the customer', () => {
  it.each(['customer_unresolved', 'currency_mismatch'] as const)('answers %s', (reason) => {
    expect(decideChoice(held({ holdReasons: ['charge', reason] }), 2, BOSS, NOW)).toEqual({
      ok: true,
      value: { reasons: ['charge', reason] },
    })
  })

  const unresolved = { holdReasons: ['customer_unresolved'] } as const

  it.each([
    [
      { ...unresolved, state: 'rejected' },
      { reason: 'not_held', state: 'rejected' },
    ],
    [
      { ...unresolved, version: 3 },
      { reason: 'version_moved', seen: 2, version: 3 },
    ],
    [
      { ...unresolved, heldAt: NOW - 14 * DAY },
      { reason: 'hold_expired', expiredAt: NOW },
    ],
    [
      { ...unresolved, firstAttemptedAt: 9 },
      { reason: 'attempt_made', at: 9 },
    ],
    [
      { holdReasons: ['charge', 'mode_mismatch'] },
      { reason: 'customer_certain', reasons: ['charge', 'mode_mismatch'] },
    ],
    [
      { ...unresolved, reverses: 'adj_1' },
      { reason: 'customer_certain', reasons: ['customer_unresolved'] },
    ],
    [{ ...unresolved, maker: 'Boss@SaaS.example' }, { reason: 'approver_is_maker' }],
    [{ ...unresolved, asker: 'Boss@SaaS.example' }, { reason: 'approver_is_asker' }],
  ] as const)('of %o is refused', (fields, refusal) => {
    expect(decideChoice(held(fields), 2, BOSS, NOW)).toEqual({ ok: false, error: refusal })
  })
})

describe("a hold's clock", () => {
  const after = (ms: number, fields: Partial<HoldClock> = {}) =>
    holdStep(
      { heldAt: HELD_AT, holdReminders: 0, holdReasons: ['charge'], ...fields },
      HELD_AT + ms,
    )

  it.each([
    [0, 0, { kind: 'wait', wakeAt: HELD_AT + 4 * HOUR }],
    [4 * HOUR - 1, 0, { kind: 'wait', wakeAt: HELD_AT + 4 * HOUR }],
    [4 * HOUR, 0, { kind: 'remind', reminders: 1, wakeAt: HELD_AT + DAY }],
    [4 * HOUR, 1, { kind: 'wait', wakeAt: HELD_AT + DAY }],
    [DAY - 1, 1, { kind: 'wait', wakeAt: HELD_AT + DAY }],
    [DAY, 1, { kind: 'escalate', reminders: 2, wakeAt: HELD_AT + 14 * DAY }],
    [3 * DAY, 0, { kind: 'escalate', reminders: 2, wakeAt: HELD_AT + 14 * DAY }],
    [3 * DAY, 2, { kind: 'wait', wakeAt: HELD_AT + 14 * DAY }],
    [14 * DAY - 1, 2, { kind: 'wait', wakeAt: HELD_AT + 14 * DAY }],
    [14 * DAY, 2, { kind: 'expire' }],
    [20 * DAY, 0, { kind: 'expire' }],
  ])('%i ms on, reminded %i times', (ms, holdReminders, step) => {
    expect(after(ms, { holdReminders })).toEqual(step)
  })

  it.each([
    [4 * HOUR - 1, 0, { kind: 'wait', wakeAt: HELD_AT + 4 * HOUR }],
    [4 * HOUR, 0, { kind: 'remind', reminders: 1, wakeAt: HELD_AT + DAY + 4 * HOUR }],
    [DAY, 1, { kind: 'wait', wakeAt: HELD_AT + DAY + 4 * HOUR }],
    [DAY + 4 * HOUR, 1, { kind: 'remind', reminders: 2, wakeAt: HELD_AT + 2 * DAY + 4 * HOUR }],
    [20 * DAY, 2, { kind: 'remind', reminders: 20, wakeAt: HELD_AT + 20 * DAY + 4 * HOUR }],
    [20 * DAY, 20, { kind: 'wait', wakeAt: HELD_AT + 20 * DAY + 4 * HOUR }],
  ])('of an unknown outcome, %i ms on, reminded %i times', (ms, holdReminders, step) => {
    const holdReasons = ['mode_mismatch', 'outcome_unknown'] as const
    expect(after(ms, { holdReminders, holdReasons })).toEqual(step)
  })

  it('never ends where an invoice may be there', () => {
    expect(holdExpiresAt({ heldAt: 0, holdReasons: ['outcome_unknown'] })).toBeNull()
    expect(holdExpiresAt({ heldAt: 0, holdReasons: ['charge'] })).toBe(14 * DAY)
  })
})

describe('who asked', () => {
  const asked = {
    maker: null,
    causedBy: 'agent',
    settlement: 'owed',
    asker: 'a@saas.example',
  } as const
  it.each([
    ['is named by his e-mail', asked, false],
    ['is named by an id', { ...asked, asker: '0055g00000AGENT1AA' }, true],
    ['is not named', { ...asked, asker: null }, true],
    ['made it by hand', { ...asked, asker: 'backoffice', maker: 'backoffice' }, false],
    ['is a program', { ...asked, causedBy: 'system', asker: null } as const, false],
    ['is the customer', { ...asked, causedBy: 'customer', asker: null } as const, false],
    [
      'recorded what had moved',
      { ...asked, settlement: 'already_paid', asker: null } as const,
      false,
    ],
  ])('%s', (_, request, expected) => {
    expect(isAskerHidden(request)).toBe(expected)
  })
})
