// What would differ: each rule of "once" as the door has it, each kind of difference, and sums that are
// exact. Events are plain; how they come back from a record is tested with the sources.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  addEarlier,
  addEarlierUndo,
  beginBacktest,
  type KeptReason,
  type Made,
  type RecordedEvent,
} from '../../src/domain/backtest.ts'
import { findingsOf, type Findings } from '../../src/domain/backtest-findings.ts'
import { replay } from '../../src/domain/backtest-replay.ts'
import type { Mode } from '../../src/domain/event.ts'
import {
  credit,
  ignore,
  rule,
  several,
  undecided,
  undo,
  type RuleDefinition,
  type Rule,
} from '../../src/domain/rule.ts'

const payload = z.object({
  subject: z.string().default('ticket:1'),
  cents: z.number().default(1_000),
  currency: z.string().default('usd'),
  customer: z.string().nullable().default('acme'),
  parts: z.array(z.string()).optional(),
  does: z.enum(['credit', 'undo', 'ignore', 'undecided']).default('credit'),
})
type Data = z.input<typeof payload>
type Changes = Partial<Omit<RuleDefinition<typeof payload>, 'payload' | 'adjust'>>

/** Credits what the event says, changed as a test wants it. */
const credits = (
  changes: Changes = {},
  cents: (data: z.output<typeof payload>) => number = (data) => data.cents,
): Rule =>
  rule({
    id: 'rule-a',
    source: 'source',
    on: ['event'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...changes,
    payload,
    adjust(data) {
      const { does, subject, currency, customer, parts = [''] } = data
      if (does === 'undo') return undo(subject)
      if (does === 'ignore') return ignore('told_to')
      if (does === 'undecided') return undecided('amount_missing', 'cents')
      const money = { minorUnits: cents(data), currency }
      return several(...parts.map((part) => credit(money, { subject, customer, part })))
    },
  })

const made = (fields: Partial<Made> = {}): Made => ({
  event: 'evt_1',
  rule: 'rule-a',
  account: 'account',
  subject: 'ticket:1',
  part: '',
  amount: -1_000,
  currency: 'usd',
  customer: { kind: 'external_id', value: 'acme' },
  mode: 'test',
  settlement: 'owed',
  ...fields,
})

type Step = Partial<Omit<RecordedEvent, 'seq'>> & {
  readonly data?: Data
  readonly type?: string
  readonly kept?: KeptReason
  readonly notReceived?: true
}

/** An event that the rule adjusted then. */
const adjusted = (data: Data = {}, fields: Partial<Made> = {}): Step => ({
  data,
  made: [made({ subject: data.subject ?? 'ticket:1', ...fields })],
})

function backtest(
  rules: readonly Rule[],
  steps: readonly Step[],
  earlier: { readonly made?: readonly Made[]; readonly undos?: readonly string[] } = {},
): Findings {
  const state = beginBacktest(rules)
  for (const each of earlier.made ?? []) addEarlier(state, each)
  for (const subject of earlier.undos ?? []) {
    addEarlierUndo(state, { account: 'account', subject, rule: 'rule-a', mode: 'test' })
  }
  for (const [at, { data, type, kept, notReceived, ...step }] of steps.entries()) {
    const id = step.id ?? `evt_${at + 1}`
    const recorded: RecordedEvent = {
      seq: at + 1,
      id,
      account: 'account',
      source: 'source',
      mode: 'test',
      fate: 'adjusted',
      rule: 'rule-a',
      reason: null,
      undoes: null,
      ...step,
      made: (step.made ?? []).map((each) => ({ ...each, event: id })),
    }
    const event = { ownId: id, type: type ?? 'event', occurredAt: 1, mode: null, data: data ?? {} }
    if (kept) replay(state, recorded, { kind: 'kept', reason: kept })
    else if (notReceived) replay(state, recorded, { kind: 'not_received' })
    else replay(state, recorded, { kind: 'event', event })
  }
  return findingsOf(state, 20)
}

const tenPercentMore = credits({}, ({ cents }) => Math.round(cents * 1.1))

describe('nothing differs', () => {
  it.each<[string, readonly Step[], Parameters<typeof backtest>[2]?]>([
    ['of what was made', [adjusted()]],
    ['of what was ignored', [{ data: { does: 'ignore' }, fate: 'ignored', rule: null }]],
    ['of what was undecided', [{ data: { does: 'undecided' }, fate: 'undecided' }]],
    ['of a second request after a rejection', [adjusted(), { fate: 'conflict' }]],
    ['of a duplicate', [adjusted(), { fate: 'duplicate' }]],
    ['of a conflict by amount', [adjusted(), { data: { cents: 2_000 }, fate: 'conflict' }]],
    ['of a conflict by currency', [adjusted(), { data: { currency: 'eur' }, fate: 'conflict' }]],
    ['of a conflict by customer', [adjusted(), { data: { customer: null }, fate: 'conflict' }]],
    ['of a conflict by mode', [adjusted(), { mode: 'live', fate: 'conflict' }]],
    [
      'of the same subject in another account',
      [adjusted(), { account: 'other', made: [made({ account: 'other' })] }],
    ],
    [
      'of two parts of one subject',
      [{ data: { parts: ['a', 'b'] }, made: [made({ part: 'a' }), made({ part: 'b' })] }],
    ],
    [
      'of a part that is new beside one that is not',
      [
        { data: { parts: ['a'] }, made: [made({ part: 'a' })] },
        { data: { parts: ['a', 'b'] }, made: [made({ part: 'b' })] },
        { data: { parts: ['a', 'b'] }, fate: 'duplicate' },
      ],
    ],
    [
      'of a duplicate of what was made before the range',
      [{ fate: 'duplicate' }],
      { made: [made()] },
    ],
    [
      'of a conflict with what was made before the range',
      [{ data: { cents: 1 }, fate: 'conflict' }],
      { made: [made()] },
    ],
    [
      'of an undo, and of the second one',
      [
        adjusted(),
        { data: { does: 'undo' }, undoes: { subject: 'ticket:1', ruleIds: ['rule-a'] } },
        {
          data: { does: 'undo' },
          undoes: { subject: 'ticket:1', ruleIds: ['rule-a'] },
          fate: 'duplicate',
        },
      ],
    ],
    [
      'of an undo of what was undone before the range',
      [
        {
          data: { does: 'undo' },
          undoes: { subject: 'ticket:1', ruleIds: ['rule-a'] },
          fate: 'duplicate',
        },
      ],
      { undos: ['ticket:1'] },
    ],
    ['of what a person has dismissed', [{ data: { does: 'undecided' }, fate: 'dismissed' }]],
    ['of an event of another type', [{ type: 'other', fate: 'ignored', rule: null }]],
  ])('%s', (_, steps, earlier) => {
    const found = backtest([credits()], steps, earlier)
    expect(found).toMatchObject({ differences: 0, largest: [], fates: [] })
    expect(found.lines.every(({ kind, difference }) => kind === 'same' && difference === 0)).toBe(
      true,
    )
  })

  it('of what a rule made under a former id', () => {
    const renamed = credits({ id: 'rule-b', was: ['rule-a'] })
    const found = backtest([renamed], [adjusted(), { fate: 'duplicate' }])
    expect(found).toMatchObject({ differences: 0, fates: [] })
    expect(found.lines).toMatchObject([{ rule: 'rule-b', kind: 'same', count: 1 }])
  })

  it('of what was made before the range under a former id', () => {
    const renamed = credits({ id: 'rule-b', was: ['rule-a'] })
    const found = backtest([renamed], [{ fate: 'duplicate' }], { made: [made()] })
    expect(found).toMatchObject({ differences: 0, fates: [], lines: [] })
  })

  it('of an undo of what a rule made under a former id', () => {
    const renamed = credits({ id: 'rule-b', was: ['rule-a'] })
    const undone = { subject: 'ticket:1', ruleIds: ['rule-a'] }
    const found = backtest([renamed], [adjusted(), { data: { does: 'undo' }, undoes: undone }])
    expect(found).toMatchObject({ differences: 0, lines: [{ kind: 'same', before: 0, after: 0 }] })
  })

  it.each<KeptReason>(['payload_forgotten', 'body_hidden', 'not_readable'])(
    'of an event that can not be decided again: %s',
    (kept) => {
      const found = backtest(
        [tenPercentMore],
        [
          { ...adjusted(), kept },
          { fate: 'conflict', kept },
        ],
      )
      expect(found).toMatchObject({
        differences: 0,
        fates: [],
        events: { read: 2, decided: 0, kept: { [kept]: 2 } },
        lines: [{ kind: 'same', count: 1, before: -1_000, after: -1_000 }],
      })
    },
  )

  it('and an event that is kept as it was stands in the way of a later one', () => {
    const found = backtest(
      [credits()],
      [{ ...adjusted(), kept: 'payload_forgotten' }, { fate: 'duplicate' }],
    )
    expect(found).toMatchObject({ differences: 0, fates: [] })
  })
})

describe('a difference', () => {
  const shadow = credits({ mode: 'shadow' })

  it('of an amount has both, and the rule’s answers', () => {
    expect(backtest([tenPercentMore], [adjusted()])).toEqual({
      events: {
        read: 1,
        decided: 1,
        notReceived: 0,
        kept: { payload_forgotten: 0, body_hidden: 0, not_readable: 0 },
      },
      differences: 1,
      lines: [
        {
          rule: 'rule-a',
          currency: 'usd',
          kind: 'amount',
          count: 1,
          before: -1_000,
          after: -1_100,
          difference: -100,
        },
      ],
      fates: [],
      largest: [
        {
          kind: 'amount',
          also: [],
          event: 'evt_1',
          account: 'account',
          subject: 'ticket:1',
          part: '',
          before: {
            rule: 'rule-a',
            amount: -1_000,
            currency: 'usd',
            customer: { kind: 'external_id', value: 'acme' },
            settlement: 'owed',
            undone: false,
          },
          after: {
            rule: 'rule-a',
            amount: -1_100,
            currency: 'usd',
            customer: { kind: 'external_id', value: 'acme' },
            settlement: 'owed',
            undone: false,
          },
          difference: -100,
          saidThen: 'rule-a: adjusted',
          saidNow: 'rule-a: adjust',
        },
      ],
    })
  })

  it.each<[string, readonly Rule[], readonly Step[], object]>([
    [
      'would be made',
      [credits()],
      [{ fate: 'ignored', rule: null, reason: 'told_to' }],
      {
        largest: [
          {
            kind: 'would_be_made',
            before: null,
            difference: -1_000,
            saidThen: 'ignored: told_to',
            saidNow: 'rule-a: adjust',
          },
        ],
        fates: [{ before: 'ignored', after: 'adjusted', events: 1 }],
      },
    ],
    [
      'would not be made, since it is ignored',
      [credits()],
      [adjusted({ does: 'ignore' })],
      {
        largest: [
          {
            kind: 'would_not_be_made',
            after: null,
            difference: 1_000,
            saidNow: 'ignored: told_to',
          },
        ],
        fates: [{ before: 'adjusted', after: 'ignored', events: 1 }],
      },
    ],
    [
      'would not be made, since it is undecided',
      [credits()],
      [adjusted({ does: 'undecided' })],
      { largest: [{ saidNow: 'rule-a: undecided: amount_missing, cents' }] },
    ],
    [
      'would not be made, since its rule is in shadow mode',
      [shadow],
      [adjusted()],
      { largest: [{ kind: 'would_not_be_made', saidNow: 'rule-a: shadow' }] },
    ],
    [
      'would not be made, since no rule is left',
      [],
      [adjusted()],
      { largest: [{ saidNow: 'ignored: no_rule_for_this_event_type' }] },
    ],
    [
      'would not be made, since no endpoint is left',
      [credits()],
      [{ ...adjusted(), notReceived: true }],
      {
        events: { notReceived: 1 },
        largest: [{ kind: 'would_not_be_made', saidNow: 'no endpoint receives source' }],
        fates: [{ before: 'adjusted', after: 'not_received', events: 1 }],
      },
    ],
    [
      'would not be made, since the subject is another one’s',
      [credits()],
      [
        adjusted({ subject: 'ticket:2' }),
        adjusted({ subject: 'ticket:2' }, { subject: 'ticket:3' }),
      ],
      {
        differences: 1,
        largest: [{ subject: 'ticket:3', saidNow: 'rule-a: duplicate of evt_1' }],
        fates: [{ before: 'adjusted', after: 'duplicate', events: 1 }],
      },
    ],
    [
      'would not be made, since it is in conflict',
      [credits()],
      [
        adjusted({ subject: 'ticket:2' }),
        adjusted({ subject: 'ticket:2', cents: 5 }, { subject: 'ticket:3' }),
      ],
      { largest: [{ subject: 'ticket:3', saidNow: 'rule-a: conflict with evt_1' }] },
    ],
    [
      'is of the customer',
      [credits()],
      [adjusted({ customer: 'other' })],
      { differences: 1, largest: [{ kind: 'customer', difference: 0 }] },
    ],
    [
      'is of the way to name the customer',
      [credits()],
      [adjusted({}, { customer: { kind: 'source_id', value: 'acme' } })],
      { largest: [{ kind: 'customer' }] },
    ],
    [
      'is of the settlement',
      [credits({ settlement: 'already_paid' })],
      [adjusted()],
      { largest: [{ kind: 'settlement', before: { settlement: 'owed' } }] },
    ],
    [
      'is of several things, of which the first names it',
      [credits({ settlement: 'already_paid' })],
      [adjusted({ cents: 1, customer: null })],
      { differences: 1, largest: [{ kind: 'amount', also: ['customer', 'settlement'] }] },
    ],
    [
      'is of the undo that would come',
      [credits()],
      [adjusted(), { data: { does: 'undo' }, fate: 'ignored', rule: null }],
      {
        differences: 1,
        lines: [{ kind: 'would_be_undone', before: -1_000, after: 0, difference: 1_000 }],
        largest: [{ event: 'evt_2', saidNow: 'rule-a: undo', after: { undone: true } }],
        fates: [{ before: 'ignored', after: 'adjusted', events: 1 }],
      },
    ],
    [
      'is of the undo that would not come, also where it came first',
      [credits()],
      [
        { data: { does: 'ignore' }, undoes: { subject: 'ticket:1', ruleIds: ['rule-a'] } },
        adjusted(),
      ],
      {
        differences: 1,
        lines: [{ kind: 'would_not_be_undone', before: 0, after: -1_000 }],
        largest: [{ event: 'evt_1', saidThen: 'rule-a: adjusted', saidNow: 'ignored: told_to' }],
      },
    ],
  ])('%s', (_, rules, steps, expected) => {
    expect(backtest(rules, steps)).toMatchObject(expected)
  })

  it('between two rules stands in a line of each', () => {
    const other = credits({ id: 'rule-b' })
    expect(backtest([other], [adjusted()])).toMatchObject({
      differences: 1,
      lines: [
        { rule: 'rule-a', kind: 'rule', count: 1, before: -1_000, after: 0, difference: 1_000 },
        { rule: 'rule-b', kind: 'rule', count: 1, before: 0, after: -1_000, difference: -1_000 },
      ],
      largest: [{ kind: 'rule', difference: 0 }],
    })
  })

  it('between two currencies has no sum, and stands in a line of each', () => {
    expect(backtest([credits()], [adjusted({ currency: 'eur' })])).toMatchObject({
      differences: 1,
      lines: [
        { currency: 'eur', kind: 'currency', count: 1, before: 0, after: -1_000 },
        { currency: 'usd', kind: 'currency', count: 1, before: -1_000, after: 0 },
      ],
      largest: [{ kind: 'currency', difference: null }],
    })
  })

  it('of two undos is the first one’s', () => {
    const undoes: Step = { data: { does: 'undo' }, fate: 'ignored', rule: null }
    const found = backtest([credits()], [adjusted(), undoes, undoes])
    expect(found).toMatchObject({ differences: 1, largest: [{ event: 'evt_2' }] })
  })

  it('is one, where an event that is kept as it was comes second now', () => {
    const second: Step = { ...adjusted({}, { amount: -3_000 }), kept: 'payload_forgotten' }
    const found = backtest([credits()], [{ fate: 'ignored', rule: null }, second])
    expect(found).toMatchObject({
      differences: 1,
      lines: [{ kind: 'amount', count: 1, before: -3_000, after: -1_000 }],
      largest: [{ event: 'evt_1' }],
    })
  })

  it('is one, where the subject’s adjustment comes from another event now', () => {
    const later: Step = adjusted({ cents: 3_000 }, { amount: -3_000 })
    const found = backtest([credits()], [{ fate: 'ignored', rule: null }, later])
    expect(found).toMatchObject({
      differences: 1,
      largest: [{ kind: 'amount', event: 'evt_1', difference: 2_000 }],
      fates: [
        { before: 'adjusted', after: 'conflict', events: 1 },
        { before: 'ignored', after: 'adjusted', events: 1 },
      ],
    })
  })

  it('is none, where only the event is another one', () => {
    const found = backtest([credits()], [{ fate: 'ignored', rule: null }, adjusted()])
    expect(found.differences).toBe(0)
    expect(found.fates).toHaveLength(2)
  })

  it('is none of what stands since before the range, whatever its rule makes now', () => {
    const found = backtest([tenPercentMore], [{ fate: 'duplicate' }], { made: [made()] })
    expect(found).toMatchObject({
      differences: 0,
      lines: [],
      fates: [{ before: 'duplicate', after: 'conflict', events: 1 }],
    })
  })

  it('is the undo of what stands since before the range', () => {
    const steps: Step[] = [{ data: { does: 'undo' }, fate: 'ignored', rule: null }]
    expect(backtest([credits()], steps, { made: [made()] })).toMatchObject({
      differences: 1,
      lines: [{ kind: 'would_be_undone', before: -1_000, after: 0 }],
    })
  })
})

describe('the largest', () => {
  const of = (cents: readonly number[], currency = 'usd') =>
    cents.map((each, at) => {
      const subject = `${currency}:${at}`
      const data = { subject, currency, cents: each }
      return adjusted(data, { subject, currency, amount: -each })
    })

  it('are twenty, by their size whatever the sign, and then as they came', () => {
    const cents = Array.from({ length: 30 }, (_, at) => ((at * 7) % 30) * 100 + 100)
    const found = backtest([tenPercentMore], of(cents))
    expect(found.differences).toBe(30)
    const sizes = found.largest.map(({ difference }) => -(difference ?? 0))
    expect(sizes).toEqual(
      cents
        .map((each) => each / 10)
        .toSorted((a, b) => b - a)
        .slice(0, 20),
    )
    const equal = backtest([tenPercentMore], of([500, 500, 500]))
    expect(equal.largest.map(({ subject }) => subject)).toEqual(['usd:0', 'usd:1', 'usd:2'])
  })

  it('compare currencies of other decimals by their units', () => {
    const found = backtest([tenPercentMore], [...of([5_000]), ...of([1_000], 'jpy')])
    expect(found.largest.map(({ subject }) => subject)).toEqual(['jpy:0', 'usd:0'])
  })
})

it('for any record and any change, the sums of the lines are the sums of what is made', () => {
  const step = fc.record({
    subject: fc.constantFrom('a:1', 'a:2', 'a:3', 'a:4'),
    cents: fc.integer({ min: 10, max: 9_999 }),
    does: fc.constantFrom('credit', 'credit', 'credit', 'ignore', 'undecided', 'undo'),
    mode: fc.constantFrom<Mode>('live', 'test'),
  })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 50, max: 200 }),
      (all, rate) => {
        // The record is what the unchanged rule makes, by a plain second reading of "once".
        const first = new Map<string, { readonly cents: number; readonly mode: Mode }>()
        const undone = new Set<string>()
        const undos = new Set<string>()
        const steps = all.map(({ subject, cents, does, mode }): Step => {
          const step: Step = { data: { subject, cents, does }, mode }
          if (does === 'ignore') return { ...step, fate: 'ignored', rule: null }
          if (does === 'undecided') return { ...step, fate: 'undecided' }
          if (does === 'undo') {
            const inMode = `${subject} ${mode}`
            const fate = undos.has(inMode) ? 'duplicate' : 'adjusted'
            undos.add(inMode)
            undone.add(subject)
            return { ...step, fate, undoes: { subject, ruleIds: ['rule-a'] } }
          }
          const one = first.get(subject)
          if (one === undefined) {
            first.set(subject, { cents, mode })
            return { ...step, made: [made({ subject, amount: -cents, mode })] }
          }
          const isSame = one.cents === cents && one.mode === mode
          return { ...step, fate: isSame ? 'duplicate' : 'conflict' }
        })
        expect(backtest([credits()], steps)).toMatchObject({ differences: 0, fates: [] })
        const changed = (cents: number) => Math.max(1, Math.round((cents * rate) / 100))
        const { lines } = backtest([credits({}, ({ cents }) => changed(cents))], steps)
        const standing = [...first].filter(([subject]) => !undone.has(subject))
        const sum = (of: (line: Findings['lines'][number]) => number) =>
          lines.reduce((total, line) => total + of(line), 0)
        const total = (of: (cents: number) => number) =>
          standing.reduce((all_, [, { cents }]) => all_ + of(cents), 0)
        expect(sum(({ count }) => count)).toBe(first.size)
        expect(sum(({ before }) => -before)).toBe(total((cents) => cents))
        expect(sum(({ after }) => -after)).toBe(total(changed))
        expect(sum(({ difference }) => -difference)).toBe(total((cents) => changed(cents) - cents))
      },
    ),
    { numRuns: 300 },
  )
})

