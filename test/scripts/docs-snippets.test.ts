// What README and docs/ show of TypeScript compiles, as the file or the part of makegood.config.ts that it is;
// JSON is JSON, and JavaScript parses. Which block is what is seen from its first lines.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLACES, readDeployment } from '../../scripts/deployment.ts'
import { blocksOf, type Block } from '../markdown.ts'
import { PAGES, readPage, ROOT } from './pages.ts'

type Shown = Block & { readonly page: string }
const SHOWN: readonly Shown[] = [...PAGES].flatMap(([page, text]) =>
  blocksOf(text).map((block) => ({ ...block, page })),
)
const written = (language: string) => SHOWN.filter((block) => block.language === language)
const where = ({ page, line }: Shown) => `${page}:${line}`

/** Languages of blocks that nothing is made of: drawings and what a command prints. */
const FOR_READING = ['', 'text', 'mermaid']

it('every block is of a language that is looked at, or is for reading', () => {
  const known = ['ts', 'js', 'json', 'sh', 'csv', 'toml', ...FOR_READING]
  expect(SHOWN.filter(({ language }) => !known.includes(language)).map(where)).toEqual([])
})

it('a block for reading holds no command', () => {
  const commands = SHOWN.filter(({ language }) => FOR_READING.includes(language)).filter(
    ({ text }) => /^(?:\$ )?(?:npm run|npx|curl) /m.test(text),
  )
  expect(commands.filter(({ page }) => !page.startsWith('sim/')).map(where)).toEqual([])
})

it.each(written('toml').map((block) => [where(block), block.text]))(
  '%s is a deployment.toml that is taken',
  (_, text) => {
    const home = fs.mkdtempSync(path.join(tmpdir(), 'makegood-toml-'))
    try {
      fs.copyFileSync(path.join(ROOT, 'wrangler.toml'), path.join(home, 'wrangler.toml'))
      fs.writeFileSync(path.join(home, 'deployment.toml'), text)
      const addresses = PLACES.map((place) => readDeployment(home, place).vars['PUBLIC_URL'])
      for (const address of addresses) expect(text).toContain(`PUBLIC_URL = "${address}"`)
    } finally {
      fs.rmSync(home, { recursive: true })
    }
  },
)

describe('JSON', () => {
  it.each(written('json').map((block) => [where(block), block.text]))('%s', (_, text) => {
    expect(() => JSON.parse(text)).not.toThrow()
  })
})

/** Where each name that a part of the configuration may use is exported, by the scan of its folder. */
function exportsOf(): ReadonlyMap<string, string> {
  const files = [
    'src/domain/money.ts',
    'src/config.ts',
    'src/sources/index.ts',
    ...['rules', 'notices', 'gaps'].flatMap((folder) =>
      fs.readdirSync(path.join(ROOT, 'src', folder)).map((name) => `src/${folder}/${name}`),
    ),
  ]
  return new Map(
    files.flatMap((file) => {
      const text = readPage(file)
      const own = [...text.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)]
      const passedOn = [...text.matchAll(/^export \{ (\w+) \}/gm)]
      return [...own, ...passedOn].map(([, name = '']) => [name, file] as const)
    }),
  )
}

const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^import .* from '.*'$/gm)].map(([line]) => line)

/** A whole file: where it stands, by its first line or by what it imports. */
function fileOf(text: string): string | null {
  const [, named] = /^\/\/ ((?:rules|examples|scripts)\/[\w-]+\.ts)$/m.exec(text) ?? []
  if (named !== undefined) return named
  if (/from '\.\/source\.ts'/.test(text)) return 'src/sources/a-page.ts'
  return /^export default /m.test(text) ? 'makegood.config.ts' : null
}

/** What `defineConfig` knows, as its type has it. */
const SETTINGS: readonly string[] = [
  ...(/export type ConfigInput = \{(.*?)^\}/ms.exec(readPage('src/config.ts'))?.[1] ?? '').matchAll(
    /^ {2}readonly (\w+)\??:/gm,
  ),
].map(([, name = '']) => name)

