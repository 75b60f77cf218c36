// The rules of examples/ are what docs/cookbook.md shows, they start, and on their samples and on
// variations of them they decide as it says; a dry run then says what would become of it.

import { describe, expect, it } from 'vitest'
import cookbook from '../../docs/cookbook.md?raw'
import { ALL_SOURCES } from '../../sandbox/all-sources.ts'
import { defineConfig } from '../../src/config.ts'
import { decide } from '../../src/domain/decide.ts'
import { isUnreadable } from '../../src/domain/event.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { dryRun } from '../../src/usecases/dry-run.ts'
import { depsWith } from '../harness.ts'

const MODULES = import.meta.glob('../../examples/*.ts', { eager: true })
const TEXTS: Readonly<Record<string, unknown>> = import.meta.glob('../../examples/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const SAMPLES = import.meta.glob('../../examples/*.sample.json', { eager: true })

type Example = {
  readonly name: string
  readonly text: string
  readonly rule: Rule
  readonly sample: any
}

const isRule = (value: unknown): value is Rule =>
  typeof value === 'object' && value !== null && 'decide' in value

const EXAMPLES: readonly Example[] = Object.entries(MODULES).map(([file, exported]) => {
  const [rule, ...others] = Object.values(exported).filter(isRule)
  const name = /([\w-]+)\.ts$/.exec(file)?.[1] ?? file
  const sample = SAMPLES[`../../examples/${name}.sample.json`]?.['default']
  if (!rule || others.length > 0 || sample === undefined)
    throw new Error(`${file}: one rule, one sample`)
  return { name, text: String(TEXTS[file]), rule, sample }
})
const exampleOf = (name: string): Example => {
  const found = EXAMPLES.find((each) => each.name === name)
  if (!found) throw new Error(`no example ${name}`)
  return found
}

/** What a source has its type in, where that is a header. */
const TYPE_HEADER: Readonly<Record<string, string>> = { 'github-label-credit': 'issues' }

/** As the door reads it: the decision and its few facts in a line. */
function told(name: string, body: unknown): string {
  const { rule } = exampleOf(name)
  const endpoint = config.endpoints.get(rule.source)
  const [event] =
    endpoint?.source.read(body, {
      signed: { id: 'msg_1', timestamp: null },
      unsignedHeader: () => TYPE_HEADER[name] ?? null,
    }) ?? []
  if (!event || isUnreadable(event)) return 'unreadable'
  const decision = decide([rule], rule.source, event)
  if (decision.kind === 'undo') return `undoes ${decision.subject} of ${decision.of}`
  if (decision.kind !== 'adjust') {
    return 'reason' in decision ? `${decision.kind}: ${decision.reason}` : decision.kind
  }
  return decision.proposals
    .map(({ amount, currency, customer, subject, part, asker, hold }) =>
      [
        amount,
        currency,
        customer?.value ?? 'nobody',
        subject,
        ...(part === '' ? [] : [`part ${part}`]),
        ...(asker === null ? [] : [`by ${asker}`]),
        ...(hold === null ? [] : [`held: ${hold}`]),
      ].join(' '),
    )
    .join(' and ')
}

const config = defineConfig({ ...ALL_SOURCES, rules: EXAMPLES.map(({ rule }) => rule) })

/** A sample with other fields at a place in it. */
const changed = (name: string, at: string, fields: object): unknown => {
  const body = structuredClone(exampleOf(name).sample)
  const place = at === '' ? body : at.split('.').reduce((inner, key) => inner[key], body)
  Object.assign(place, fields)
  return body
}
const labels = (...names: readonly string[]) => ({ labels: names.map((name) => ({ name })) })

const ROWS: readonly (readonly [name: string, what: string, body: unknown, told: string])[] = [
  ['late-delivery', 'its sample', null, '-1500 usd acme-42 delivery:d1'],
  [
    'late-delivery',
    'in time',
    changed('late-delivery', 'data', { hoursLate: 3 }),
    'ignored: less_than_a_day_late',
  ],
  [
    'late-delivery',
    'hours as text',
    changed('late-delivery', 'data', { hoursLate: '30' }),
    'undecided: shape',
  ],
  ['downtime-credit', 'its sample', null, '-4999 usd bolt-7 downtime:dt-7'],
  [
    'downtime-credit',
    'for an hour',
    changed('downtime-credit', 'data', { minutes: 60 }),
    '-1999 usd bolt-7 downtime:dt-7',
  ],
  [
    'downtime-credit',
    'for a day',
    changed('downtime-credit', 'data', { minutes: 1440 }),
    '-9999 usd bolt-7 downtime:dt-7',
  ],
  [
    'downtime-credit',
    'for 59 minutes',
    changed('downtime-credit', 'data', { minutes: 59 }),
    'ignored: less_than_an_hour',
  ],
  [
    'downtime-credit',
    'who pays nothing',
    changed('downtime-credit', 'data', { monthlyFee: 0 }),
    'undecided: amount_zero',
  ],
  [
    'downtime-credit',
    'in no currency',
    changed('downtime-credit', 'data', { currency: 'US$' }),
    'undecided: currency_unknown',
  ],
  [
    'incident-credits',
    'its sample',
    null,
    ['cedar-19', 'greta-77', 'iris-64']
      .map((each) => `-1000 usd ${each} incident:2026-10-26 part ${each}`)
      .join(' and '),
  ],
  [
    'incident-credits',
    'nobody',
    changed('incident-credits', 'data', { customers: [] }),
    'ignored: nobody_affected',
  ],
  [
    'incident-credits',
    'a customer twice',
    changed('incident-credits', 'data', { customers: ['cedar-19', 'cedar-19'] }),
    'undecided: same_part_twice',
  ],
  [
    'incident-credits',
    'more than twenty',
    changed('incident-credits', 'data', {
      customers: Array.from({ length: 21 }, (_, at) => `c-${at}`),
    }),
    'undecided: shape',
  ],
  ['plan-credit', 'its sample', null, '-2000 usd acme-42 ticket:6021 by agent@saas.example'],
  [
    'plan-credit',
    'not asked for',
    changed('plan-credit', '', { tags: 'plan_team' }),
    'ignored: not_asked_for',
  ],
  [
    'plan-credit',
    'no plan',
    changed('plan-credit', '', { tags: 'usual_credit' }),
    'undecided: amount_missing',
  ],
  [
    'plan-credit',
    'two plans',
    changed('plan-credit', '', { tags: 'usual_credit plan_team plan_starter' }),
    'undecided: amount_ambiguous',
  ],
  [
    'plan-credit',
    'nobody’s ticket',
    changed('plan-credit', '', { customer_external_id: '' }),
    '-2000 usd nobody ticket:6021 by agent@saas.example',
  ],
  ['plan-credit', 'asked by nobody', changed('plan-credit', '', { asker: '' }), 'undecided: shape'],
  ['gorgias-credit', 'its sample', null, '-4250 usd acme-42 ticket:5158 by ada@vendor.example'],
  [
    'gorgias-credit',
    'with thousands',
    changed('gorgias-credit', '', { amount: '1,250.00' }),
    '-125000 usd acme-42 ticket:5158 by ada@vendor.example',
  ],
  [
    'gorgias-credit',
    'in German',
    changed('gorgias-credit', '', { amount: '1.250,00' }),
    'undecided: amount_not_a_number',
  ],
  [
    'gorgias-credit',
    'no amount',
    changed('gorgias-credit', '', { amount: '' }),
    'undecided: amount_missing',
  ],
  [
    'gorgias-credit',
    'not approved',
    changed('gorgias-credit', '', { tags: 'billing' }),
    'ignored: not_approved',
  ],
  [
    'promised-credit',
    'its sample',
    null,
    '-15000 usd greta-77 promise:p-1 by sales@saas.example held: above_monthly_fee',
  ],
  [
    'promised-credit',
    'up to the fee',
    changed('promised-credit', 'data', { amount: 9900 }),
    '-9900 usd greta-77 promise:p-1 by sales@saas.example',
  ],
  [
    'promised-credit',
    'a fraction of a cent',
    changed('promised-credit', 'data', { amount: 0.5 }),
    'undecided: shape',
  ],
  ['credit-withdrawn', 'its sample', null, 'undoes delivery:d1 of late-delivery'],
  ['late-fee', 'its sample', null, '4000 usd habana-5 invoice:INV-0042'],
  [
    'late-fee',
    'too early',
    changed('late-fee', 'data', { daysOverdue: 29 }),
    'ignored: less_than_a_month',
  ],
  [
    'late-fee',
    'a number of another form',
    changed('late-fee', 'data', { invoiceNumber: 'INV 42\n' }),
    'undecided: subject_unusable',
  ],
  ['shop-refund-record', 'its sample', null, '-1990 usd acme-42 refund:re_3ShopRefund0001'],
  [
    'shop-refund-record',
    'of Commet’s products',
    changed('shop-refund-record', 'data.object.metadata', { product: 'app' }),
    'ignored: not_of_the_shop',
  ],
  [
    'shop-refund-record',
    'pending',
    changed('shop-refund-record', 'data.object', { status: 'pending' }),
    'ignored: refund_unfinished',
  ],
  ['github-label-credit', 'its sample', null, '-2500 usd iris-64 issue:2130000001 by ada'],
  [
    'github-label-credit',
    'another label',
    changed('github-label-credit', 'label', { name: 'credit: 25 USD' }),
    'ignored: another_label',
  ],
  [
    'github-label-credit',
    'no amount',
    changed('github-label-credit', 'issue', labels('customer: iris-64', 'credit-approved')),
    'undecided: amount_missing',
  ],
  [
    'github-label-credit',
    'two amounts',
    changed('github-label-credit', 'issue', labels('credit: 25 USD', 'credit: 100 USD')),
    'undecided: amount_ambiguous',
  ],
  [
    'github-label-credit',
    'two customers',
    changed(
      'github-label-credit',
      'issue',
      labels('credit: 100 EUR', 'customer: a', 'customer: b'),
    ),
    '-10000 eur nobody issue:2130000001 by ada',
  ],
]

describe('an example decides', () => {
  it.each(ROWS)('%s, %s', (name, _, body, expected) => {
    expect(told(name, body ?? exampleOf(name).sample)).toBe(expected)
  })

  it('on its sample, each of them', () => {
    const rows = ROWS.filter(([, what]) => what === 'its sample').map(([name]) => name)
    expect(rows.toSorted()).toEqual(EXAMPLES.map(({ name }) => name).toSorted())
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(10)
  })
})

/** The day of most samples, so that none is older than its endpoint. */
const NOW = Date.parse('2026-10-26T12:00:00Z')

describe('an example would', () => {
  const WOULD: Readonly<Record<string, readonly string[]>> = {
    'late-delivery': ['issue'],
    'downtime-credit': ['issue'],
    'incident-credits': ['issue', 'issue', 'issue'],
    'plan-credit': ['issue'],
    'gorgias-credit': ['issue'],
    'promised-credit': ['hold: rule_asked'],
    'credit-withdrawn': [],
    'late-fee': ['hold: charge, older_than_endpoint'],
    'shop-refund-record': ['issue'],
    'github-label-credit': ['issue'],
  }

  it.each(EXAMPLES)('as the door and the claim say of $name', async ({ name, rule, sample }) => {
    const run = await dryRun(depsWith({ config, now: () => NOW }), {
      kind: 'payload',
      endpoint: rule.source,
      payload: sample,
      type: TYPE_HEADER[name] ?? null,
    })
    if (!run.ok) throw new Error(JSON.stringify(run.error))
    const [event] = run.value.events
    if (event?.kind !== 'event') throw new Error('no event')
    const would = event.adjustments.map((each) => {
      const reasons = each.isNew ? each.holdReasons.map(({ reason }) => reason) : []
      return reasons.length > 0 ? `${each.would}: ${reasons.join(', ')}` : each.would
    })
    expect(would).toEqual(WOULD[name])
  })
})

describe('docs/cookbook.md', () => {
  const blocks = [...cookbook.matchAll(/^```ts\n\/\/ examples\/([\w-]+)\.ts\n(.*?)^```/gms)].map(
    ([, name = '', text = '']) => [name, text] as const,
  )

  it('shows each example, and no other', () => {
    expect(blocks.map(([name]) => name).toSorted()).toEqual(
      EXAMPLES.map(({ name }) => name).toSorted(),
    )
  })

  it.each(blocks)('shows %s as it is', (name, text) => {
    expect(text).toBe(exampleOf(name).text)
  })

  it('says what its sample becomes', () => {
    for (const { name, sample } of EXAMPLES) {
      expect(cookbook).toContain(`\`${told(name, sample)}\``)
    }
  })
})
