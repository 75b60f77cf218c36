// 500 hostile texts on every page, in Chromium. Each delivery, label, note and name is made twice, in a Makegood of its
// own: with harmless text, then with hostile text of the same length. The pages must have the same elements both times.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  findChromium,
  launchChromium,
  refundBody,
  startStage,
  ticketBody,
  type Stage,
} from '../../scripts/dashboard-stage.ts'
import { download, enter, hear, sayNothingIsProved } from './dashboard-person.ts'
import { harmlessText, hostileText, markOf, onOneLine } from './hostile-text.ts'
import { unzip } from './zip-reader.ts'

const program = findChromium()
if (program === null) sayNothingIsProved()

const TEXTS = 500
const TABS = 3
const SETTLED_MS = 30_000
const TOO_OFTEN = 429
const LINE_CHARS = 80

type TextOf = (n: number) => string

/** What one page has, as the browser sees it. */
const seen = z.object({
  /** How many elements outside of rows and cards, by name. */
  around: z.record(z.string(), z.number()),
  /** Of what elements rows and cards are made, each kind once. */
  cards: z.array(z.string()),
  /** Attributes that run or lead away, and what scripts left behind. */
  odd: z.array(z.string()),
  text: z.string(),
})
type Seen = z.infer<typeof seen>

/** Put into each page before it is made, and beyond its policy. */
const WATCH = `
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) =>
    window.violations.push(event.violatedDirective + ' ' + event.blockedURI));
`

const LOOK = `(() => {
  const count = (elements) => {
    const counts = {};
    for (const { localName } of elements) counts[localName] = (counts[localName] ?? 0) + 1;
    return counts;
  };
  const all = [...document.querySelectorAll('*')];
  const odd = window.violations.map((each) => 'violation ' + each);
  if ('ran' in window) odd.push('ran ' + window.ran);
  for (const element of all) for (const { name, value } of element.attributes) {
    const leads = /^(href|src|action|formaction|data|background|poster|ping|xlink:href)$/.test(name);
    if (/^(on|style$|srcdoc$|autofocus$)/.test(name)) odd.push(name + '=' + value);
    if (leads && !/^[/#](?![/\\\\])/.test(value) && !value.startsWith(location.origin + '/')) odd.push(name + '=' + value);
  }
  const cards = [...document.querySelectorAll('[data-card]')];
  const kind = (card) => JSON.stringify(Object.entries(count(card.querySelectorAll('*'))).sort());
  const typed = [...document.querySelectorAll('input,textarea')].map(({ value }) => value);
  return {
    around: count(all.filter((each) => !each.closest('[data-card]'))),
    cards: [...new Set(cards.map(kind))].sort(),
    odd,
    text: [document.documentElement.textContent, ...typed].join('\\n'),
  };
})()`

/** Events and adjustments in the order in which they were made; the rest is known by its address. */
type Made = { readonly events: readonly string[]; readonly links: readonly string[] }

const rows = z.array(z.object({ id: z.string(), state: z.string(), version: z.number() }))
const withId = z.object({ id: z.string() })

/** Deliveries one behind the other, so that both worlds have the same order. */
async function deliverAll(stage: Stage, take: () => string): Promise<readonly string[]> {
  const events: string[] = []
  const send = async (name: 'zendesk' | 'stripe', body: object) => {
    events.push(...(await stage.deliver(name, body)))
  }
  const asked = { tags: 'credit_requested' }
  for (let n = 1; n <= 40; n++) {
    const fields = { customer_external_id: take(), asker: take(), comment: take() }
    await send('zendesk', ticketBody(n, { ...asked, ...fields, amount: '310.00' }))
  }
  for (let n = 101; n <= 130; n++) {
    const fields = { amount: take(), asker: take(), [take()]: 'name of a field' }
    await send('zendesk', ticketBody(n, { ...asked, ...fields }))
  }
  for (let n = 1; n <= 20; n++) {
    const fields = { asker: take(), comment: take() }
    await send('zendesk', ticketBody(n, { ...asked, ...fields, amount: '320.00' }))
  }
  for (let n = 1; n <= 30; n++) {
    const event = refundBody(n, {
      id: take(),
      customer: take(),
      reason: take(),
      metadata: { note: take() },
      amount: 129_900,
    })
    await send('stripe', { ...event, id: take() })
  }
  for (let n = 201; n <= 230; n++) {
    await send('zendesk', ticketBody(n, { kind: take(), comment: take() }))
  }
  return events
}

