// `npm run reconcile` as its user has it: beside a running Makegood, to the table and the exit code.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack, type Stack } from '../../scripts/local-stack.ts'
import { ROOT } from '../../scripts/project.ts'
import { parseReconcileArguments } from '../../scripts/reconcile-arguments.ts'
import type { Discrepancy, Reconciliation } from '../../scripts/reconcile-api.ts'
import { reconcileReport } from '../../scripts/reconcile-report.ts'

const KEY = 'ck_mg_reconcile_0123456789'
const BILLING_KEY = 'ck_sandbox_reconcile'
const HOUR_MS = 3_600_000

let folder: string
let stack: Stack

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-reconcile-'))
  const vars = { COMMET_API_KEY: BILLING_KEY, BOOTSTRAP_KEY: KEY }
  stack = await startStack({ port: 0, sandboxPort: 0, statePath: folder, vars, log: 'quiet' })
})
afterAll(async () => {
  await stack.stop()
  fs.rmSync(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => runAs(KEY, ...args)

async function runAs(
  key: string,
  ...args: readonly string[]
): Promise<{ code: number; text: string }> {
  const all = ['scripts/reconcile.ts', '--url', stack.appUrl, ...args]
  const env = { ...process.env, MAKEGOOD_KEY: key }
  const child = spawn(process.execPath, all, { cwd: ROOT, env })
  let text = ''
  child.stdout.on('data', (part: Buffer) => (text += part.toString()))
  child.stderr.on('data', (part: Buffer) => (text += part.toString()))
  const [code] = await once(child, 'close')
  return { code, text }
}

const post = (base: string, url: string, key: string, body: object): Promise<Response> =>
  fetch(base + url, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('the command', () => {
  it('ends with 0 where nothing is open, and with 1 and what to do where something is', async () => {
    expect(await run()).toMatchObject({
      code: 0,
      text: expect.stringContaining('No discrepancy is open.'),
    })
    const now = new Date(Date.now() - HOUR_MS).toISOString()
    await post(stack.sandboxUrl, '/sandbox/clock', '', { now })
    const id = `adj_${'0'.repeat(32)}`
    const made = await post(stack.sandboxUrl, '/api/v1/invoices', BILLING_KEY, {
      customerId: 'cus_acme',
      amount: -1250,
      description: 'Made elsewhere',
      metadata: { makegood_adjustment_id: id },
    })
    expect(made.status).toBe(201)
    const found = await run('--since', '1d')
    expect(found.code).toBe(1)
    expect(found.text).toMatch(/^\d{4}-\d\d-\d\d  USD +0\.00 +-12\.50 +12\.50$/m)
    expect(found.text).toMatch(new RegExp(`^unknown_adjustment  dsc_\\w+\\n  ${id}  inv_`, 'm'))
    expect(found.text).toContain('To do: After a restore')
  })

  it('pauses, compares and resumes after a restore, and says each step', async () => {
    const { text } = await run('--restored', '--since', '7d')
    expect(text).toMatch(
      /^Of http:\/\/127\.0\.0\.1:\d+, on this machine:\nEverything is paused first;/,
    )
    // What is lacking altogether keeps nothing paused: its first attempt looks for it.
    expect(text).toMatch(/Everything goes on again\.\n$/)
  })

  it('tells in one line what is wrong with a key, an option or an address', async () => {
    expect(await runAs('ck_mg_not_a_key_of_it_0000')).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^Of http.*\nmakegood: unauthorized: .*\n$/),
    })
    expect(await run('--since', '93d')).toMatchObject({
      code: 2,
      text: expect.stringMatching(
        /^Of http.*\nmakegood: validation_error: since: 93 days are too many.*\n$/,
      ),
    })
  })
})

describe('its arguments', () => {
  const NOW = Date.parse('2026-11-22T12:00:00Z')
  const parse = (...given: string[]) => parseReconcileArguments(given, NOW)

  it('are two days, a number of days or hours, or times', () => {
    expect(parse().asked).toEqual({ kind: 'window', since: NOW - 48 * HOUR_MS, until: null })
    expect(parse('--since', '6h').asked).toMatchObject({ since: NOW - 6 * HOUR_MS })
    expect(parse('--since', '2026-10-01', '--until', '2026-10-02T06:00Z').asked).toEqual({
      kind: 'window',
      since: Date.parse('2026-10-01T00:00:00Z'),
      until: Date.parse('2026-10-02T06:00:00Z'),
    })
    const restored = { kind: 'restored', days: null }
    const url = 'https://makegood.example'
    expect(parse('--restored', '--url', url)).toEqual({ url, asked: restored })
    expect(parse('--restored', '--local')).toEqual({
      url: 'http://127.0.0.1:8787',
      asked: restored,
    })
    expect(parse('--url', 'https://makegood.example/').url).toBe('https://makegood.example')
  })

  it.each([
    [['--since', '3x'], 'days such as 2d'],
    [['--until', '2026-01-01'], 'not after'],
    [['--restored'], '--restored of which? --url https://'],
    [['--local', '--url', 'https://makegood.example'], 'two addresses'],
    [['--restored', '--local', '--until', '2026-10-02'], 'not for it'],
    [['--restored', '--local', '--since', '0d'], 'of a restored database'],
    [['--url', 'here'], 'an https address is wanted'],
    [['--other'], 'npm run reconcile'],
  ])('%j are refused in words', (given, words) => {
    expect(() => parse(...given)).toThrow(words)
  })
})

describe('its report', () => {
  it('has a line for each day and currency, and each discrepancy with what to do', () => {
    const reconciliation: Reconciliation = {
      id: 'rec_1',
      mode: 'live',
      since: '2026-11-20T12:00:00.000Z',
      until: '2026-11-22T11:45:00.000Z',
      phase: null,
      finishedAt: '2026-11-22T12:00:00.000Z',
      outcome: 'complete',
      counts: { invoices: 3, adopted: 1, statuses: 0, calls: 2 },
      sums: [
        { day: '2026-11-20', currency: 'usd', recorded: -2_500, invoiced: -2_500 },
        { day: '2026-11-21', currency: 'eur', recorded: -1_000, invoiced: 0 },
        { day: '2026-11-21', currency: 'xyz', recorded: 0, invoiced: -5 },
      ],
    }
    const missing: Discrepancy = {
      id: 'dsc_1',
      reason: 'missing_at_billing',
      meaning: 'It is not there.',
      todo: 'Ask.',
      adjustmentId: 'adj_1',
      eventId: null,
      invoiceId: 'inv_1',
      day: '2026-11-21',
      currency: 'eur',
      expected: -1_000,
      found: 0,
      fields: [],
    }
    expect(reconcileReport(reconciliation, [missing])).toBe(
      `Invoices of 2026-11-20T12:00:00.000Z until 2026-11-22T11:45:00.000Z, live mode: complete.
3 compared, 1 taken into our record, 0 followed in their status.

day         currency       recorded        invoiced     difference
2026-11-20  USD              -25.00          -25.00           0.00
2026-11-21  EUR              -10.00            0.00         -10.00
2026-11-21  XYZ       0 minor units  -5 minor units  5 minor units

1 open:

missing_at_billing  dsc_1
  adj_1  inv_1  2026-11-21
  recorded -10.00, at the billing API 0.00 EUR
  It is not there.
  To do: Ask.`,
    )
  })
})
