// An export as ZIP, as somebody has it who has nothing but a browser: what is in it, and that the page says of it
// what the command says. SCREENSHOTS=<folder> keeps pictures of the page.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { newAuditKey } from '../../scripts/audit-key.ts'
import { verifyFile } from '../../scripts/audit-verify.ts'
import { localFile } from '../../scripts/backtest-database.ts'
import { startStack, type Stack } from '../../scripts/local-stack.ts'
import { makeVerifier, VERIFIER } from '../../scripts/make-verifier.ts'
import { ROOT } from '../../scripts/project.ts'
import { reportLines } from '../../src/domain/export-report.ts'
import { readPublicKey } from '../../src/domain/signed-note.ts'
import { unzip, type Unzipped } from './zip-reader.ts'
import { findBrowser, startBrowser, type Browser, type Page } from './browser.ts'

const API_KEY = 'ck_mg_0123456789abcdef0123456789abcdef'

let folder: string
let stack: Stack
let files: Unzipped
let key: string
let other: string
/** What was kept before the last entries came. */
let kept: string

const at = (name: string): string => path.join(folder, name)
const textOf = (name: string): string => new TextDecoder().decode(files.get(name))
const ask = (place: string, method = 'GET', accept = '*/*') =>
  fetch(`${stack.appUrl}/api/v1/audit${place}`, {
    method,
    headers: { 'x-api-key': API_KEY, accept },
  })

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-zip-'))
  const pair = await newAuditKey('localhost/audit')
  key = pair.verifier
  other = (await newAuditKey('localhost/audit')).verifier
  const vars = {
    COMMET_API_KEY: 'ck_sandbox_audit',
    BOOTSTRAP_KEY: API_KEY,
    LINK_KEY: '0123456789abcdef0123456789abcdef',
    AUDIT_KEY: pair.signing,
  }
  stack = await startStack({ port: 0, sandboxPort: 0, statePath: at('state'), log: 'quiet', vars })
  const database = new DatabaseSync(localFile(at('state')), { timeout: 10_000 })
  const insert = database.prepare(
    `INSERT INTO audit_entries VALUES (NULL, ?, 'operator:änna', 'adjustment.approved', 'adj_1', '{"amount":-2500}')`,
  )
  for (let each = 0; each < 300; each++) insert.run(1_793_000_000_000 + each)
  await ask('/checkpoint', 'POST')
  kept = await (await ask('/checkpoint', 'GET', 'text/plain')).text()
  for (let each = 300; each < 400; each++) insert.run(1_793_000_000_000 + each)
  database.close()
  files = unzip(await (await ask('/export?format=zip')).bytes())
  for (const [name, bytes] of files) fs.writeFileSync(at(name), bytes)
  fs.writeFileSync(at('kept.txt'), kept)
}, 120_000)
afterAll(async () => {
  await stack.stop()
  fs.rmSync(folder, { recursive: true, force: true })
})

type Asked = { readonly log: string; readonly keys: string; readonly kept: string | null }

type Handed = { readonly log: string; readonly keys?: string; readonly kept?: string | null }

const whole = (): string => textOf('audit-log.ndjson')

/** What somebody may be handed, and how the answer begins. */
const CASES: readonly (readonly [string, RegExp, () => Handed])[] = [
  [
    'is as it was exported',
    /^log intact through .*, 402 entries$/,
    () => ({ log: whole(), kept: null }),
  ],
  ['begins with what was kept', /^log intact through .*, 402 entries$/, () => ({ log: whole() })],
  [
    'has one letter changed',
    /^NOT INTACT: entry 300 is not as it was sealed$/,
    () => ({ log: whole().replace(/änna(?=[^\n]*"seq":300\b)/, 'anna') }),
  ],
  [
    'lacks an entry',
    /^NOT INTACT: entry 123 is missing$/,
    () => ({ log: whole().replace(/\n[^\n]*"seq":123,[^\n]*/, '') }),
  ],
  ['ends in the middle', /^NOT INTACT: .*(end|read)/, () => ({ log: whole().slice(0, -9) })],
  [
    'is checked with another key',
    /^NOT INTACT: its checkpoint is not signed by the key that was given$/,
    () => ({ log: whole(), keys: other }),
  ],
  [
    'is checked with a key between blank lines',
    /^log intact/,
    () => ({ log: whole(), keys: `\r\n\n ${key} \n` }),
  ],
  [
    'is compared with a changed checkpoint',
    /^NOT INTACT: the older checkpoint has a signature that does not fit it$/,
    () => ({ log: whole(), kept: kept.replace('\n301\n', '\n300\n') }),
  ],
  ['is no export', /^NOT INTACT: the first line is not the head/, () => ({ log: 'seq,time\n' })],
  ['is empty', /^NOT INTACT: it is empty$/, () => ({ log: '' })],
]

