// The hash of the rule set: the same for the same rules, another for whatever could decide otherwise.

import { expect, it } from 'vitest'
import * as z from 'zod'
import { usd } from '../../src/domain/money.ts'
import { ignore, rule, type Rule } from '../../src/domain/rule.ts'
import { ruleSetHash } from '../../src/domain/rule-set.ts'
import { creditRequested } from '../../src/rules/credit-requested.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'

const MONEY = { limits: { perDay: 100 } }
const own = (changed: Partial<Parameters<typeof rule>[0]> = {}): Rule =>
  rule({
    id: 'own',
    source: 'shop',
    on: ['thing.happened'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    payload: z.unknown(),
    adjust: () => ignore('never'),
    ...changed,
  })

it('is 64 hex digits, and the same for rules that were made again', async () => {
  const hash = await ruleSetHash([own(), creditRequested()], MONEY)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(await ruleSetHash([own(), creditRequested()], { ...MONEY })).toBe(hash)
})

it('does not depend on the order in which a rule names its parts', async () => {
  const { id, ...others } = own()
  expect(await ruleSetHash([{ ...others, id }], MONEY)).toBe(await ruleSetHash([own()], MONEY))
})

const ten = { requestTag: 'pay', amounts: { ten: usd(10) } }

it.each<[string, readonly Rule[], object]>([
  ['another id', [own({ id: 'other' })], MONEY],
  ['another source', [own({ source: 'desk' })], MONEY],
  ['another event type', [own({ on: ['thing.vanished'] })], MONEY],
  ['another settlement', [own({ settlement: 'already_paid' })], MONEY],
  ['another reason', [own({ reason: 'refund' })], MONEY],
  ['another causer', [own({ causedBy: 'customer' })], MONEY],
  ['another description', [own({ description: 'Sorry' })], MONEY],
  ['shadow mode', [own({ mode: 'shadow' })], MONEY],
  ['a former id', [own({ was: ['before'] })], MONEY],
  ['a rule alongside', [own({ alongside: ['other'] })], MONEY],
  ['other options', [own({ options: { amount: 5 } })], MONEY],
  ['other code', [own({ adjust: () => ignore('always') })], MONEY],
  ['one rule more', [own(), creditRequested()], MONEY],
  ['no rule', [], MONEY],
  ['another limit', [own()], { limits: { perDay: 101 } }],
])('is another for %s', async (_, rules, money) => {
  expect(await ruleSetHash(rules, money)).not.toBe(await ruleSetHash([own()], MONEY))
})

it('is another for the other order, since the first rule decides', async () => {
  const [one, two] = [own(), own({ id: 'other' })]
  expect(await ruleSetHash([one, two], MONEY)).not.toBe(await ruleSetHash([two, one], MONEY))
})

it('is another for another amount or another setting of a ready-made rule', async () => {
  const hashes = await Promise.all(
    [
      ten,
      { ...ten, amounts: { ten: usd(10.01) } },
      { ...ten, otherAmountField: true },
      { ...ten, mode: 'shadow' as const },
    ].map((options) => ruleSetHash([zendeskTicketCredit(options)], MONEY)),
  )
  expect(new Set(hashes).size).toBe(4)
})
