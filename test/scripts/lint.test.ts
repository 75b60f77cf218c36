// Each rule of .oxlintrc.json that this project relies on, shown to fire: a violation is written
// into a folder of the same layout, oxlint runs there once, and its message must be about that file.
import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

const ROOT = path.resolve(import.meta.dirname, '../..')

type Row = { what: string; file: string; code: string; says: string }

const uses = (from: string) => `import { x } from '${from}'\nexport const y = x\n`

const IMPORT_ROWS: Row[] = [
  ['src/domain', '../db/schema.ts', 'innermost ring'],
  ['src/domain', '../config.ts', 'innermost ring'],
  ['src/domain', 'hono', 'no package but zod'],
  ['src/domain', 'zodiac', 'no package but zod'],
  ['src/domain', 'drizzle-orm', 'no package but zod'],
  ['src/domain', 'cloudflare:workers', 'no package but zod'],
  ['src/domain', 'node:crypto', 'no package but zod'],
  ['src/sources', '../rules/x.ts', 'knows src/domain only'],
  ['src/sources', '../db/schema.ts', 'knows src/domain only'],
  ['src/sources', '../commet/client.ts', 'knows src/domain only'],
  ['src/sources', '../usecases/x.ts', 'knows src/domain only'],
  ['src/sources', '../http/x.ts', 'knows src/domain only'],
  ['src/sources', 'hono', 'A source is pure'],
  ['src/rules', '../sources/stripe.ts', 'A rule knows src/domain only'],
  ['src/rules', 'drizzle-orm/d1', 'A rule is a pure function'],
  ['src/db', '../usecases/x.ts', 'src/db knows src/domain only'],
  ['src/db', '../commet/client.ts', 'src/db knows src/domain only'],
  ['src/db', 'hono/jsx', 'answers belong to src/http'],
  ['src/commet', '../db/schema.ts', 'billing client knows src/domain only'],
  ['src/commet', 'drizzle-orm', 'no framework, no database'],
  ['src/notices', '../commet/client.ts', 'A notice knows src/domain only'],
  ['src/notices', '@hono/node-server', 'no framework, no database'],
  ['src/gaps', '../db/schema.ts', 'A finder knows src/domain only'],
  ['src/gaps', '../notices/ask.ts', 'A finder knows src/domain only'],
  ['src/gaps', 'drizzle-orm', 'no framework, no database'],
  ['src/usecases', '../http/app.ts', 'it never calls them'],
  ['src/usecases', '../queue.ts', 'it never calls them'],
  ['src/usecases', 'hono', 'A verb knows no HTTP'],
  ['src/usecases', 'drizzle-orm', 'A verb knows no SQL'],
  ['src/usecases', 'cloudflare:workers', 'nothing but its deps'],
  ['src/http', '../commet/client.ts', "HTTP handlers don't bill"],
  ['src/http', '../db/commit.ts', 'HTTP handlers only read'],
  ['src/http/api', '../../db/write-adjustment.ts', 'HTTP handlers only read'],
  ['src/http', '../index.ts', 'called by the entry'],
  ['src/http', 'drizzle-orm', 'HTTP handlers know no SQL'],
  ['src', './index.ts', 'outermost ring'],
  ['src', '../sandbox/src/index.ts', 'never deployed'],
  ['src/usecases', '../../scripts/local-stack.ts', 'never deployed'],
  ['src/domain', '../../test/harness.ts', 'never deployed'],
  ['sandbox/src', '../../src/commet/client.ts', "another company's API"],
  ['verifier', '../src/usecases/check-log.ts', 'knows src/domain only'],
  ['verifier', '../scripts/audit-verify.ts', 'knows src/domain only'],
  ['verifier', 'zod', 'read by auditors'],
].map(([folder = '', from = '', says = '']) => ({
  what: `${folder} does not import ${from}`,
  file: `${folder}/${from.replaceAll(/\W+/g, '-').replace(/^-/, '')}.ts`,
  code: uses(from),
  says,
}))

