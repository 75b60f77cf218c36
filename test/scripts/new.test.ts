// `npm run new -- source acme` in a copy of this checkout: what it touches, that its tests then fail and
// say why, and that the page of CONTRIBUTING.md makes them pass.

import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { copyCheckout, type Checkout } from './checkout.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const MORE = ['test', 'docs', 'CONTRIBUTING.md', 'vitest.config.ts', 'tsconfig.node.json']
const TESTS = ['test/sources/contract.test.ts', 'test/sources/acme.test.ts']

let checkout: Checkout

beforeAll(() => {
  checkout = copyCheckout()
  for (const name of MORE) {
    fs.cpSync(path.join(ROOT, name), path.join(checkout.folder, name), { recursive: true })
  }
})
afterAll(async () => checkout.remove())

const inCopy = (file: string): string => path.join(checkout.folder, file)
const write = (file: string, text: string) => fs.writeFileSync(inCopy(file), text)

function files(): Map<string, string> {
  const names = fs.readdirSync(checkout.folder, { recursive: true, encoding: 'utf8' })
  return new Map(
    names
      .filter((name) => !/^(node_modules|\.wrangler)/.test(name))
      .filter((name) => fs.statSync(inCopy(name)).isFile())
      .map((name) => [name, fs.readFileSync(inCopy(name), 'utf8')]),
  )
}

async function run(...args: readonly string[]) {
  const { child, output } = checkout.run({ NO_COLOR: '1' }, process.execPath, [...args])
  const [code] = await once(child, 'close')
  return { code, text: output.text }
}
const runTests = () =>
  run('node_modules/vitest/vitest.mjs', 'run', '--project', 'app', '--silent=true', ...TESTS)

/** The lines that the second text has more. */
const added = (before: string, after: string): string[] => {
  const left = before.split('\n')
  return after.split('\n').filter((line) => {
    const at = left.indexOf(line)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

it('makes one page and adds one line to the list, beside test, fixture and doc page', async () => {
  const before = files()
  const { code, text } = await run('scripts/new.ts', 'source', 'acme')
  expect(text).toContain('Next: fill in src/sources/acme.ts')
  expect(code).toBe(0)
  const after = files()
  expect([...after.keys()].filter((name) => !before.has(name)).toSorted()).toEqual([
    'docs/sources/acme.md',
    'src/sources/acme.ts',
    'test/fixtures/acme/credit.requested.json',
    'test/sources/acme.test.ts',
  ])
  const changed = [...before].filter(([name, text]) => after.get(name) !== text)
  expect(changed.map(([name]) => name).toSorted()).toEqual([
    'sandbox/all-sources.ts',
    'src/sources/index.ts',
    'test/sources/entries.ts',
  ])
  const index = 'src/sources/index.ts'
  expect(added(before.get(index) ?? '', after.get(index) ?? '')).toEqual([
    "export { acme } from './acme.ts'",
  ])
  expect(added(after.get(index) ?? '', before.get(index) ?? '')).toEqual([])
})

it('its tests fail until it is filled in, and say so', { timeout: 120_000 }, async () => {
  const { code, text } = await runTests()
  expect(text).toContain('src/sources/acme.ts is not filled in: say how Acme signs')
  expect(text).toContain('fill in src/sources/acme.ts and its fixture')
  expect(text).toContain('fill in docs/sources/acme.md')
  expect(code).toBe(1)
})

it('the page that CONTRIBUTING shows makes them pass', { timeout: 120_000 }, async () => {
  const contributing = fs.readFileSync(inCopy('CONTRIBUTING.md'), 'utf8')
  const page = /```ts\n(\/\/ Acme[\s\S]*?)```/.exec(contributing)?.[1] ?? ''
  expect(page).toContain('export const acme = ')
  write('src/sources/acme.ts', page)
  const body = { id: 'a1', type: 'credit.requested', time: '2026-10-26T07:33:20Z', amount: 1_250 }
  write('test/fixtures/acme/credit.requested.json', JSON.stringify(body))
  const doc = fs.readFileSync(inCopy('docs/sources/acme.md'), 'utf8')
  write('docs/sources/acme.md', doc.replaceAll('Fill in', 'Known'))
  const { code, text } = await runTests()
  expect(text).not.toContain('not filled in')
  expect(text).toMatch(/Test Files +2 passed/)
  expect(code).toBe(0)
  const tsc = await run('node_modules/typescript/bin/tsc')
  expect(tsc.text).not.toContain('acme')
})

it.each([
  ['a name that is no name', ['source', 'Acme Inc'], 'npm run new -- source <name>'],
  ['another kind', ['thing', 'acme'], 'npm run new -- source <name>'],
  ['a source that is there', ['source', 'stripe'], 'src/sources/stripe.ts is there already'],
])('%s is refused in one line', async (_, args, expected) => {
  const before = files()
  const { code, text } = await run('scripts/new.ts', ...args)
  expect(text.trim().split('\n')).toEqual([expect.stringContaining(expected)])
  expect(code).toBe(1)
  expect(files()).toEqual(before)
})
