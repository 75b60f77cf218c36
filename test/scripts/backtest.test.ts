// `npm run backtest` as its user has it: over thousands of events of all sources, beside `npm start`,
// and with the deployed database's answers made up.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ALL_SOURCES } from '../../sandbox/all-sources.ts'
import { parseBacktestArguments } from '../../scripts/backtest-arguments.ts'
import { localFile, openLocal, openRemote } from '../../scripts/backtest-database.ts'
import { recordsOf } from '../../scripts/backtest-records.ts'
import { runBacktest } from '../../scripts/backtest-run.ts'
import { PLACES } from '../../scripts/deployment.ts'
import { startStack } from '../../scripts/local-stack.ts'
import { runWrangler, type Wrangler } from '../../scripts/run-wrangler.ts'
import { readSample } from '../../scripts/samples.ts'
import { drawnSecret, endpointFor } from '../../scripts/send-all.ts'
import { followLetter, post, signLetter, writeLetter } from '../../scripts/send-delivery.ts'
import { defineConfig } from '../../src/config.ts'
import { usd } from '../../src/domain/money.ts'
import { stripeRefundRecord } from '../../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import {
  configText,
  EVERY_MS,
  FIRST_MS,
  MODELS,
  ROOT,
  SOURCES,
  writeEvents,
  type Written,
} from './recorded-events.ts'

const EVENTS = 5_000
const SINCE = new Date(FIRST_MS).toISOString()

const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-backtest-'))
const state = path.join(folder, 'state')
const at = (name: string): string => path.join(folder, name)
let written: readonly Written[] = []

beforeAll(() => {
  fs.symlinkSync(path.join(ROOT, 'node_modules'), at('node_modules'))
  fs.writeFileSync(at('package.json'), '{"type":"module"}')
  fs.writeFileSync(at('same.config.ts'), configText('asked'))
  fs.writeFileSync(at('more.config.ts'), configText('(asked * 11) / 10'))
  written = writeEvents(state, EVENTS)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

async function command(...args: readonly string[]) {
  const script = path.join(ROOT, 'scripts', 'backtest.ts')
  const child = spawn(process.execPath, [script, ...args], { cwd: folder })
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()))
  const [code] = await once(child, 'close')
  return { code, ...output }
}

const over = (rules: string, ...args: readonly string[]) =>
  command('--state', state, '--since', SINCE, '--rules', rules, ...args)

