// The audit log as its owner and its auditor have it: the file of the local database, a running Makegood, and the
// command, which needs neither.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measureAudit, type AuditFigures } from '../../scripts/audit-bench.ts'
import { newAuditKey, publicHalves } from '../../scripts/audit-key.ts'
import { parseAuditArguments } from '../../scripts/audit-arguments.ts'
import { localFile } from '../../scripts/backtest-database.ts'
import { startStack, type Stack } from '../../scripts/local-stack.ts'
import { ROOT } from '../../scripts/project.ts'

const ENTRIES = 50_000

let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-audit-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

type Run = { readonly code: number; readonly out: string; readonly err: string }

const API_KEY = 'ck_mg_0123456789abcdef0123456789abcdef'

async function audit(...args: readonly string[]): Promise<Run> {
  const all = [path.join(ROOT, 'scripts/audit.ts'), ...args]
  const env = { ...process.env, MAKEGOOD_KEY: API_KEY }
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, all, { env })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = Object(error)
    return { code: Number(code), out: String(stdout), err: String(stderr) }
  }
}

describe('a long log', () => {
  let figures: AuditFigures
  beforeAll(async () => {
    figures = await measureAudit(fs.mkdtempSync(path.join(folder, 'long-')), ENTRIES)
  }, 240_000)

  it('is sealed in bounded steps, exported and verified', () => {
    // Beside those that were filled in: of the key, and of the export itself.
    expect(figures.report).toMatchObject({ fault: null, sealed: ENTRIES + 2, unsealed: 0 })
  })

  it('is verified in memory that does not grow with it', () => {
    expect(figures.exportMib).toBeGreaterThan(15)
    expect(figures.verifyMib).toBeLessThan(128)
  })
})