/** Until no adjustment is on its way any more. */
async function settle(stage: Stage): Promise<z.infer<typeof rows>> {
  const deadline = Date.now() + SETTLED_MS
  for (;;) {
    const all = rows.parse(
      await stage.ask(({ adjustments }) => adjustments.$get({ query: { limit: '100' } })),
    )
    if (!all.some(({ state }) => state === 'due' || state === 'issuing')) return all
    if (Date.now() > deadline) throw new Error('the queue does not end')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** What people write: customers, labels of links, notes. */
async function writeAll(stage: Stage, take: () => string): Promise<readonly string[]> {
  const line = () => onOneLine(take(), LINE_CHARS)
  for (let n = 0; n < 15; n++) {
    const json = {
      account: '',
      kind: 'external_id' as const,
      value: line(),
      customerId: 'cus_acme',
    }
    await stage.ask((api) => api.identities.$post({ json }))
  }
  await stage.deliver('zendesk', ticketBody(9_001))
  const all = await settle(stage)
  const given = z
    .array(z.object({ invoice: z.object({ id: z.string() }) }))
    .parse(
      await stage.ask(({ adjustments }) =>
        adjustments.$get({ query: { state: 'invoiced', limit: '1' } }),
      ),
    )
  const links: string[] = []
  for (let n = 0; n < 10; n++) {
    const json = { invoiceId: given[0]?.invoice.id ?? '', label: line() }
    links.push(withId.parse(await stage.ask((api) => api.links.$post({ json }))).id)
  }
  for (const { id, version } of all.filter(({ state }) => state === 'held').slice(-10)) {
    const call = { param: { id }, json: { version, note: take() } }
    await stage.ask(({ adjustments }) => adjustments[':id'].reject.$post(call))
  }
  return links
}

/** Names of keys that are refused, and come back in the form; then what is looked for. */
async function typeAll(page: Page, take: () => string, note: (name: string) => Promise<void>) {
  for (let n = 0; n < 5; n++) {
    await page.goto('/settings')
    await page.fill('input[name=name]', `A name ${onOneLine(take(), LINE_CHARS)}`)
    await page.click('button:has-text("Make the key")')
    await page.locator('.told.is-bad').first().waitFor()
    await note(`typed ${n}`)
  }
}

const asAddress = (text: string) => encodeURIComponent(onOneLine(text, LINE_CHARS))

/** Every page, and each event, adjustment and link. `text`: to look for. */
const addresses = ({ events, links }: Made, adjustments: readonly string[], text: TextOf) => [
  '/',
  '/inbox',
  '/events',
  '/adjustments',
  '/customers',
  '/customers/cus_acme',
  '/links',
  '/search?q=1',
  '/audit?action=event.received',
  '/audit?action=adjustment.rejected',
  '/settings',
  '/settings/erasures',
  '/reports',
  '/reports?list=open',
  '/rules',
  '/endpoints',
  ...[3, 30, 55].flatMap((n) => [
    `/search?q=${asAddress(text(n))}`,
    `/customers?q=${asAddress(text(n))}`,
    `/audit?actor=${asAddress(text(n))}`,
    `/audit?from=${asAddress(text(n))}`,
    `/links?invoice=${asAddress(text(n))}`,
  ]),
  ...events.map((id) => `/events/${id}`),
  ...adjustments.map((id) => `/adjustments/${id}`),
  ...links.map((id) => `/links/${id}`),
]

async function look(page: Page, address: string): Promise<Seen> {
  for (;;) {
    const answer = await page.goto(address)
    // Somebody who reads so fast is asked to wait.
    if (answer?.status() !== TOO_OFTEN) return seen.parse(await page.evaluate(LOOK))
    await page.waitForTimeout(1_000)
  }
}

type World = {
  readonly pages: readonly (readonly [name: string, seen: Seen])[]
  readonly evidence: readonly (readonly [name: string, seen: Seen])[]
  /** What came by itself to the inbox, which was open all the time. */
  readonly live: Seen
  readonly texts: number
  /** Of a dialog, the policy, an error in a script, and addresses elsewhere. */
  readonly complaints: readonly string[]
}

async function makeWorld(browser: Browser, isHostile: boolean): Promise<World> {
  const textOf = isHostile ? hostileText : harmlessText
  const stage = await startStage()
  const [complaints, folder] = [[] as string[], fs.mkdtempSync(path.join(tmpdir(), 'makegood-h-'))]
  let texts = 0
  const take = () => textOf(texts++)
  const entering = { key: stage.key, javaScriptEnabled: true, complaints }
  const [context, first] = await enter(browser, stage.stack.appUrl, entering)
  try {
    await context.addInitScript({ content: WATCH })
    context.on('request', (request) => {
      const isOwn = request.url().startsWith(`${stage.stack.appUrl}/`)
      if (!isOwn && !request.url().startsWith('file:')) complaints.push(`asked ${request.url()}`)
    })
    const live = await context.newPage()
    hear(live, complaints)
    await live.goto('/inbox')
    const events = await deliverAll(stage, take)
    await settle(stage)
    const links = await writeAll(stage, take)
    await stage.stack.tick()
    const adjustments = (await settle(stage)).map(({ id }) => id)
    await live.locator('#held-list article').nth(9).waitFor({ timeout: SETTLED_MS })
    const lived = seen.parse(await live.evaluate(LOOK))
    const pages: [string, Seen][] = []
    await typeAll(first, take, async (name) => {
      pages.push([name, seen.parse(await first.evaluate(LOOK))])
    })
    const all = addresses({ events, links }, adjustments, textOf)
    const found = await inTabs(context, complaints, all)
    pages.push(...found.map((each, at): [string, Seen] => [nameOf(all[at] ?? '', at), each]))
    const evidence = isHostile ? await lookAtEvidence(first, folder, complaints) : []
    return { pages, evidence, live: lived, texts, complaints }
  } finally {
    await context.close()
    await stage.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** As an auditor opens it: from files. */
async function lookAtEvidence(
  page: Page,
  folder: string,
  complaints: string[],
): Promise<World['evidence']> {
  await page.goto('/reports')
  const zip = unzip(await download(page, 'All with evidence, ZIP'))
  const files = [...zip].filter(([name]) => name.startsWith('evidence/'))
  const places = files.map(([, bytes], at) => {
    const file = path.join(folder, `${at}.html`)
    fs.writeFileSync(file, bytes)
    return pathToFileURL(file).href
  })
  const found = await inTabs(page.context(), complaints, places)
  return found.map((each, at) => [`evidence ${at}`, each])
}

/** Ids and what is looked for differ between the worlds. */
const nameOf = (address: string, at: number): string =>
  `${at} ${address.replace(/_\w+$/, '').replace(/h\d{4}h.*$/, '')}`

/** In the order of the addresses. */
async function inTabs(
  context: BrowserContext,
  complaints: string[],
  all: readonly string[],
): Promise<readonly Seen[]> {
  const found: Seen[] = []
  const left = [...all.entries()]
  const work = async () => {
    const page = await context.newPage()
    hear(page, complaints)
    for (let each = left.shift(); each !== undefined; each = left.shift()) {
      found[each[0]] = await look(page, each[1])
    }
    await page.close()
  }
  await Promise.all(Array.from({ length: TABS }, work))
  return found
}

describe.skipIf(program === null)('500 hostile texts', () => {
  let browser: Browser
  let harmless: World
  let hostile: World
  beforeAll(async () => {
    browser = await launchChromium(program ?? '')
    harmless = await makeWorld(browser, false)
    hostile = await makeWorld(browser, true)
  }, 600_000)
  afterAll(() => browser?.close())

  it('would make elements and run where nothing stops them', async () => {
    const page = await browser.newPage()
    page.on('dialog', (dialog) => dialog.dismiss())
    await page.goto('about:blank')
    const texts = Array.from({ length: TEXTS }, (_, n) => hostileText(n))
    const made = await page.evaluate(
      `${JSON.stringify(texts)}.filter((text) => new DOMParser()
        .parseFromString('<p>' + text, 'text/html').querySelector('body *:not(p)')).length`,
    )
    expect(made).toBeGreaterThan(TEXTS / 2)
    const calm = Array.from({ length: TEXTS }, (_, n) => harmlessText(n))
    expect(calm.filter((text) => /[<>&"'=:/{}()]/.test(text))).toEqual([])
    await page.setContent(`<p>${texts[8]}`)
    expect(await page.evaluate('window.ran')).toBe(8)
    await page.close()
  })

  it('are as many as that, and each is read on some page', () => {
    expect([harmless.texts, hostile.texts]).toEqual([TEXTS, TEXTS])
    const all = hostile.pages.map(([, { text }]) => text).join('\n')
    const unseen = Array.from({ length: TEXTS }, (_, n) => n).filter(
      (n) => !all.includes(markOf(n)),
    )
    expect(unseen).toEqual([])
  })

  it('run nothing, lead nowhere, and ask for nothing that the policy forbids', () => {
    expect(hostile.complaints).toEqual([])
    const odd = hostile.pages.flatMap(([name, page]) => page.odd.map((each) => `${name}: ${each}`))
    expect(odd).toEqual([])
    expect(hostile.live.odd).toEqual([])
  })

  it('make no element on any page, nor in what comes to an open one', () => {
    expect(hostile.pages.map(([name]) => name)).toEqual(harmless.pages.map(([name]) => name))
    for (const [at, [name, { around, cards }]] of hostile.pages.entries()) {
      const calm = harmless.pages[at]?.[1]
      expect({ name, around, cards }).toEqual({ name, around: calm?.around, cards: calm?.cards })
    }
    expect(hostile.live.around).toEqual(harmless.live.around)
  })

  it('are text in the evidence that an auditor opens, where no policy helps', () => {
    expect(hostile.evidence.length).toBeGreaterThan(0)
    for (const [name, { around, odd, text }] of hostile.evidence) {
      expect({ name, odd }).toEqual({ name, odd: [] })
      expect(Object.keys(around).filter((each) => !OF_EVIDENCE.has(each))).toEqual([])
      expect(text).toMatch(/h\d{4}h|ticket:9001/)
    }
  })
})

const OF_EVIDENCE: ReadonlySet<string> = new Set(
  'html head meta title style body h1 h2 p ul li table tbody tr th td pre hr'.split(' '),
)
