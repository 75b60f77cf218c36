// `npm run new -- rule late-delivery` in a copy of this checkout: what it makes, that nothing
// starts before it is filled in and why, and that the cookbook's rule of this name makes it start and its
// test pass.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { added, difference, fullCheckout, type FullCheckout } from './full-checkout.ts'

const TEST = 'test/rules/late-delivery.test.ts'
const CONFIG = 'makegood.config.ts'
const LOAD = `await import('./${CONFIG}').catch((error) => { console.error(error.message); process.exit(1) })`

let checkout: FullCheckout

beforeAll(() => {
  checkout = fullCheckout()
})
afterAll(async () => checkout.remove())

const loadConfig = () => checkout.node('--input-type=module', '--eval', LOAD)

it('makes one file and one line, beside its sample and its test', async () => {
  const before = checkout.files()
  const { code, text } = await checkout.node('scripts/new.ts', 'rule', 'late-delivery')
  expect(text).toContain('Next: fill in rules/late-delivery.ts, its sample and its test')
  expect(code).toBe(0)
  const after = checkout.files()
  expect(difference(before, after)).toEqual({
    made: ['rules/late-delivery.sample.json', 'rules/late-delivery.ts', TEST],
    changed: [CONFIG],
  })
  expect(added(before.get(CONFIG), after.get(CONFIG))).toEqual([
    "import { lateDelivery } from './rules/late-delivery.ts'",
    '    lateDelivery,',
  ])
  expect(added(after.get(CONFIG), before.get(CONFIG))).toEqual([])
  // All rules that were there decide before it.
  expect(after.get(CONFIG)).toMatch(/\),\n {4}lateDelivery,\n {2}\],\n/)
})

it('is formatted and compiles as it is', { timeout: 120_000 }, async () => {
  const made = ['rules/late-delivery.ts', TEST, CONFIG]
  const format = await checkout.node('node_modules/oxfmt/bin/oxfmt', '--check', ...made)
  expect(format).toMatchObject({ code: 0 })
  const tsc = await checkout.node('node_modules/typescript/bin/tsc')
  expect(tsc.text).not.toMatch(/late-delivery|makegood\.config/)
})

it('nothing starts until it is filled in, and its test says so', { timeout: 120_000 }, async () => {
  const config = await loadConfig()
  expect(config.text).toMatch(
    /rules\[\d+\] \(late-delivery\)\.adjust: fill in rules\/late-delivery\.ts, then take this line out/,
  )
  expect(config.code).toBe(1)
  const { code, text } = await checkout.vitest(TEST)
  expect(text).toContain('fill in rules/late-delivery.ts')
  expect(text).toContain('fill in, such as: -1500 usd acme-42 delivery:d1')
  expect(code).toBe(1)
})

it('the rule that the cookbook shows makes it start and pass', { timeout: 120_000 }, async () => {
  // As docs/first-hour.md has it: both files are copied.
  for (const name of ['late-delivery.ts', 'late-delivery.sample.json']) {
    checkout.write(`rules/${name}`, checkout.read(`examples/${name}`))
  }
  const test = checkout.read(TEST)
  checkout.write(TEST, test.replace('fill in, such as: -1500', '-1500'))
  expect(await loadConfig()).toEqual({ code: 0, text: '' })
  const { code, text } = await checkout.vitest(TEST)
  expect(text).toMatch(/Tests +2 passed/)
  expect(code).toBe(0)
  const tsc = await checkout.node('node_modules/typescript/bin/tsc')
  expect(tsc.text).not.toMatch(/late-delivery|makegood\.config/)
})

it.each([
  ['a name that is no name', 'Late Delivery', 'npm run new -- source <name>'],
  ['a name of one word', 'delete', 'two words or more'],
  ['a rule that is there', 'late-delivery', 'rules/late-delivery.ts is there already'],
  ['the id of a ready-made one', 'jira-field-credit', 'src/rules/jira-field-credit.ts is there'],
])('%s is refused in one line', async (_, name, expected) => {
  const before = checkout.files()
  const { code, text } = await checkout.node('scripts/new.ts', 'rule', name)
  expect(text.trim().split('\n')).toEqual([expect.stringContaining(expected)])
  expect(code).toBe(1)
  expect(checkout.files()).toEqual(before)
})

it('a configuration that is written otherwise is left alone, and told what to add', async () => {
  const otherwise = checkout.read(CONFIG).replace('  rules: [', '  rules: [ // in order')
  checkout.write(CONFIG, otherwise)
  const { code, text } = await checkout.node('scripts/new.ts', 'rule', 'second-rule')
  expect(text).toContain("import { secondRule } from './rules/second-rule.ts'")
  expect(text).toContain('where it is to decide: secondRule,')
  expect(code).toBe(0)
  expect(checkout.read(CONFIG)).toBe(otherwise)
})
