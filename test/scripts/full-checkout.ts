// A copied checkout with its tests and docs, and the verbs by which a test says what a command
// changed.

import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { copyCheckout, type Checkout } from './checkout.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const MORE = 'test docs README.md CONTRIBUTING.md vitest.config.ts tsconfig.node.json .oxfmtrc.json'

export type FullCheckout = Checkout & {
  read(file: string): string
  write(file: string, text: string): void
  /** Every file's text, by its path. */
  files(): Map<string, string>
  /** Runs one of the tools in it, by Node. */
  node(...args: readonly string[]): Promise<{ code: unknown; text: string }>
  /** Runs tests of the project `app`. */
  vitest(...tests: readonly string[]): Promise<{ code: unknown; text: string }>
}

export function fullCheckout(): FullCheckout {
  const checkout = copyCheckout()
  for (const name of MORE.split(' ')) {
    fs.cpSync(path.join(ROOT, name), path.join(checkout.folder, name), { recursive: true })
  }
  const inCopy = (file: string): string => path.join(checkout.folder, file)
  const read = (file: string) => fs.readFileSync(inCopy(file), 'utf8')
  const node: FullCheckout['node'] = async (...args) => {
    const { child, output } = checkout.run({ NO_COLOR: '1' }, process.execPath, [...args])
    const [code] = await once(child, 'close')
    return { code, text: output.text }
  }
  return {
    ...checkout,
    read,
    node,
    write: (file, text) => fs.writeFileSync(inCopy(file), text),
    files: () =>
      new Map(
        fs
          .readdirSync(checkout.folder, { recursive: true, encoding: 'utf8' })
          .filter((name) => !/^(node_modules|\.wrangler)/.test(name))
          .filter((name) => fs.statSync(inCopy(name)).isFile())
          .map((name) => [name, read(name)]),
      ),
    vitest: (...tests) =>
      node('node_modules/vitest/vitest.mjs', 'run', '--project', 'app', '--silent=true', ...tests),
  }
}

/** The lines that the second text has more. */
export const added = (before = '', after = ''): string[] => {
  const left = before.split('\n')
  return after.split('\n').filter((line) => {
    const at = left.indexOf(line)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

/** The files that are there now and were not, and those whose text has changed. */
export function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
) {
  const made = [...after.keys()].filter((name) => !before.has(name))
  const changed = [...before].filter(([name, text]) => after.get(name) !== text)
  return { made: made.toSorted(), changed: changed.map(([name]) => name).toSorted() }
}
