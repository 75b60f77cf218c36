// The log as an auditor takes it from the dashboard: found, verified on the page, taken as ZIP, and checked where
// nobody's server is asked, by the command and by the ZIP's own page. With scripts and without.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localFile } from '../../scripts/backtest-database.ts'
import {
  findChromium,
  launchChromium,
  startStage,
  ticketBody,
  type Stage,
} from '../../scripts/dashboard-stage.ts'
import { ROOT } from '../../scripts/project.ts'
import { LOG_CHECK_TILES } from '../../src/domain/limits.ts'
import { TILE_HASHES } from '../../src/domain/tiles.ts'
import { download, enter, hear, sayNothingIsProved, until } from './dashboard-person.ts'
import { unzip } from './zip-reader.ts'

const program = findChromium()
if (program === null) sayNothingIsProved()

/** More than one press of the button compares. */
const LONG_LOG_ENTRIES = LOG_CHECK_TILES * TILE_HASHES + 300
const BUSY_MS = 10_000

let stage: Stage
let browser: Browser
let folder: string
let next = 7_000

beforeAll(async () => {
  if (program === null) return
  folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-taken-'))
  stage = await startStage()
  browser = await launchChromium(program)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
  if (program !== null) fs.rmSync(folder, { recursive: true, force: true })
})

const complaints: string[] = []

const visit = (javaScriptEnabled: boolean): Promise<[BrowserContext, Page]> =>
  enter(browser, stage.stack.appUrl, { key: stage.key, javaScriptEnabled, complaints })

/** As `npm run audit -- verify` does. */
async function command(file: string): Promise<{ readonly code: number; readonly out: string }> {
  const args = [path.join(ROOT, 'scripts/audit.ts'), 'verify', file, '--key', stage.publicKey]
  try {
    return { code: 0, out: (await promisify(execFile)(process.execPath, args)).stdout }
  } catch (error) {
    const { code, stdout, stderr } = Object(error)
    return { code: Number(code), out: `${stdout}${stderr}` }
  }
}

/** What the ZIP's own page says of a file beside it: it needs scripts, and no server. */
async function pageSays(place: string, log: string): Promise<string> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    hear(page, complaints)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const own = pathToFileURL(path.join(place, 'verify.html')).href
    await page.goto(own)
    await page.setInputFiles('#log', path.join(place, log))
    await page.fill('#key', stage.publicKey)
    await page.click('#check')
    const said = page.locator('#answer p').first()
    await said.waitFor()
    expect(asked).toEqual([own])
    return await said.innerText()
  } finally {
    await context.close()
  }
}

/** Unpacked, as on somebody's disk. */
function unpack(zip: Uint8Array): string {
  const place = fs.mkdtempSync(path.join(folder, 'zip-'))
  for (const [name, bytes] of unzip(zip)) {
    fs.mkdirSync(path.dirname(path.join(place, name)), { recursive: true })
    fs.writeFileSync(path.join(place, name), bytes)
  }
  return place
}

/** The same export with one letter of one sealed entry changed; which entry that is. */
function changeByte(place: string): number {
  const lines = fs.readFileSync(path.join(place, 'audit-log.ndjson'), 'utf8').split('\n')
  // The first line is the head, which names the filter.
  const at = lines.findIndex((line, each) => each > 0 && line.includes('"event.received"'))
  const { seq } = Object(JSON.parse(lines[at] ?? ''))
  const changed = lines.with(at, (lines[at] ?? '').replace('source:zendesk', 'source:zendesq'))
  expect(changed).not.toEqual(lines)
  fs.writeFileSync(path.join(place, 'changed.ndjson'), changed.join('\n'))
  return Number(seq)
}

/** A credit of the given amount that was held, approved and invoiced, and all of it sealed. */
async function given(page: Page, amount: string): Promise<string> {
  const number = (next += 1)
  await stage.deliver('zendesk', ticketBody(number, { tags: 'credit_requested', amount }))
  await page.goto('/inbox')
  await until(page, `ticket ${number}`)
  const card = page.locator('article', { hasText: `ticket ${number}` })
  await card.locator('button:has-text("Approve")').click()
  await until(page, 'Approved. The invoice is made')
  await page.goto('/adjustments')
  await page.click(`a:has-text("ticket ${number}")`)
  await until(page, 'Link to the PDF')
  await stage.stack.tick()
  return `ticket ${number}`
}

