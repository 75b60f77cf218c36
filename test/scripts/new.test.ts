// `npm run new -- source acme` in a copy of this checkout: what it touches, that its tests then
// fail and say why, and that the page of CONTRIBUTING.md makes them pass.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { added, difference, fullCheckout, type FullCheckout } from './full-checkout.ts'

const TESTS = ['test/sources/contract.test.ts', 'test/sources/acme.test.ts']

let checkout: FullCheckout

beforeAll(() => {
  checkout = fullCheckout()
})
afterAll(async () => checkout.remove())

it('makes one page and adds one line to the list, beside test, fixture and doc page', async () => {
  const before = checkout.files()
  const { code, text } = await checkout.node('scripts/new.ts', 'source', 'acme')
  expect(text).toContain('Next: fill in src/sources/acme.ts')
  expect(code).toBe(0)
  const after = checkout.files()
  expect(difference(before, after)).toEqual({
    made: [
      'docs/sources/acme.md',
      'src/sources/acme.ts',
      'test/fixtures/acme/credit.requested.json',
      'test/sources/acme.test.ts',
    ],
    changed: ['sandbox/all-sources.ts', 'src/sources/index.ts', 'test/sources/entries.ts'],
  })
  const index = 'src/sources/index.ts'
  expect(added(before.get(index), after.get(index))).toEqual(["export { acme } from './acme.ts'"])
  expect(added(after.get(index), before.get(index))).toEqual([])
})

it('its tests fail until it is filled in, and say so', { timeout: 120_000 }, async () => {
  const { code, text } = await checkout.vitest(...TESTS)
  expect(text).toContain('src/sources/acme.ts is not filled in: say how Acme signs')
  expect(text).toContain('fill in src/sources/acme.ts and its fixture')
  expect(text).toContain('fill in docs/sources/acme.md')
  expect(code).toBe(1)
})

it('the page that CONTRIBUTING shows makes them pass', { timeout: 120_000 }, async () => {
  const contributing = checkout.read('CONTRIBUTING.md')
  const page = /```ts\n(\/\/ Acme[\s\S]*?)```/.exec(contributing)?.[1] ?? ''
  expect(page).toContain('export const acme = ')
  checkout.write('src/sources/acme.ts', page)
  const body = { id: 'a1', type: 'credit.requested', time: '2026-10-26T07:33:20Z', amount: 1_250 }
  checkout.write('test/fixtures/acme/credit.requested.json', JSON.stringify(body))
  const doc = checkout.read('docs/sources/acme.md')
  checkout.write('docs/sources/acme.md', doc.replaceAll('Fill in', 'Known'))
  const { code, text } = await checkout.vitest(...TESTS)
  expect(text).not.toContain('not filled in')
  expect(text).toMatch(/Test Files +2 passed/)
  expect(code).toBe(0)
  const tsc = await checkout.node('node_modules/typescript/bin/tsc')
  expect(tsc.text).not.toContain('acme')
})

it.each([
  ['a name that is no name', ['source', 'Acme Inc'], 'npm run new -- source <name>'],
  ['another kind', ['thing', 'acme'], 'npm run new -- source <name>'],
  ['a source that is there', ['source', 'stripe'], 'src/sources/stripe.ts is there already'],
])('%s is refused in one line', async (_, args, expected) => {
  const before = checkout.files()
  const { code, text } = await checkout.node('scripts/new.ts', ...args)
  expect(text.trim().split('\n')).toEqual([expect.stringContaining(expected)])
  expect(code).toBe(1)
  expect(checkout.files()).toEqual(before)
})
