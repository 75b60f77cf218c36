// The dashboard in a browser, against the running app and its sandbox: what a person does on his first day, with
// scripts and without. Where no Chromium is installed, that is said and nothing is proved.

import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import * as z from 'zod'
import {
  findChromium,
  launchChromium,
  startStage,
  ticketBody,
  type Stage,
} from '../../scripts/dashboard-stage.ts'
import { download, enter, sayNothingIsProved, until, WAIT_MS } from './dashboard-person.ts'
import { unzip } from './zip-reader.ts'

const program = findChromium()
if (program === null) sayNothingIsProved()

let stage: Stage
let browser: Browser
let ticket = 5_000

beforeAll(async () => {
  if (program === null) return
  stage = await startStage()
  browser = await launchChromium(program)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
})

/** What pages complained about. */
const complaints: string[] = []

const visit = (javaScriptEnabled: boolean, key = stage.key): Promise<[BrowserContext, Page]> =>
  enter(browser, stage.stack.appUrl, { key, javaScriptEnabled, complaints })

const heldTicket = async (amount: string): Promise<string> => {
  const number = (ticket += 1)
  await stage.deliver('zendesk', ticketBody(number, { tags: 'credit_requested', amount }))
  return `ticket ${number}`
}

async function newKey(page: Page, name: string, scopes: readonly string[]): Promise<string> {
  await page.goto('/settings')
  await page.fill('input[name=name]', name)
  await page.fill('input[name=email]', `${name}@saas.example`)
  for (const scope of scopes) await page.check(`input[name=scopes][value=${scope}]`)
  await page.click('button:has-text("Make the key")')
  return (await page.locator('#new-key').innerText()).trim()
}