describe.skipIf(program === null).each([
  ['with scripts', true],
  ['without scripts', false],
] as const)('an auditor %s', (_, withScripts) => {
  let context: BrowserContext
  let page: Page
  let name: string
  beforeAll(async () => {
    ;[context, page] = await visit(withScripts)
    name = await given(page, withScripts ? '310.00' : '320.00')
  }, 60_000)
  afterAll(() => context.close())

  it('verifies the log on the page', async () => {
    await page.goto('/audit')
    await page.click('button:has-text("Verify now")')
    const said = page.locator('#checked')
    expect(await said.innerText()).toContain('Log intact through ')
    expect(await said.locator('button').count()).toBe(0)
  })

  it('takes all of the log, which the command and its own page check', async () => {
    await page.goto('/audit')
    const place = unpack(await download(page, 'ZIP to verify'))
    const whole = await command(path.join(place, 'audit-log.ndjson'))
    expect(whole).toMatchObject({ code: 0 })
    expect(whole.out).toMatch(/^log intact through .+ entries\n/)
    expect(await pageSays(place, 'audit-log.ndjson')).toBe(whole.out.split('\n')[0])
    const line = `NOT INTACT: entry ${changeByte(place)} is not as it was sealed`
    const changed = await command(path.join(place, 'changed.ndjson'))
    expect([changed.code, changed.out.split('\n')[0]]).toEqual([1, line])
    expect(await pageSays(place, 'changed.ndjson')).toBe(line)
  })

  it('takes what he has filtered, and it says that it is a part', async () => {
    await page.goto('/audit')
    await page.fill('input[name=action]', 'event.received')
    await page.click('button:has-text("Find")')
    await page.waitForURL(/action=event\.received/)
    const rows = page.locator('#audit-sheet tbody tr')
    expect(await rows.count()).toBeGreaterThan(0)
    expect(await rows.filter({ hasNotText: 'event.received' }).count()).toBe(0)
    const place = unpack(await download(page, 'ZIP to verify'))
    expect(fs.readFileSync(path.join(place, 'README.txt'), 'utf8')).toContain('This is a part')
    const { code, out } = await command(path.join(place, 'audit-log.ndjson'))
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+ entr\w+ of this export, each in /)])
    expect(await pageSays(place, 'audit-log.ndjson')).toBe(out.split('\n')[0])
    const entry = changeByte(place)
    expect(await pageSays(place, 'changed.ndjson')).toContain(`NOT INTACT: entry ${entry} `)
  })

  it('takes the month with its evidence, which says what was given and checks out', async () => {
    await page.goto('/reports')
    const place = unpack(await download(page, 'All with evidence, ZIP'))
    const { code, out } = await command(path.join(place, 'audit-log.ndjson'))
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+ entries of this export, each in /)])
    expect(await pageSays(place, 'audit-log.ndjson')).toBe(out.split('\n')[0])
    const entry = changeByte(place)
    expect((await command(path.join(place, 'changed.ndjson'))).code).toBe(1)
    expect(await pageSays(place, 'changed.ndjson')).toContain(`NOT INTACT: entry ${entry} `)
    const pages = fs.readdirSync(path.join(place, 'evidence'))
    const number = name.split(' ')[1] ?? ''
    const own = pages.filter((each) =>
      fs.readFileSync(path.join(place, 'evidence', each), 'utf8').includes(`ticket:${number}`),
    )
    expect(own).toHaveLength(1)
    const evidence = await context.newPage()
    hear(evidence, complaints)
    await evidence.goto(pathToFileURL(path.join(place, 'evidence', own[0] ?? '')).href)
    const text = await evidence.locator('body').innerText()
    expect(text).toContain('Evidence of one adjustment')
    expect(text).toContain('adjustment.approved')
    expect(text).toContain(withScripts ? '-31000' : '-32000')
    expect(await evidence.locator('script').count()).toBe(0)
    await evidence.close()
  })
})

describe.skipIf(program === null)('a long log', () => {
  beforeAll(async () => {
    const database = new DatabaseSync(localFile(stage.statePath), { timeout: BUSY_MS })
    database.prepare(FILL).run(LONG_LOG_ENTRIES)
    database.close()
    await stage.stack.tick()
  }, 60_000)

  it.each([
    ['with scripts', true],
    ['without scripts', false],
  ] as const)('is verified step by step %s, and each step says how far it is', async (_, js) => {
    const [context, page] = await visit(js)
    await page.goto('/audit')
    await page.click('button:has-text("Verify now")')
    const said = page.locator('#checked')
    const first = LOG_CHECK_TILES * TILE_HASHES
    expect(await said.innerText()).toMatch(new RegExp(`Entries 1 to ${first} of \\d+ are as they`))
    await said.locator('button').click()
    await said.locator('text=the last of').waitFor()
    expect(await said.innerText()).toMatch(
      new RegExp(`Entries ${first + 1} to (\\d+), the last of \\1, are as they were sealed`),
    )
    expect(await said.locator('button').count()).toBe(0)
    await context.close()
  })
})

it.skipIf(program === null)('no page has asked for what its policy forbids', () => {
  expect(complaints).toEqual([])
})

/** Entries that say nothing of money, behind those that are there. */
const FILL = `INSERT INTO audit_entries
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
  SELECT NULL, (SELECT max(at) FROM audit_entries), 'operator:nightly-export', 'list.read',
    printf('events:%d', i), '{"list":"events"}' FROM n`