/** A part of `defineConfig({ … })`: settings of it, or endpoints by their names. */
function partOf(text: string, known: ReadonlyMap<string, string>): string {
  const body = importsOf(text)
    .reduce((rest, line) => rest.replace(line, ''), text)
    .trim()
  const imported = importsOf(text).join('\n')
  const used = [...known].filter(
    ([name]) =>
      new RegExp(`(?<![.\\w'])${name}\\(`).test(body) &&
      !new RegExp(`\\b${name}\\b`).test(imported),
  )
  const lines = used.map(([name, file]) => `import { ${name} } from './${file}'`)
  const [, first = ''] = /^'?([\w-]+)/.exec(body) ?? []
  const type = SETTINGS.includes(first)
    ? 'Partial<ConfigInput>'
    : 'Readonly<Record<string, Endpoint>>'
  return [
    "import type { ConfigInput } from './src/config.ts'",
    "import type { Endpoint } from './src/sources/source.ts'",
    imported,
    ...lines,
    `export const part: ${type} = {`,
    body,
    '}',
    'export type Used = [ConfigInput, Endpoint]',
  ].join('\n')
}

describe('TypeScript', () => {
  const blocks = written('ts')
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-snippets-'))
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
  let told = ''

  /** Each block in a checkout of its own, so that two of one name don't meet. */
  beforeAll(async () => {
    const known = exportsOf()
    for (const [number, { text }] of blocks.entries()) {
      const home = path.join(folder, `block-${number}`)
      const file = path.join(home, fileOf(text) ?? 'part.ts')
      fs.mkdirSync(path.dirname(file), { recursive: true })
      if (file.includes(`${path.sep}sources${path.sep}`)) {
        for (const each of ['domain', 'sources']) {
          fs.cpSync(path.join(ROOT, 'src', each), path.join(home, 'src', each), { recursive: true })
        }
      } else fs.symlinkSync(path.join(ROOT, 'src'), path.join(home, 'src'))
      // The line of a rule of one's own finds it where `cp` has put it.
      if (fileOf(text) === null && text.includes("'./rules/")) {
        fs.symlinkSync(path.join(ROOT, 'examples'), path.join(home, 'rules'))
      }
      fs.writeFileSync(file, wholeOf(text, known))
    }
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    const options = {
      extends: path.join(ROOT, 'tsconfig.json'),
      include: [
        'block-*/*.ts',
        'block-*/rules/*.ts',
        'block-*/examples/*.ts',
        'block-*/scripts/*.ts',
        'block-*/src/sources/a-page.ts',
      ],
      exclude: [],
    }
    fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options))
    told = await compile(folder)
  }, 600_000)

  /** A whole configuration may leave out its imports, as README does. */
  const wholeOf = (text: string, known: ReadonlyMap<string, string>): string => {
    if (fileOf(text) === null) return partOf(text, known)
    if (fileOf(text) !== 'makegood.config.ts' || importsOf(text).length > 0) return text
    const used = [...known].filter(([name]) => new RegExp(`(?<![.\\w'])${name}\\(`).test(text))
    return [...used.map(([name, file]) => `import { ${name} } from './${file}'`), text].join('\n')
  }

  it.each(blocks.map((block, number) => [where(block), number] as const))('%s', (_, number) => {
    expect(told.split('\n').filter((line) => line.startsWith(`block-${number}/`))).toEqual([])
  })

  it('says nothing else', () => {
    expect(blocks.length).toBeGreaterThan(40)
    expect(told.split('\n').filter((line) => line !== '' && !/^block-\d+\/|^ /.test(line))).toEqual(
      [],
    )
  })
})

function compile(folder: string): Promise<string> {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, '-p', '.', '--pretty', 'false'],
      { cwd: folder },
      (_, stdout) => resolve(stdout),
    )
  })
}

it('a part that does not compile is found', { timeout: 600_000 }, async () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-snippet-'))
  try {
    fs.symlinkSync(path.join(ROOT, 'src'), path.join(folder, 'src'))
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    fs.writeFileSync(
      path.join(folder, 'part.ts'),
      partOf('limits: { holdAbov: usd(5) },', exportsOf()),
    )
    const options = { extends: path.join(ROOT, 'tsconfig.json'), include: ['part.ts'], exclude: [] }
    fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options))
    expect(await compile(folder)).toContain('holdAbov')
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})

describe('JavaScript', () => {
  it.each(written('js').map((block) => [where(block), block.text]))(
    '%s parses',
    async (_, text) => {
      const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-js-'))
      const file = path.join(folder, 'snippet.mjs')
      fs.writeFileSync(file, text)
      const trouble = await new Promise((resolve) => {
        execFile(process.execPath, ['--check', file], (error) => resolve(error))
      })
      fs.rmSync(folder, { recursive: true, force: true })
      expect(trouble).toBeNull()
    },
  )
})
