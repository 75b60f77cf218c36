// What `npm run check` says of a configuration: which line is wrong and why, and which rule was lost.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localFile } from '../../scripts/backtest-database.ts'
import { adviceForLost, lostRules } from '../../scripts/lost-rules.ts'
import { checkConfiguration, checkRuleIds } from '../../scripts/check-configuration.ts'
import { copyCheckout, type Checkout } from './checkout.ts'

let checkout: Checkout
beforeAll(() => {
  checkout = copyCheckout()
})
afterAll(() => checkout.remove())

const FILE = 'makegood.config.ts'
const HEAD = `import { defineConfig } from './src/config.ts'
import { usd } from './src/domain/money.ts'
import { stripeRefundRecord } from './src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from './src/rules/zendesk-ticket-credit.ts'
import { stripe, zendesk } from './src/sources/index.ts'
`
const GOOD = `${HEAD}
export default defineConfig({
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [
    stripeRefundRecord({ was: ['refund-record'] }),
    zendeskTicketCredit({ requestTag: 'pay', amounts: { ten: usd(10) } }),
  ],
  limits: { perDay: usd(5000) },
})
`
const write = (text: string, file = FILE): void =>
  fs.writeFileSync(path.join(checkout.folder, file), text)

describe('a configuration', () => {
  it('that starts passes', async () => {
    write(GOOD)
    expect(await checkConfiguration(checkout.folder)).toEqual({ passed: true })
  })

  it.each<[string, string, string, string[]]>([
    [
      'an amount below zero, which throws while the file is read',
      'usd(5000)',
      'usd(-250)',
      ['makegood.config.ts:18: usd(-250): amount_negative'],
    ],
    [
      'a limit in another currency',
      "currency: 'usd'",
      "currency: 'eur'",
      [
        'makegood.config.ts:',
        'makegood.config.ts:18: limits.perDay: is in usd, but the configured currency is eur',
      ],
    ],
    [
      'an option of the second rule that nobody reads',
      'amounts: { ten: usd(10) }',
      'amounts: { ten: usd(10) },\n      requestTagg: "x"',
      [
        'makegood.config.ts:',
        'makegood.config.ts:17: rules[1] (zendesk-ticket-credit).requestTagg: there is no such setting; known are',
      ],
    ],
    [
      'two rules with one id',
      'usd(10) } }),',
      'usd(10) } }),\n    stripeRefundRecord(),',
      [
        'makegood.config.ts:',
        'makegood.config.ts:17: rules[2].id: there are two rules with the id stripe-refund-record',
      ],
    ],
    [
      'an endpoint without its secret',
      "secret: 'STRIPE_WEBHOOK_SECRET'",
      '',
      [
        'makegood.config.ts:',
        'makegood.config.ts:11: endpoints.stripe.secret: the name of a secret is wanted, such as STRIPE_WEBHOOK_SECRET',
      ],
    ],
    [
      'nothing at all',
      GOOD,
      '',
      ['makegood.config.ts: export default defineConfig({ … }) is wanted'],
    ],
    [
      'a file that is not there',
      './src/domain/money.ts',
      './src/domain/cash.ts',
      ['Cannot find module'],
    ],
  ])('with %s says where and why', async (_, from, to, lines) => {
    write(GOOD.replace(from, to))
    const { passed, output = '' } = await checkConfiguration(checkout.folder)
    expect(passed).toBe(false)
    const told = output.trim().split('\n')
    expect(told).toHaveLength(lines.length)
    for (const [n, line] of lines.entries()) expect(told[n]).toContain(line)
  })

  it('names the line of the user’s own rule, where that throws', async () => {
    fs.mkdirSync(path.join(checkout.folder, 'rules'), { recursive: true })
    write(
      "import { usd } from '../src/domain/money.ts'\n\nexport const fee = usd(0)\n",
      'rules/fee.ts',
    )
    write(`import { fee } from './rules/fee.ts'\n${GOOD.replace('usd(5000)', 'fee')}`)
    expect(await checkConfiguration(checkout.folder)).toEqual({
      passed: false,
      output: 'rules/fee.ts:3: usd(0): amount_zero',
    })
  })
})

describe('the rules that a local database has recorded', () => {
  /** A state folder as `npm start` leaves it, with these ids. */
  function stateWith(name: string, ids: readonly string[] | null): string {
    const state = checkout.statePath(name)
    fs.mkdirSync(path.dirname(localFile(state)), { recursive: true })
    const database = new DatabaseSync(localFile(state))
    if (ids !== null) {
      database.exec(
        'CREATE TABLE rule_ids (id text PRIMARY KEY NOT NULL, at integer NOT NULL) STRICT, WITHOUT ROWID',
      )
      const insert = database.prepare('INSERT INTO rule_ids VALUES (?, ?)')
      for (const id of ids) insert.run(id, Date.parse('2026-10-26T07:33:12Z'))
    }
    database.close()
    return state
  }

  it('are all known: by their ids, by former ones, or as Makegood’s own', async () => {
    write(GOOD)
    const ids = [
      'stripe-refund-record',
      'refund-record',
      'zendesk-ticket-credit',
      'by-hand',
      'reversal',
    ]
    expect(await checkRuleIds(checkout.folder, stateWith('known', ids))).toEqual({
      passed: true,
      note: '5 recorded here',
    })
  })

  it('are named where one has vanished, and fail nothing: what is local was play money', async () => {
    write(GOOD.replace("{ was: ['refund-record'] }", ''))
    const ids = ['late-delivery', 'refund-record', 'stripe-refund-record']
    expect(await checkRuleIds(checkout.folder, stateWith('lost', ids))).toEqual({
      passed: true,
      note: '3 recorded here; no rule has any more: late-delivery, refund-record',
    })
  })

  it('of a deployed one are told with what to write', () => {
    const at = Date.parse('2026-10-26T07:33:12Z')
    const recorded = ['late-delivery', 'renamed', 'by-hand'].map((id) => ({ id, at }))
    const [lost, ...others] = lostRules(['now', 'renamed'], recorded)
    expect([lost?.id, others]).toEqual(['late-delivery', []])
    expect(adviceForLost('makegood.config.ts', lost!).split('\n')).toEqual([
      `makegood.config.ts: rules: late-delivery has made adjustments since 2026-10-26, and no rule has this id any more, so what it has paid could be paid again.`,
      `  If it was renamed, write was: ['late-delivery'] into the rule that took its place.`,
      `  If it is not wanted any more, leave it in the list with mode: 'shadow'; then it bills nothing.`,
    ])
  })

  it.each<[string, () => string, string]>([
    ['there is no database', () => checkout.statePath('none'), 'no local database yet'],
    [
      'no migration has run',
      () => stateWith('empty', null),
      'the local database has no such table yet',
    ],
  ])('pass with a note where %s', async (_, state, note) => {
    write(GOOD)
    expect(await checkRuleIds(checkout.folder, state())).toEqual({ passed: true, note })
  })

  it('are not looked at while the configuration does not start, which another check tells', async () => {
    write('')
    expect(await checkRuleIds(checkout.folder, stateWith('later', ['lost']))).toEqual({
      passed: true,
      note: 'the configuration has to start first',
    })
  })

  it('are only read: the file stays as it is', async () => {
    write(GOOD)
    const state = stateWith('read', ['stripe-refund-record'])
    const before = fs.readFileSync(localFile(state))
    await checkRuleIds(checkout.folder, state)
    expect(fs.readFileSync(localFile(state)).equals(before)).toBe(true)
    expect(fs.readdirSync(path.dirname(localFile(state)))).toHaveLength(1)
  })
})