describe('the file of the local database', () => {
  let stack: Stack
  let database: DatabaseSync
  let verifier: string
  const api = async (place: string, method = 'GET') => {
    const init = { method, headers: { 'x-api-key': API_KEY } }
    return (await fetch(`${stack.appUrl}/api/v1/audit${place}`, init)).json() as Promise<any>
  }
  const command = (...args: readonly string[]) => audit(...args, '--url', stack.appUrl)
  const at = (name: string): string => path.join(folder, name)

  beforeAll(async () => {
    const key = await newAuditKey('localhost/audit')
    verifier = key.verifier
    const statePath = at('state')
    stack = await startStack({
      port: 0,
      sandboxPort: 0,
      statePath,
      log: 'quiet',
      vars: {
        COMMET_API_KEY: 'ck_sandbox_audit',
        BOOTSTRAP_KEY: API_KEY,
        LINK_KEY: '0123456789abcdef0123456789abcdef',
        AUDIT_KEY: key.signing,
      },
    })
    database = new DatabaseSync(localFile(statePath), { timeout: 10_000 })
    const insert = database.prepare(
      `INSERT INTO audit_entries VALUES (NULL, ?, 'operator:anna', 'adjustment.approved', 'adj_1', '{"amount":-2500}')`,
    )
    for (let each = 0; each < 400; each++) insert.run(1_793_000_000_000 + each)
    await api('/checkpoint', 'POST')
  }, 120_000)
  afterAll(async () => {
    database.close()
    await stack.stop()
  })

  it.each([
    "UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 7",
    'DELETE FROM audit_entries WHERE seq = 7',
    "INSERT OR REPLACE INTO audit_entries VALUES (7, 1, 'operator:eve', 'x', 'y', '{}')",
    "REPLACE INTO audit_entries VALUES (7, 1, 'operator:eve', 'x', 'y', '{}')",
    "INSERT OR IGNORE INTO audit_entries VALUES (7, 1, 'operator:eve', 'x', 'y', '{}')",
    "INSERT INTO audit_entries VALUES (7, 1, 'e', 'x', 'y', '{}') ON CONFLICT DO UPDATE SET actor = 'operator:eve'",
    'UPDATE audit_tiles SET hashes = zeroblob(32)',
    'DELETE FROM audit_checkpoints',
  ])('refuses %s', (statement) => {
    const before = database.prepare('SELECT * FROM audit_entries WHERE seq = 7').get()
    expect(() => database.exec(statement)).toThrow(/never|only grows/)
    expect(database.prepare('SELECT * FROM audit_entries WHERE seq = 7').get()).toEqual(before)
  })

  it(
    'exports what the command verifies, also against an older checkpoint',
    { timeout: 120_000 },
    async () => {
      const note = await command('checkpoint')
      expect(note.out.split('\n')[1]).toBe('401')
      fs.writeFileSync(at('older.txt'), note.out)
      expect((await command('export', '--out', at('log.ndjson'))).code).toBe(0)
      const good = await audit(
        'verify',
        at('log.ndjson'),
        '--key',
        verifier,
        '--checkpoint',
        at('older.txt'),
      )
      expect(good.code).toBe(0)
      expect(good.out).toMatch(
        /^log intact through \d{4}-\S+Z, 402 entries\nit begins with what the older checkpoint was of\n$/,
      )
      const some = ['--out', at('some.ndjson'), '--filter', 'action=audit.exported']
      expect((await command('export', ...some)).code).toBe(0)
      const filtered = await audit('verify', at('some.ndjson'), '--key', verifier)
      expect(filtered.out).toMatch(
        /^2 entries of this export, each in the log of 403 entries that was signed\n/,
      )
    },
  )

  it(
    'the command says what is wrong, in a sentence, with exit code 1',
    { timeout: 120_000 },
    async () => {
      const other = await newAuditKey('localhost/audit')
      const strange = await audit('verify', at('log.ndjson'), '--key', other.verifier)
      expect([strange.code, strange.err]).toEqual([
        1,
        expect.stringContaining('its checkpoint is not signed by the key that was given'),
      ])
      const text = fs.readFileSync(at('log.ndjson'), 'utf8')
      fs.writeFileSync(at('bad.ndjson'), text.replace('"seq":300,', '"seq":300 ,'))
      const bad = await audit('verify', at('bad.ndjson'), '--key', verifier)
      expect([bad.code, bad.out]).toEqual([1, 'NOT INTACT: entry 300 is not as it was sealed\n'])
      const lines = text.split('\n')
      fs.writeFileSync(
        at('cut.ndjson'),
        [...lines.slice(0, -5), '{"end":{"entries":398}}', ''].join('\n'),
      )
      const cut = await audit('verify', at('cut.ndjson'), '--key', verifier)
      expect([cut.code, cut.out]).toEqual([1, 'NOT INTACT: entry 400 is missing\n'])
      expect((await audit('verify', at('nothing.ndjson'), '--key', verifier)).code).toBe(1)
      expect((await audit('verify', at('log.ndjson'))).err).toContain('--key is missing')
    },
  )

  it('with the triggers dropped and a row changed, the next seal and verify say which', async () => {
    const triggers = database
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entries'",
      )
      .all()
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`)
    database.exec("UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 7")
    // Nothing is new, and nobody has asked `verify` before.
    const sealing = await api('/checkpoint', 'POST')
    expect(sealing.error).toMatchObject({
      code: 'log_broken',
      message: 'Nothing is sealed: entry 7 is not as it was sealed.',
    })
    const reading = await api('/verify')
    expect(reading.data.summary).toBe('not intact: entry 7 is not as it was sealed')
    expect(database.prepare('SELECT fault, fault_seq FROM audit_sealing').get()).toEqual({
      fault: 'entry_changed',
      fault_seq: 7,
    })
    expect((await command('export', '--out', at('eve.ndjson'))).code).toBe(0)
    const offline = await audit('verify', at('eve.ndjson'), '--key', verifier)
    expect([offline.code, offline.out]).toEqual([
      1,
      'NOT INTACT: entry 7 is not as it was sealed\n',
    ])
  })
})

it('the public half of a key is shown, and never the other one', async () => {
  const [first, second] = [
    await newAuditKey('acme.example/audit'),
    await newAuditKey('acme.example/audit'),
  ]
  const both = `${first.signing},${second.signing}`
  expect(await publicHalves(both)).toEqual([first.verifier, second.verifier])
  expect(await publicHalves('PRIVATE+KEY+acme.example/audit+00000000+xx')).toBe(null)
  expect(parseAuditArguments(['key', '--public'])).toEqual({ kind: 'public' })
})

describe('the arguments', () => {
  it.each([
    [['verify'], /verify what\?/],
    [['verify', 'x'], /--key is missing/],
    [['verify', 'x', '--key', 'nonsense'], /is not a public key/],
    [['export', '--key', 'ck_mg_x'], /given as MAKEGOOD_KEY in the environment/],
    [['checkpoint', '--url', 'http://acme.example'], /an https address is wanted/],
    [['verify', 'x', 'y'], /one argument too many/],
    [['key', '--name', 'with blank'], /no blanks/],
    [['unknown'], /there is no command 'unknown'/],
    [['export', '--what'], /--what/],
    [['export', '--csv', '--zip'], /not both/],
    [['export', '--filter', 'ticket=1', '--filter', 'ticket=2'], /--filter ticket is there twice/],
  ])('%j are refused', (args, message) => {
    expect(() => parseAuditArguments(args)).toThrow(message)
  })
})

describe('every write of an entry', () => {
  it('is a plain insert: none that is ignored, replaced or turned into an update, which would leave gaps', () => {
    const folderOf = path.join(ROOT, 'src/db')
    const writers = fs
      .readdirSync(folderOf)
      .map((name) => ({ name, text: fs.readFileSync(path.join(folderOf, name), 'utf8') }))
      .filter(({ text }) => /insert\(auditEntries\)|INTO audit_entries/.test(text))
    expect(writers.length).toBeGreaterThan(5)
    for (const { name, text } of writers) {
      expect([
        name,
        /\bOR (?:IGNORE|REPLACE|ROLLBACK|FAIL|ABORT)\b|\bREPLACE INTO\b/i.test(text),
      ]).toEqual([name, false])
      for (const statement of text.split(/insert\(auditEntries\)/).slice(1)) {
        const [own = ''] = statement.split(/\.insert\(|\bdb\b/)
        expect([name, own.includes('onConflict')]).toEqual([name, false])
      }
    }
  })
})