describe('rules that become one', () => {
  const merged = credits({ id: 'rule-c', was: ['rule-a', 'rule-b'] })
  const both = [
    adjusted({ cents: 1_000 }, { amount: -1_000 }),
    adjusted({ cents: 500 }, { amount: -500, rule: 'rule-b' }),
  ]

  it('make one of what they made two of', () => {
    expect(backtest([merged], both)).toMatchObject({
      differences: 1,
      lines: [
        { rule: 'rule-c', kind: 'same', count: 1, before: -1_000, after: -1_000 },
        { rule: 'rule-c', kind: 'would_not_be_made', count: 1, before: -500, after: 0 },
      ],
    })
  })

  it('leave both standing that were made before the range', () => {
    const earlier = [made(), made({ rule: 'rule-b', amount: -500, event: 'evt_2' })]
    expect(backtest([merged], [], { made: earlier })).toMatchObject({ differences: 0, lines: [] })
  })

  it('keep that of the event which makes it now', () => {
    const [first, second] = both
    const ignored = { ...first!, data: { does: 'ignore' } } as const
    expect(backtest([merged], [ignored, second!])).toMatchObject({
      lines: [
        { kind: 'same', count: 1, before: -500, after: -500 },
        { kind: 'would_not_be_made', count: 1, before: -1_000, after: 0 },
      ],
    })
  })

  /** What a change of the rules makes of an event of the type `a` or `b`: the rule that reads it. */
  const CHANGES: readonly {
    readonly rules: (cents: (data: { cents: number }) => number) => readonly Rule[]
    readonly ruleOf: Readonly<Record<'a' | 'b', string | null>>
  }[] = [
    {
      rules: (cents) => [
        credits({ id: 'renamed', was: ['rule-a'], on: ['a'] }, cents),
        credits({ id: 'rule-b', on: ['b'] }, cents),
      ],
      ruleOf: { a: 'renamed', b: 'rule-b' },
    },
    {
      rules: (cents) => [
        credits({ id: 'rule-b', was: ['rule-a'], on: ['a'] }, cents),
        credits({ id: 'other', was: [], on: ['b'] }, cents),
      ],
      ruleOf: { a: 'rule-b', b: 'other' },
    },
    {
      rules: (cents) => [credits({ id: 'one', was: ['rule-a', 'rule-b'], on: ['a', 'b'] }, cents)],
      ruleOf: { a: 'one', b: 'one' },
    },
    {
      rules: (cents) => [credits({ id: 'rule-b', was: ['rule-a'], on: ['a', 'b'] }, cents)],
      ruleOf: { a: 'rule-b', b: 'rule-b' },
    },
    {
      rules: (cents) => [credits({ id: 'rule-b', on: ['b'] }, cents)],
      ruleOf: { a: null, b: 'rule-b' },
    },
    { rules: () => [], ruleOf: { a: null, b: null } },
  ]

  it('are renamed, swapped or gone: for any record the sums are those of what is made', () => {
    const step = fc.record({
      type: fc.constantFrom('a', 'b'),
      subject: fc.constantFrom('t:1', 't:2', 't:3'),
      cents: fc.integer({ min: 10, max: 9_999 }),
    })
    const all = fc.array(step, { maxLength: 20 })
    const change = fc.constantFrom(...CHANGES)
    const property = fc.property(all, fc.nat(20), fc.integer({ min: 50, max: 200 }), change, check)
    fc.assert(property, { numRuns: 500 })
  })

  type Given = { readonly type: 'a' | 'b'; readonly subject: string; readonly cents: number }

  /** Of `given`, the first `earlier` were recorded before the range. */
  function check(
    given: readonly Given[],
    earlier: number,
    rate: number,
    { rules, ruleOf }: (typeof CHANGES)[number],
  ): void {
    const recorded = new Map<string, Made>()
    const steps = given.map(({ type, subject, cents }, at): Step => {
      const id = `evt_${at + 1}`
      const [rule, key] = [`rule-${type}`, `${type} ${subject}`]
      const [data, event] = [
        { subject, cents },
        { id, type, rule },
      ]
      if (recorded.has(key)) return { ...event, data, fate: 'conflict' }
      const one = made({ event: id, rule, subject, amount: -cents })
      recorded.set(key, one)
      return { ...event, data, made: [one] }
    })
    const before = [...recorded.values()]
    const isEarlier = ({ event }: Made) => Number(event.slice('evt_'.length)) <= earlier
    const stands = before.filter(isEarlier)
    const changed = ({ cents }: { cents: number }) => Math.max(1, Math.round((cents * rate) / 100))
    const now = rules(changed)
    // A plain second reading of "once": a subject has one of a rule, under whichever of its ids.
    const nameOf = (rule: string) =>
      now.find(({ id, was }) => [id, ...was].includes(rule))?.id ?? rule
    const has = new Set(stands.map(({ rule, subject }) => `${nameOf(rule)} ${subject}`))
    let after = stands.reduce((sum, { amount }) => sum + amount, 0)
    for (const { type, subject, cents } of given.slice(earlier)) {
      const key = `${ruleOf[type]} ${subject}`
      if (ruleOf[type] === null || has.has(key)) continue
      has.add(key)
      after -= changed({ cents })
    }
    const found = backtest(now, steps.slice(earlier), { made: stands })
    const difference = found.lines.reduce((sum, line) => sum + line.difference, 0)
    expect(difference).toBe(after - before.reduce((sum, { amount }) => sum + amount, 0))
    const inRange = found.lines.reduce((sum, line) => sum + line.before, 0)
    expect(inRange).toBe(
      before.filter((each) => !isEarlier(each)).reduce((sum, { amount }) => sum + amount, 0),
    )
  }
})