describe('over 5,000 events of all sources', () => {
  it('the record has every source and every fate', () => {
    expect(SOURCES).toHaveLength(26)
    expect(new Set(written.map(({ source }) => source)).size).toBe(26)
    expect(new Set(written.map(({ fate }) => fate))).toEqual(
      new Set(['adjusted', 'ignored', 'duplicate', 'conflict']),
    )
  })

  it('the rules that made it differ in nothing', async () => {
    const { code, out } = await over('same.config.ts', '--json')
    expect(code).toBe(0)
    const report = JSON.parse(out)
    const forgotten = written.filter(({ isForgotten }) => isForgotten).length
    expect(forgotten).toBeGreaterThan(100)
    expect(report).toMatchObject({
      object: 'backtest',
      rules: 'same.config.ts',
      since: SINCE,
      until: null,
      limits: 'not_replayed',
      events: {
        read: EVENTS,
        decided: EVENTS - forgotten,
        kept: { payload_forgotten: forgotten, body_hidden: 0, not_readable: 0 },
      },
      differences: 0,
      fates: [],
      largest: [],
    })
    const sum = (sums: readonly number[]) => sums.reduce((total, each) => total + each, 0)
    expect(sum(report.lines.map((line: any) => line.after))).toBe(
      -sum(written.map(({ cents }) => cents)),
    )
  })

  it('with --ids-only names events alone, since a comment is read by many and never erased', async () => {
    const all = await over('more.config.ts')
    expect(all.out).toMatch(/^ +after: +Credit of .* for \S+ by credit-/m)
    const { code, out } = await over('more.config.ts', '--ids-only')
    expect(code).toBe(0)
    const [, largest = ''] = out.split(' largest:\n')
    const lines = largest.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) {
      expect(line).toMatch(/^ +\d+ {2}-?[\d.]+ [A-Z]{3} {2}\w+(?:, \w+)* {2}evt_\w+$/)
    }
  })

  it('ten per cent more differ by exactly ten per cent, for each rule', async () => {
    const { code, out } = await over('more.config.ts', '--json')
    expect(code).toBe(0)
    const report = JSON.parse(out)
    const decided = written.filter(({ cents, isForgotten }) => cents > 0 && !isForgotten)
    expect(report.differences).toBe(decided.length)
    const lines = report.lines.filter((line: any) => line.kind === 'amount')
    expect(lines).toHaveLength(26)
    for (const source of SOURCES) {
      const all = decided.filter((each) => each.source === source).map(({ cents }) => cents)
      const before = all.reduce((total, cents) => total - cents, 0)
      expect(lines).toContainEqual({
        rule: `credit-${source}`,
        currency: 'usd',
        kind: 'amount',
        count: all.length,
        before,
        after: before + before / 10,
        difference: before / 10,
      })
    }
    const largest = decided.toSorted((one, other) => other.cents - one.cents).slice(0, 20)
    expect(report.largest.map((each: any) => [each.subject, each.event, each.difference])).toEqual(
      largest.map(({ subject, id, cents }) => [subject, id, -cents / 10]),
    )
    // What was a duplicate of the old amount is a duplicate of the new one; nothing else moves.
    expect(report.fates).toEqual([])
  })

  it('run twice, it prints the same, byte for byte, as text and as JSON', async () => {
    for (const form of [[], ['--json']]) {
      const [first, second] = await Promise.all([
        over('more.config.ts', ...form),
        over('more.config.ts', ...form),
      ])
      expect(first.code).toBe(0)
      expect(second.out).toBe(first.out)
    }
  })

  it('the text says what was compared, sums it up and tells the largest', async () => {
    const { out, err } = await over('more.config.ts', '--until', '2026-07-01T01:00Z')
    const [largest] = written
      .slice(0, 60)
      .filter(({ cents }) => cents > 0)
      .toSorted((one, other) => other.cents - one.cents)
    const text = (cents: number) => (cents / 100).toFixed(2)
    const { cents = 0, subject, id, source } = largest ?? {}
    expect(out).toMatch(
      `more.config.ts over the events received from ${SINCE} until 2026-07-01T01:00:00.000Z.
Limits, holds and what people decided are not replayed: amounts are what rules ask for.

60 events: 60 decided again.
60 differ.

rule `,
    )
    expect(out).toContain(`   1  -${text(cents / 10)} USD  amount
      ${subject} of `)
    expect(out).toContain(`, ${id}
      before: Credit of ${text(cents)} USD for acme by credit-${source}, owed
      after:  Credit of ${text(cents * 1.1)} USD for acme by credit-${source}, owed
      then:   credit-${source}: adjusted
      now:    credit-${source}: adjust
`)
    expect(err).toMatch(/^\d+\.\d s\n$/)
  })

  it('what was made before the range stands: later events for it stay duplicates', async () => {
    const earlier = 7 * MODELS.length
    expect(written[earlier]?.fate).toBe('duplicate')
    const middle = new Date(FIRST_MS + earlier * EVERY_MS).toISOString()
    const args = ['--state', state, '--since', middle, '--json', '--rules']
    const same = JSON.parse((await command(...args, 'same.config.ts')).out)
    expect(same).toMatchObject({ events: { read: EVENTS - earlier }, differences: 0, fates: [] })
    const more = JSON.parse((await command(...args, 'more.config.ts')).out)
    expect(more.fates).toEqual([{ before: 'duplicate', after: 'conflict', events: MODELS.length }])
  })

  it('writes nothing', async () => {
    const file = localFile(state)
    const before = fs.readFileSync(file)
    await over('more.config.ts')
    expect(fs.readFileSync(file).equals(before)).toBe(true)
    const database = openLocal(state)
    expect(() => database.query('DELETE FROM payloads')).toThrow(/readonly/)
    database.close()
  })
})

