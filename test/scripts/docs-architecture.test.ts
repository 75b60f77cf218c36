// ARCHITECTURE.md names every folder and every file at the top of src/, and what it says that a folder may
// import is what the linter lets it import, and what it does import. Files that the pages name exist.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ADJUSTMENT_STATES } from '../../src/domain/adjustment.ts'
import { PAGES, readPage, ROOT } from './pages.ts'

const DOCS = readPage('ARCHITECTURE.md')
const MAP = DOCS.split('\n## Code map\n')[1]?.split('\n## ')[0] ?? ''
const ROWS = [...MAP.matchAll(/^\| (`.*?) \| (.*) \| (.*?) ?\|$/gm)].map(
  ([, names = '', , imports = '']) => ({
    names: codes(names),
    imports,
  }),
)

function codes(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}

const entries = (folder: string) => fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true })
const FOLDERS = entries('src')
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

describe('the code map', () => {
  const named = ROWS.flatMap(({ names }) => {
    // The first of a row says in which folder the others are.
    const inSrc = names.some((name) => name.startsWith('src/'))
    return names.map((name) => (inSrc && !name.includes('/') ? `src/${name}` : name))
  })

  it('names every folder and file of src/, and none that is not there', () => {
    const there = entries('src').map(
      (entry) => `src/${entry.name}${entry.isDirectory() ? '/' : ''}`,
    )
    expect(named.filter((name) => name.startsWith('src/')).toSorted()).toEqual(there.toSorted())
  })

  it('names every other folder', () => {
    const ignored = new Set(['src', 'node_modules', 'dist', 'coverage'])
    const there = entries('.')
      .filter(({ name }) => !name.startsWith('.') && !ignored.has(name))
      // A link to a folder, such as a shared node_modules, is none of ours.
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${name}/`)
    for (const folder of there) expect(named).toContain(folder)
  })
})

/** What the table says that a folder of src may import; `usecases and what these may` counts both. */
function saidOf(folder: string): readonly string[] {
  const row = ROWS.find(({ names }) => names[0] === `src/${folder}/`)
  const words = codes((row?.imports ?? '').split(';')[0] ?? '')
  const isToo = row?.imports.includes('and what these may') === true
  const inherited = isToo ? words.flatMap((word) => saidOf(word)) : []
  return [...new Set([...words, ...inherited])].filter((word) => FOLDERS.includes(word)).toSorted()
}

describe('what a folder may import', () => {
  const copy = fs.mkdtempSync(path.join(tmpdir(), 'makegood-imports-'))
  afterAll(() => fs.rmSync(copy, { recursive: true, force: true }))
  const refused = new Set<string>()
  const pairs = FOLDERS.flatMap((from) =>
    FOLDERS.filter((to) => to !== from).map((to) => ({
      from,
      to,
      file: `src/${from}/to-${to}.ts`,
    })),
  )

  beforeAll(async () => {
    const write = (file: string, text: string) => {
      fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true })
      fs.writeFileSync(path.join(copy, file), text)
    }
    for (const file of ['.oxlintrc.json', 'scripts/lint-plugin.mjs', 'tsconfig.json']) {
      write(file, readPage(file))
    }
    for (const { to, file } of pairs) write(file, `export { x } from '../${to}/any.ts'\n`)
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'))
    const bin = path.join(ROOT, 'node_modules/oxlint/bin/oxlint')
    const printed: string = await new Promise((resolve) => {
      execFile(process.execPath, [bin, '--format', 'json'], { cwd: copy }, (_, stdout) =>
        resolve(stdout),
      )
    })
    const report = z.object({
      diagnostics: z.array(z.object({ filename: z.string(), code: z.string().optional() })),
    })
    for (const { filename, code = '' } of report.parse(JSON.parse(printed)).diagnostics) {
      if (!code.includes('no-restricted-imports')) continue
      refused.add(path.relative(copy, path.resolve(copy, filename)))
    }
  }, 60_000)

  it.each(FOLDERS)('%s: as the linter has it', (folder) => {
    const allowed = pairs
      .filter(({ from, file }) => from === folder && !refused.has(file))
      .map(({ to }) => to)
    expect(saidOf(folder)).toEqual(allowed.toSorted())
  })

  it.each(FOLDERS)('%s: as its files have it', (folder) => {
    const files = fs
      .readdirSync(path.join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
    const imported = files.flatMap((name) =>
      [...readPage(`src/${folder}/${name}`).matchAll(/from '(?:\.\.\/)+([a-z-]+)\//g)].map(
        ([, to = '']) => to,
      ),
    )
    const others = [...new Set(imported)].filter((to) => FOLDERS.includes(to) && to !== folder)
    const said = saidOf(folder)
    expect(others.filter((to) => !said.includes(to))).toEqual([])
  })
})

it('the drawing has every state', () => {
  const drawing = DOCS.split("### An adjustment's states")[1]?.split('```')[1] ?? ''
  for (const state of ADJUSTMENT_STATES) expect(drawing).toContain(state)
})

describe('a file that a page names', () => {
  const all = ['src', 'test', 'scripts', 'sim', 'sandbox', 'examples', 'migrations', 'docs']
    .flatMap((folder) =>
      fs
        .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => `/${folder}/${name.replaceAll(path.sep, '/')}`),
    )
    .concat(entries('.').map(({ name }) => `/${name}`))

  /** Files of the reader's own, and those that a command makes. */
  const OF_THE_READER: readonly string[] = [
    'other.config.ts',
    'deployment.toml',
    'makegood.staging.config.ts',
    'late-delivery.ts',
    'late-delivery.test.ts',
    'open-notice.mjs',
    'shopify.app.toml',
  ]

  it.each([...PAGES.keys()])('is there: %s', (page) => {
    const named = [
      ...(PAGES.get(page) ?? '')
        .replaceAll(/^```[\s\S]*?^```/gm, '')
        .matchAll(/`([\w./-]+\.(?:ts|mjs|sql|toml))`/g),
    ]
      .map(([, name = '']) => name)
      .filter((name) => !OF_THE_READER.includes(path.posix.basename(name)))
    const gone = named.filter((name) => !all.some((file) => file.endsWith(`/${name}`)))
    expect(gone).toEqual([])
  })
})
