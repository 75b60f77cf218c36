// The pages that people read: README and its neighbours, and all of docs/.

import * as fs from 'node:fs'
import * as path from 'node:path'

export const ROOT = path.resolve(import.meta.dirname, '../..')

const AT_THE_TOP = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
]

export const readPage = (name: string): string => fs.readFileSync(path.join(ROOT, name), 'utf8')

/** Each page's text by its path, in reading order at the top and by name below docs/. */
export const PAGES: ReadonlyMap<string, string> = new Map(
  [
    ...AT_THE_TOP,
    ...fs
      .readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name.replaceAll(path.sep, '/')}`)
      .toSorted(),
    'sandbox/README.md',
    'sim/README.md',
  ].map((name) => [name, readPage(name)]),
)