const CODE_ROWS: Row[] = [
  {
    what: 'zod is imported as a namespace',
    file: 'src/domain/named-zod.ts',
    code: "import { z } from 'zod'\nexport const y = z.string()\n",
    says: 'every locale',
  },
  {
    what: 'zod/mini is imported as a namespace',
    file: 'src/domain/named-zod-mini.ts',
    code: "import { z } from 'zod/mini'\nexport const y = z.string()\n",
    says: 'every locale',
  },
  ...["import * as z from 'zod'", "import type * as z from 'zod/v4'", "export * from 'zod'"].map(
    (line, index) => ({
      what: `src has zod/mini, not: ${line}`,
      file: `src/usecases/classic-zod-${index}.ts`,
      code: `${line}\nexport const y = 1\n`,
      says: "import * as z from 'zod/mini'",
    }),
  ),
  {
    what: 'what catches in src is light',
    file: 'src/commet/catches.ts',
    code: "import * as z from 'zod/mini'\nexport const y = z.catch(z.string(), '')\n",
    says: 'every utility of zod',
  },
  {
    what: 'routes are made without the presets of Hono',
    file: 'src/http/api/preset.ts',
    code: "import { Hono } from 'hono'\nexport const y = new Hono()\n",
    says: 'Take createRoutes()',
  },
  {
    what: 'fetch belongs to src/commet, src/gaps, src/notices and src/keys.ts',
    file: 'src/usecases/fetches.ts',
    code: "export const y = () => fetch('https://example.com')\n",
    says: 'speak to the outside',
  },
  {
    what: 'globalThis.fetch is no way round',
    file: 'src/usecases/fetches-globally.ts',
    code: "export const y = () => globalThis.fetch('https://example.com')\n",
    says: 'speak to the outside',
  },
  ...['Date.now()', 'new Date()', 'Date()', 'Math.random()', 'crypto.randomUUID()'].flatMap(
    (call, index) =>
      ['domain', 'sources', 'rules'].map((folder) => ({
        what: `src/${folder} does not call ${call}`,
        file: `src/${folder}/impure-${index}.ts`,
        code: `export const y = () => ${call}\n`,
        says: 'This folder is pure',
      })),
  ),
  {
    what: 'console belongs to src/log.ts',
    file: 'src/http/prints.ts',
    code: "console.log('x')\n",
    says: 'console',
  },
  {
    what: 'a promise is awaited',
    file: 'src/http/floats.ts',
    code: 'const send = async () => 1\nexport function y() {\n  send()\n}\n',
    says: 'Promises must be awaited',
  },
  {
    what: 'a promise is not a condition',
    file: 'src/http/misuses.ts',
    code: 'const send = async () => true\nexport const y = () => (send() ? 1 : 2)\n',
    says: 'conditional',
  },
  {
    what: 'any is not a type',
    file: 'src/http/any.ts',
    code: 'export const y = (x: any) => String(x)\n',
    says: 'Unexpected `any`',
  },
  {
    what: '@ts-ignore is not an answer',
    file: 'src/http/ignores.ts',
    code: "// @ts-ignore\nexport const y: number = 'x'\n",
    says: '@ts-',
  },
  {
    what: 'a file has at most 250 lines',
    file: 'scripts/long-file.ts',
    code: 'export {}\n'.repeat(251),
    says: 'too many lines',
  },
  {
    what: 'a function has at most 70 lines',
    file: 'sandbox/long-function.ts',
    code: `export function y(x: string[]) {\n${"  x.push('')\n".repeat(70)}}\n`,
    says: 'too many lines',
  },
  {
    what: 'a test is not focused',
    file: 'test/focused.test.ts',
    code: "import { expect, it } from 'vitest'\nit.only('x', () => expect(1).toBe(1))\n",
    says: 'focused',
  },
  {
    what: 'a test is not skipped',
    file: 'test/skipped.test.ts',
    code: "import { expect, it } from 'vitest'\nit.skip('x', () => expect(1).toBe(1))\n",
    says: 'Disabled test',
  },
  {
    what: 'imports make no circle',
    file: 'src/http/circle-a.ts',
    code: "import { b } from './circle-b.ts'\nexport const a = () => b()\n",
    says: 'Dependency cycle',
  },
]

const ALLOWED: Record<string, string> = {
  'src/domain/allowed.ts': `import * as z from 'zod/mini'\n${uses('./money.ts')}export const s = z.string()\n`,
  'src/sources/allowed.ts': uses('../domain/money.ts'),
  'src/rules/allowed.ts': `${uses('../domain/money.ts')}export const d = new Date(0)\n`,
  'src/db/allowed.ts': uses('drizzle-orm/d1'),
  'src/commet/allowed.ts': "export const y = () => fetch('https://example.com')\n",
  'src/gaps/allowed.ts': "export const y = () => fetch('https://example.com')\n",
  'src/keys.ts': "export const y = () => fetch('https://example.com')\n",
  'src/usecases/allowed.ts': `${uses('../db/commit.ts')}export { z } from '../commet/client.ts'\n`,
  'src/http/api/allowed.ts': `${uses('hono')}export { z } from '../../usecases/x.ts'\n`,
  'src/http/circle-b.ts': "import { a } from './circle-a.ts'\nexport const b = (): number => a()\n",
  'src/log.ts': "console.log('x')\n",
  'sandbox/src/allowed.ts': uses('../../src/domain/money.ts'),
  'verifier/allowed.ts': uses('../src/domain/merkle.ts'),
  'rules/allowed.ts': "import * as z from 'zod'\nexport const s = z.string()\n",
}

const Report = z.object({
  diagnostics: z.array(
    z.object({ filename: z.string(), message: z.string(), help: z.string().nullish() }),
  ),
})

const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-lint-'))
const told = new Map<string, string>()

async function lint(): Promise<string> {
  const bin = path.join(ROOT, 'node_modules/oxlint/bin/oxlint')
  return new Promise((resolve) => {
    // It exits with 1 because it finds what it should find: what it printed is the answer.
    execFile(process.execPath, [bin, '--format', 'json'], { cwd: folder }, (_, stdout) =>
      resolve(stdout),
    )
  })
}

beforeAll(async () => {
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    fs.writeFileSync(path.join(folder, file), text)
  }
  for (const file of ['.oxlintrc.json', 'scripts/lint-plugin.mjs', 'tsconfig.json']) {
    write(file, fs.readFileSync(path.join(ROOT, file), 'utf8'))
  }
  for (const { file, code } of [...IMPORT_ROWS, ...CODE_ROWS]) write(file, code)
  for (const [file, code] of Object.entries(ALLOWED)) write(file, code)
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  for (const { filename, message, help } of Report.parse(JSON.parse(await lint())).diagnostics) {
    const file = path.relative(folder, path.resolve(folder, filename))
    told.set(file, `${told.get(file) ?? ''}${message} ${help ?? ''}\n`)
  }
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('imports point inward', () => {
  it.each(IMPORT_ROWS)('$what', ({ file, says }) => {
    expect(told.get(file)).toContain(says)
  })
})

describe('rules about code', () => {
  it.each(CODE_ROWS)('$what', ({ file, says }) => {
    expect(told.get(file)).toContain(says)
  })
})

it.each(Object.keys(ALLOWED).filter((file) => !file.includes('circle')))(
  'what is allowed stays allowed: %s',
  (file) => {
    expect(told.get(file)).toBeUndefined()
  },
)