describe('beside a running app', () => {
  it('reads what its door has just recorded', async () => {
    const secrets = new Map<string, string>()
    for (const { secret, schemes } of Object.values<Endpoint>(ALL_SOURCES.endpoints)) {
      secrets.set(secret, drawnSecret(schemes[0]))
    }
    const key = `ck_mg_${randomBytes(24).toString('hex')}`
    const statePath = at('running')
    const stack = await startStack({
      port: 0,
      sandboxPort: 0,
      statePath,
      entry: 'sandbox/all-sources-worker.ts',
      log: 'quiet',
      vars: {
        ...Object.fromEntries(secrets),
        COMMET_API_KEY: 'ck_sandbox_backtest',
        BOOTSTRAP_KEY: key,
        LINK_KEY: randomBytes(24).toString('hex'),
        SAMPLE_KEYS_ADDRESS: 'https://keys.example',
      },
    })
    try {
      const samples: readonly (readonly [string, string])[] = [
        ['stripe', 'refund.created'],
        ['stripe', 'refund.failed'],
        ['zendesk', 'makegood.ticket'],
        ['zendesk', 'ticket.tags_changed'],
        ['standard', 'credit.requested'],
        ['hubspot', 'deal.propertyChange'],
        ['github', 'issues.labeled'],
        ['shopify', 'refunds.create'],
        ['salesforce', 'sf.Case'],
        ['generic', 'credit.granted.batch'],
      ]
      let events = 0
      for (const [source, event] of samples) {
        const sample = readSample(source, event)
        const [name, endpoint] = endpointFor(sample)
        const letter = writeLetter(endpoint, sample, [], Date.now())
        const url = `${stack.appUrl}/webhooks/${name}`
        const signing = { nowMs: Date.now() }
        const secret = secrets.get(endpoint.secret) ?? ''
        const signed = await signLetter(endpoint, secret, letter, { url, publicUrl: null }, signing)
        const answer = await post(url, signed)
        events += (
          await followLetter(
            { appUrl: stack.appUrl, key },
            { name, endpoint },
            letter,
            signed,
            answer,
          )
        ).length
      }
      expect(events).toBeGreaterThan(samples.length)
      const findings = async (credit: number) => {
        const { rules: _, ...configured } = ALL_SOURCES
        const amounts = { credit_25: usd(credit) }
        const config = defineConfig({
          ...configured,
          rules: [
            zendeskTicketCredit({ requestTag: 'credit_requested', amounts }),
            stripeRefundRecord(),
            ...ALL_SOURCES.rules.filter(({ source }) => source === 'standard'),
          ],
        })
        const database = openLocal(statePath)
        const records = recordsOf(database.query, { since: 0, until: null }, 3)
        return runBacktest(config, records).finally(() => database.close())
      }
      expect(await findings(25)).toMatchObject({
        events: { read: events, decided: events, notReceived: 0 },
        differences: 0,
        fates: [],
      })
      expect(await findings(27.5)).toMatchObject({
        differences: 1,
        largest: [{ subject: /^ticket:/, difference: -250 }].map(({ difference }) => ({
          difference,
        })),
      })
    } finally {
      await stack.stop()
    }
  })
})