function written(name: string, { log, keys = key, kept: older = kept }: Handed): Asked {
  const file = at(`${name}.ndjson`)
  fs.writeFileSync(file, log)
  if (older === null) return { log: file, keys, kept: null }
  const note = at(`${name}.txt`)
  fs.writeFileSync(note, older)
  return { log: file, keys, kept: note }
}

/** As `npm run audit -- verify` prints it. */
async function commandSays({ log, keys, kept: note }: Asked): Promise<readonly string[]> {
  const trusted = keys.split('\n').flatMap((line) => readPublicKey(line.trim()) ?? [])
  const older = note && fs.readFileSync(note, 'utf8')
  try {
    return reportLines(await verifyFile(log, trusted, older), older !== null)
  } catch (error) {
    return [`NOT INTACT: ${Object(error).message.replace(`${log}: `, '')}`]
  }
}

describe('the ZIP', () => {
  it('holds the log, its checkpoint, the page of this checkout, and what to do with them', async () => {
    expect([...files.keys()]).toEqual([
      'README.txt',
      'verify.html',
      'checkpoint.txt',
      'audit-log.ndjson',
    ])
    expect(textOf('verify.html')).toBe(await makeVerifier())
    expect(textOf('verify.html')).toBe(fs.readFileSync(path.join(ROOT, VERIFIER), 'utf8'))
    expect(JSON.parse(textOf('audit-log.ndjson').split('\n')[0]!).export.checkpoint).toBe(
      textOf('checkpoint.txt'),
    )
    expect(textOf('README.txt')).toContain(
      'The log is localhost/audit; 402 entries of it are sealed.',
    )
  })

  it('is one entry of the log, which says in what form it went out', () => {
    const line = textOf('audit-log.ndjson')
      .split('\n')
      .findLast((each) => /audit\.exported/.test(each))
    expect(JSON.parse(line!)).toMatchObject({ data: { format: 'zip', filters: [] }, seq: 402 })
  })

  it('of a filtered export says so', async () => {
    const some = unzip(await (await ask('/export?format=zip&action=audit.exported')).bytes())
    expect(new TextDecoder().decode(some.get('README.txt'))).toContain(
      'This is a part of it: {"action":"audit.exported"}',
    )
    fs.writeFileSync(at('some.ndjson'), some.get('audit-log.ndjson')!)
    expect(await commandSays({ log: at('some.ndjson'), keys: key, kept: null })).toContain(
      '2 entries of this export, each in the log of 403 entries that was signed',
    )
  })
})

const PUBLISHED = 'makegood.example/audit+9970207e+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk'

/** As much of a document as the page's script has to do with. */
function fakePage() {
  class Part {
    id = ''
    value: string | number = ''
    files: File[] = []
    hidden = true
    disabled = false
    className = ''
    textContent = ''
    children: Part[] = []
    submit: ((event: object) => void) | null = null
    addEventListener(_: string, listener: (event: object) => void) {
      this.submit = listener
    }
    replaceChildren(...children: Part[]) {
      this.children = children
    }
    scrollIntoView() {}
  }
  const parts = new Map<string, Part>()
  const document = {
    createElement: () => new Part(),
    getElementById: (id: string) => {
      const part = parts.get(id) ?? new Part()
      parts.set(id, part)
      return part
    },
  }
  const kinds = ['Form', 'Input', 'TextArea', 'Button', 'Progress', ''].map(
    (kind) => `HTML${kind}Element`,
  )
  const [, script = ''] = /<script>([^]*)<\/script>/.exec(textOf('verify.html')) ?? []
  compileFunction(script, ['document', ...kinds])(document, ...kinds.map(() => Part))
  return document.getElementById
}