describe.skipIf(program === null).each([
  ['with scripts', true],
  ['without scripts', false],
] as const)('a person %s', (_, withScripts) => {
  let context: BrowserContext
  let page: Page
  beforeAll(async () => {
    ;[context, page] = await visit(withScripts)
  }, 60_000)
  afterAll(() => context.close())

  it('sees on his first day what to do first', async () => {
    expect(await page.locator('#overview-steps').innerText()).toContain('Make a key for yourself')
    await page.click('.pages-beside >> text=Inbox')
    expect(await page.locator('h1').innerText()).toBe('Inbox')
  })

  // In front of the large ones: those of both persons are above what a rule may give in an hour.
  it('maps a customer whom nobody knew, and what has waited for him goes on', async () => {
    const [number, stranger] = [(ticket += 1), withScripts ? 'stranger-js' : 'stranger-plain']
    await stage.deliver(
      'zendesk',
      ticketBody(number, {
        tags: 'credit_requested',
        amount: withScripts ? '21.00' : '22.00',
        customer_external_id: stranger,
        asker: `${stranger}@saas.example`,
      }),
    )
    await page.goto('/customers')
    await until(page, stranger)
    const asked = page.locator('#unresolved li', { hasText: stranger })
    await asked.locator('input[name=customerId]').fill('cus_bolt')
    await asked.locator('button:has-text("Map")').click()
    await until(page, 'This is kept: from now on he is found by it.')
    await page.click('button:has-text("Go on with this customer")')
    await until(page, 'The customer is chosen.')
    const found = page.locator('#found-adjustments')
    await expect
      .poll(
        async () => {
          await page.goto('/search?q=' + number)
          return found.innerText()
        },
        { timeout: WAIT_MS },
      )
      .toContain('Invoiced')
    expect(await found.innerText()).toContain(`ticket ${number}`)
  })

  it('approves a held credit, sees it invoiced, and opens its link to the PDF', async () => {
    const name = await heldTicket(withScripts ? '310.00' : '320.00')
    await page.goto('/inbox')
    await until(page, name)
    const card = page.locator('article', { hasText: name })
    await card.locator('button:has-text("Approve")').click()
    await until(page, 'Approved. The invoice is made')
    await page.goto('/adjustments')
    await page.click(`a:has-text("${name}")`)
    await until(page, 'Link to the PDF')
    const link = page.locator('#adjustment-invoice a[rel=noreferrer]')
    const address = await link.getAttribute('href')
    const [opened] = await Promise.all([
      context.waitForEvent('response', (each) => each.status() === 200),
      link.click(),
    ])
    expect(opened.headers()['content-type']).toContain('application/pdf')
    const pdf = await context.request.get(address ?? '')
    expect(pdf.headers()['content-type']).toContain('application/pdf')
    expect((await pdf.body()).subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('rejects one with a note, which stands on its page', async () => {
    const name = await heldTicket(withScripts ? '330.00' : '340.00')
    await page.goto('/inbox')
    await until(page, name)
    const card = page.locator('article', { hasText: name })
    await card.locator('summary').click()
    await card.locator('textarea').fill('He has it already.')
    await card.locator('button:has-text("Reject")').click()
    await until(page, 'Rejected. The person who asked is told.')
    await page.goto('/adjustments')
    await page.click(`a:has-text("${name}")`)
    expect(await page.locator('main').innerText()).toContain('He has it already.')
  })

  it('tries an event again, and dismisses it', async () => {
    const number = (ticket += 1)
    const body = ticketBody(number, { tags: 'credit_requested', amount: 'twenty' })
    const [event] = await stage.deliver('zendesk', body)
    await page.goto(`/events/${event}`)
    await page.click('button:has-text("Try again")')
    await until(page, 'Decided again, with the rules of now.')
    await page.click('button:has-text("Dismiss")')
    await until(page, 'Dismissed. Nothing more is done for it.')
    expect(await page.locator('#event-state').innerText()).toContain('Dismissed')
  })

  it('takes the month as CSV and as a ZIP, whose log checks out', async () => {
    await page.goto('/reports')
    expect(await page.locator('#totals').innerText()).toContain('Promises')
    const csv = await download(page, 'Every credit and charge, CSV')
    expect(new TextDecoder().decode(csv)).toMatch(/^date,id,state/)
    const files = unzip(await download(page, 'All with evidence, ZIP'))
    const names = [...files.keys()]
    expect(names).toEqual(expect.arrayContaining(['README.txt', 'adjustments.csv', 'verify.html']))
    expect(names.some((name) => /^evidence\/adj_\w+\.html$/.test(name))).toBe(true)
    expect(new TextDecoder().decode(files.get('audit-log.ndjson'))).toContain('"adj_')
  })

  it('makes a link, and revokes it', async () => {
    const [row] = z
      .array(z.object({ invoice: z.object({ id: z.string() }) }))
      .parse(
        await stage.ask(({ adjustments }) =>
          adjustments.$get({ query: { state: 'invoiced', limit: '1' } }),
        ),
      )
    await page.goto('/links')
    await page.fill('input[name=invoiceId]', row?.invoice.id ?? '')
    await page.click('button:has-text("Make the link")')
    await until(page, 'The link is made.')
    const address = await page.locator('#link-address code').innerText()
    const pdf = await context.request.get(address)
    expect(pdf.headers()['content-type']).toContain('application/pdf')
    await page.click('button:has-text("Revoke it")')
    await until(page, 'The link opens nothing any more.')
  })

  it('is out as soon as his key is revoked', async () => {
    const name = withScripts ? 'carla' : 'carlo'
    const key = await newKey(page, name, ['approve'])
    const [other, theirs] = await visit(withScripts, key)
    await theirs.goto('/inbox')
    expect(await theirs.locator('.who-name').innerText()).toBe(name)
    await page.goto('/settings')
    await page.click(`button[aria-label="Revoke the key of ${name}"]`)
    await until(page, 'Revoked. The key and its sessions have ended.')
    await theirs.goto('/inbox')
    expect(new URL(theirs.url()).pathname).toBe('/login')
    await other.close()
  })
})

describe.skipIf(program === null)('with scripts', () => {
  it('new rows come by themselves, and a note that was begun stays', async () => {
    const first = await heldTicket('350.00')
    const [context, page] = await visit(true)
    await page.goto('/inbox')
    await until(page, first)
    const card = page.locator('article', { hasText: first })
    await card.locator('summary').click()
    await card.locator('textarea').fill('Half a no')
    const second = await heldTicket('360.00')
    await page.locator('article', { hasText: second }).waitFor({ timeout: 30_000 })
    expect(await card.locator('textarea').inputValue()).toBe('Half a no')
    await context.close()
  }, 60_000)

  it('j and k go from card to card', async () => {
    const [context, page] = await visit(true)
    await page.goto('/inbox')
    await page.locator('article').nth(1).waitFor()
    const picked = () =>
      page
        .locator('article')
        .evaluateAll((cards) => cards.findIndex((card) => card.matches('.is-picked')))
    await page.keyboard.press('/')
    expect(await page.evaluate('document.activeElement.id')).toBe('search')
    await page.keyboard.press('Tab')
    await page.locator('h1').click()
    await page.keyboard.press('j')
    expect(await picked()).toBe(0)
    await page.keyboard.press('j')
    expect(await picked()).toBe(1)
    await page.keyboard.press('k')
    expect(await picked()).toBe(0)
    await context.close()
  })
})

describe.skipIf(program === null)('every page', () => {
  it('has nothing serious for axe, in light on a phone, and in dark on a wide screen', async () => {
    const [event] = await stage.deliver('zendesk', ticketBody((ticket += 1)))
    await heldTicket('370.00')
    const [row] = z
      .array(z.object({ id: z.string() }))
      .parse(await stage.ask(({ adjustments }) => adjustments.$get({ query: { limit: '1' } })))
    const id = row?.id ?? ''
    const link = await oneLink()
    const pages = [
      '/',
      '/inbox',
      '/events',
      `/events/${event}`,
      '/adjustments',
      `/adjustments/${id}`,
      '/customers',
      '/customers/cus_acme',
      '/customers/import',
      '/links',
      `/links/${link}`,
      '/reports',
      '/reports?list=open',
      '/search?q=acme-42',
      '/rules',
      '/audit',
      '/endpoints',
      '/settings',
      '/settings/erasures',
    ]
    const [context, page] = await visit(true)
    await page.addInitScript({ content: axe.source })
    for (const [colorScheme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 844 })
      for (const path of pages) {
        await page.goto(path)
        expect(await seriousFaults(page), `${path} ${colorScheme} ${width}`).toEqual([])
        const isTooWide = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        )
        expect(isTooWide, `${path} is wider than ${width}`).toBe(false)
      }
    }
    await page.setViewportSize({ width: PHONE, height: 844 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.goto('/inbox')
      await page.locator('.menu summary').click()
      await page.locator('.menu a', { hasText: 'Audit log' }).waitFor()
      expect(await seriousFaults(page), `the opened menu, ${colorScheme}`).toEqual([])
    }
    await context.close()
    const outside = await browser.newContext({ baseURL: stage.stack.appUrl })
    const login = await outside.newPage()
    await login.addInitScript({ content: axe.source })
    await login.goto('/login')
    expect(await seriousFaults(login)).toEqual([])
    await outside.close()
  }, 150_000)

  it('runs nothing of hostile text, and needed nothing that its policy forbids', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>'
    const fields = { asker: hostile, amount: hostile, comment: hostile, tags: 'credit_requested' }
    const [event] = await stage.deliver('zendesk', ticketBody((ticket += 1), fields))
    const [context, page] = await visit(true)
    for (const path of ['/', '/inbox', '/events', `/events/${event}`]) await page.goto(path)
    expect(await page.locator('pre.body').innerText()).toContain('<script>alert(1)</script>')
    await context.close()
    expect(complaints).toEqual([])
  })
})

/** To an invoice that there is. */
async function oneLink(): Promise<string> {
  const invoiced = { query: { state: 'invoiced' as const, limit: '1' } }
  const [row] = z
    .array(z.object({ invoice: z.object({ id: z.string() }) }))
    .parse(await stage.ask(({ adjustments }) => adjustments.$get(invoiced)))
  const json = { invoiceId: row?.invoice.id ?? '', label: 'for the auditor' }
  return z.object({ id: z.string() }).parse(await stage.ask(({ links }) => links.$post({ json })))
    .id
}

const PHONE = 390

/** Each scheme of colours and each width once: neither changes what the other does. */
const LOOKS = [
  ['light', PHONE],
  ['dark', 1_200],
] as const

type Fault = { readonly id: string; readonly impact: string; readonly nodes: readonly string[] }

/** Runs in the page, outside of its policy: axe was put there before the page. */
const seriousFaults = (page: Page): Promise<readonly Fault[]> =>
  page.evaluate(`axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
    violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, any }) => html + ' ' + any.map(({ message }) => message)) })))`)