describe('the deployed database', () => {
  const answering =
    (answer: (sql: string) => string): Wrangler =>
    async (args) => {
      asked.push(args)
      const stdout = answer(args[args.indexOf('--command') + 1] ?? '')
      return { code: 0, stdout, stderr: '' }
    }
  let asked: (readonly string[])[] = []
  beforeEach(() => (asked = []))

  it('is asked in pages by the same SQL, through Wrangler', async () => {
    const local = new DatabaseSync(localFile(state), { readOnly: true })
    const wrangler = answering((sql) => {
      const results = local.prepare(sql).all()
      return JSON.stringify([{ results, success: true, meta: { duration: 1 } }])
    })
    const remote = openRemote(ROOT, 'production', wrangler)
    const { default: config } = await import(at('more.config.ts'))
    const range = { since: FIRST_MS, until: null }
    const found = await runBacktest(config, recordsOf(remote.query, range, 100))
    const own = openLocal(state)
    expect(found).toEqual(await runBacktest(config, recordsOf(own.query, range, 1_000)))
    own.close()
    local.close()
    const isEvents = (args: readonly string[]) => args.some((arg) => arg.includes('FROM events e'))
    expect(asked.filter(isEvents)).toHaveLength(EVENTS / 100 + 1)
    expect(asked[0]?.slice(0, 7)).toEqual([
      'd1',
      'execute',
      'makegood',
      '--remote',
      '--json',
      '--yes',
      '--command',
    ])
  })

  it('is that of deployment.toml, and of the place that is asked for', async () => {
    const folder = at('company')
    fs.mkdirSync(folder)
    fs.copyFileSync(path.join(ROOT, 'wrangler.toml'), path.join(folder, 'wrangler.toml'))
    fs.writeFileSync(
      path.join(folder, 'deployment.toml'),
      '[production]\naccount_id = "acme"\n[staging]\naccount_id = "trial"\n',
    )
    const none = answering(() => '[{"results":[],"success":true}]')
    for (const place of PLACES) await openRemote(folder, place, none).query('SELECT 1')
    const told = asked.map((args) => {
      const config = JSON.parse(fs.readFileSync(args.at(-1) ?? '', 'utf8'))
      return [args[2], config.account_id]
    })
    expect(told).toEqual([
      ['makegood', 'acme'],
      ['makegood-staging', 'trial'],
    ])
  })

  it('is answered for in the form that Wrangler prints, as its local one shows', async () => {
    // The same call and the same Wrangler, but for where the database is.
    const place = ['--local', '--persist-to', state]
    const { query } = openRemote(ROOT, 'production', (args) =>
      runWrangler(args.flatMap((arg) => (arg === '--remote' ? place : [arg]))),
    )
    expect(await query('SELECT count(*) AS n, NULL AS empty FROM events')).toEqual([
      { n: EVENTS, empty: null },
    ])
    await expect(query('SELECT nope')).rejects.toThrow(/can't be read: no such column: nope/)
  })

  it.each([
    ['{"error":{"text":"You are not logged in."}}', "can't be read: You are not logged in."],
    ['[{"results":[],"success":false}]', "can't be read: the answer is not what it was"],
    ['[]', "can't be read: the answer is not what it was"],
    ['no JSON', "can't be read: the answer is not what it was"],
  ])('answers %s: the trouble is told in a line', async (printed, why) => {
    const { query } = openRemote(
      ROOT,
      'production',
      answering(() => printed),
    )
    await expect(query('SELECT 1')).rejects.toThrow(why)
  })
})

describe('the command', () => {
  it('says what is wrong with a configuration, and on which line, and exits 1', async () => {
    const wrong = "...ALL_SOURCES, rules,\n  timeZone: 'Mars' }"
    const text = configText('asked').replace('...ALL_SOURCES, rules }', wrong)
    fs.writeFileSync(at('wrong.config.ts'), text)
    const { code, out, err } = await over('wrong.config.ts')
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toContain('makegood: wrong.config.ts does not load:')
    expect(err).toMatch(/wrong\.config\.ts:\d+: timeZone: Mars is not an IANA time zone/)
  })

  it.each([
    ['a file that is not there', ['--rules', 'none.config.ts'], 'there is no file none.config.ts'],
    [
      'a file without a configuration',
      ['--rules', 'empty.config.ts'],
      'empty.config.ts has no default export of defineConfig()',
    ],
    ['a folder without a database', ['--state', 'nowhere'], 'nowhere holds no database yet'],
  ])('%s is trouble of one line, and exits 1', async (_, args, message) => {
    fs.writeFileSync(at('empty.config.ts'), 'export default {}')
    const { code, out, err } = await over('same.config.ts', ...args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(`makegood: ${message}`)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})

describe('its arguments', () => {
  const NOW = Date.UTC(2026, 9, 26, 17, 30)

  it('days go back from midnight, so that a day’s calls ask for the same', () => {
    const { since, until, json, rules } = parseBacktestArguments(['--since', '90d'], NOW)
    expect(new Date(since).toISOString()).toBe('2026-07-28T00:00:00.000Z')
    expect({ until, json, rules }).toEqual({
      until: null,
      json: false,
      rules: 'makegood.config.ts',
    })
    expect(parseBacktestArguments(['--since', '90d'], NOW + 3_600_000).since).toBe(since)
  })

  it('without --since it is thirty days', () => {
    expect(parseBacktestArguments([], NOW).since).toBe(Date.UTC(2026, 8, 26))
  })

  it('a time is one in UTC', () => {
    const asked = ['--since', '2026-07-01', '--until', '2026-08-01T12:30Z', '--json', '--remote']
    expect(parseBacktestArguments(asked, NOW)).toEqual({
      since: Date.UTC(2026, 6, 1),
      until: Date.UTC(2026, 7, 1, 12, 30),
      rules: 'makegood.config.ts',
      json: true,
      idsOnly: false,
      statePath: null,
      place: 'production',
    })
  })

  it.each([
    [['--since', 'yesterday'], '--since yesterday: days such as 90d'],
    [['--since', '90'], '--since 90: days such as 90d'],
    [['--since', '9999d'], '--since 9999d: days such as 90d'],
    [['--since', '2026-13-01'], '--since 2026-13-01: days such as 90d'],
    [['--until', '2026-07-01T12:00'], '--until 2026-07-01T12:00: days such as 90d'],
    [['--since', '1d', '--until', '2d'], '--until is not after --since'],
    [['--remote', '--state', 'x'], '--state is the folder of a local database'],
    [['extra'], 'Unexpected argument'],
    [['--colour'], "Unknown option '--colour'"],
    [['--local', '--remote'], '--local and --remote are two databases'],
    [['--env', 'staging'], '--env is of --remote'],
    [['--json', '--ids-only'], 'choose one'],
  ])('%j is refused', (args, message) => {
    expect(() => parseBacktestArguments(args, NOW)).toThrow(message)
  })
})