async function scriptSays({ log, keys, kept: note }: Asked): Promise<readonly string[]> {
  const part = fakePage()
  part('log').files = [new File([fs.readFileSync(log)], 'log')]
  part('key').value = keys
  if (note !== null) part('kept').files = [new File([fs.readFileSync(note)], 'note')]
  part('form').submit?.({ preventDefault: () => undefined })
  await expect.poll(() => part('check').disabled || part('answer').hidden).toBe(false)
  const lines = part('answer').children.map(({ textContent }) => textContent)
  expect(part('answer').className).toBe(lines[0]!.startsWith('log intact') ? 'good' : 'bad')
  return lines
}

describe('the script of the page', () => {
  it.each(CASES)('says of a log that %s what the command says', async (name, says, handed) => {
    const asked = written(name, handed())
    const said = await scriptSays(asked)
    expect(said[0]).toMatch(says)
    expect(said).toEqual(await commandSays(asked))
  })

  it.each([
    ['', 'The public key can not be read: name+id+base64 is wanted.'],
    ['nonsense', 'The public key can not be read: name+id+base64 is wanted.'],
    [`${PUBLISHED}\n${PUBLISHED}`, 'One public key is wanted: the one that signs now.'],
  ])('asks for a public key where %j is given', async (keys, line) => {
    expect(await scriptSays({ log: at('audit-log.ndjson'), keys, kept: null })).toEqual([line])
  })
})

const program = findBrowser()

// A machine that proves everything has a browser; nobody else needs one.
describe.runIf(program !== null || process.env['CI'] !== undefined)('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(program ?? 'chromium')
  })
  afterAll(() => browser?.close())

  async function pageSays(
    page: Page,
    { log, keys, kept: note }: Asked,
  ): Promise<readonly string[]> {
    expect(await page.evaluate(`document.getElementById('old').hidden`)).toBe(true)
    await page.choose('#log', [log])
    if (note !== null) await page.choose('#kept', [note])
    await page.evaluate(`document.getElementById('key').value = ${JSON.stringify(keys)}`)
    await page.evaluate(`document.getElementById('check').click()`)
    await page.until(`!document.getElementById('answer').hidden`)
    const lines = `[...document.querySelectorAll('#answer p')].map((each) => each.textContent)`
    return z.array(z.string()).parse(await page.evaluate(lines))
  }

  it.each(CASES)('says of a log that %s what the command says', async (name, says, handed) => {
    const asked = written(name, handed())
    const url = pathToFileURL(at('verify.html')).href
    const page = await browser.open(url)
    const said = await pageSays(page, asked)
    expect(said[0]).toMatch(says)
    expect(said).toEqual(await commandSays(asked))
    expect(page.asked).toEqual([url])
    expect(page.errors).toEqual([])
    const pictures = process.env['SCREENSHOTS']
    if (pictures) await page.screenshot(path.join(pictures, `${name.replaceAll(' ', '-')}.png`))
  })

  it('is served too, may be framed by nobody, and can ask for nothing', async () => {
    const served = await fetch(`${stack.appUrl}/verify`)
    expect(await served.text()).toBe(textOf('verify.html'))
    expect(served.headers.get('x-frame-options')).toBe('DENY')
    const page = await browser.open(`${stack.appUrl}/verify`)
    const asked = written('is served', { log: whole() })
    expect(await pageSays(page, asked)).toEqual(await commandSays(asked))
    const leak = `fetch('/healthz').then(() => 'sent', () => 'refused')`
    expect(await page.evaluate(leak)).toBe('refused')
  })
})
