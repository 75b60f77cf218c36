// `npm run screenshots [-- FOLDER]`: each page of the dashboard as a picture, of an empty Makegood, of one with an
// ordinary day's work, and of one with a thousand rows; in light, in dark, and on a phone.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import * as z from 'zod'
import {
  findChromium,
  launchChromium,
  refundBody,
  startStage,
  ticketBody,
  type Stage,
} from './dashboard-stage.ts'
import { fillPastDays } from './past-days.ts'
import { ROOT } from './project.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const

const PAGES = {
  overview: '/',
  inbox: '/inbox',
  events: '/events',
  adjustments: '/adjustments',
  customers: '/customers',
  import: '/customers/import',
  links: '/links',
  reports: '/reports',
  search: '/search',
  rules: '/rules',
  audit: '/audit',
  endpoints: '/endpoints',
  settings: '/settings',
  erasures: '/settings/erasures',
} as const

const adjustments = z.array(z.object({ id: z.string(), state: z.string() }))

const SETTLE_MS = 4_000
const THOUSAND = 1_000
const AT_ONCE = 20

/** Something of each kind: given, held for several reasons, in conflict, undecided, refunded, ignored. */
async function fill({ deliver, ask }: Stage): Promise<Readonly<Record<string, string>>> {
  const [given] = await deliver('zendesk', ticketBody(4101))
  await deliver('zendesk', ticketBody(4102, { tags: 'credit_requested credit_10' }))
  await deliver('stripe', refundBody(1))
  await deliver('stripe', refundBody(2, { amount: 129_900 }))
  await deliver('zendesk', ticketBody(4103, { tags: 'billing' }))
  await sleep(SETTLE_MS)
  await deliver('zendesk', ticketBody(4101, { tags: 'credit_requested credit_50' }))
  await deliver('zendesk', ticketBody(4104, { tags: 'credit_requested', amount: '420.00' }))
  await deliver('zendesk', ticketBody(4105, { customer_external_id: 'new-customer-7' }))
  await deliver('zendesk', ticketBody(4106, { tags: 'credit_requested', amount: 'twenty' }))
  for (const [name, scopes] of [
    ['ann', ['read', 'write', 'approve', 'admin']],
    ['ben', ['read', 'write']],
    ['nightly-export', ['read']],
  ] as const) {
    const email = name === 'nightly-export' ? {} : { email: `${name}@saas.example` }
    const json = { name, scopes: [...scopes], expiresInDays: 365, ...email }
    await ask(({ keys }) => keys.$post({ json }))
  }
  await sleep(SETTLE_MS)
  const identity = {
    account: 'zendesk',
    kind: 'external_id' as const,
    value: 'old-crm-9',
    customerId: 'cus_acme',
  }
  await ask((api) => api.identities.$post({ json: identity }))
  const links = z
    .array(z.object({ id: z.string() }))
    .parse(await ask((api) => api.links.$get({ query: {} })))
  const rows = adjustments.parse(
    await ask((api) => api.adjustments.$get({ query: { limit: '50' } })),
  )
  const one = (state: string) => `/adjustments/${rows.find((row) => row.state === state)?.id}`
  return {
    event: `/events/${given}`,
    adjustment: one('invoiced'),
    'adjustment-held': one('held'),
    customer: '/customers/cus_acme',
    link: `/links/${links[0]?.id}`,
    'reports-open': '/reports?list=open',
    search: '/search?q=acme-42',
  }
}

/** As many again and again as make the lists long. */
async function fillThousand({ deliver, stack }: Stage): Promise<void> {
  for (let made = 0; made < THOUSAND; made += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, nth) => made + nth)
    await Promise.all(
      numbers.map((number) =>
        deliver('zendesk', ticketBody(5_000 + number, { asker: `agent-${number}@saas.example` })),
      ),
    )
  }
  await sleep(SETTLE_MS)
  await stack.tick()
}

async function take(
  browser: Browser,
  { stack, key }: Stage,
  pages: Readonly<Record<string, string>>,
  folder: string,
  state: string,
): Promise<void> {
  for (const [look, { colorScheme, viewport }] of Object.entries(LOOKS)) {
    const context = await browser.newContext({ colorScheme, viewport, deviceScaleFactor: 1 })
    const page = await context.newPage()
    const shoot = (name: string) =>
      page.screenshot({ path: path.join(folder, `${name}-${state}-${look}.png`), fullPage: true })
    await page.goto(`${stack.appUrl}/login`)
    if (state === 'empty') await shoot('login')
    await page.fill('input[name=key]', key)
    await page.click('button.main')
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(stack.appUrl + address)
      await shoot(name)
    }
    await context.close()
  }
}

async function main(): Promise<void> {
  const folder = path.resolve(process.argv[2] ?? path.join(ROOT, '.wrangler', 'screenshots'))
  const program = findChromium()
  if (program === null) throw new Trouble('no Chromium is installed: apt-get install chromium')
  fs.mkdirSync(folder, { recursive: true })
  const [stage, browser] = await Promise.all([startStage(), launchChromium(program)])
  try {
    await take(browser, stage, PAGES, folder, 'empty')
    const more = { ...PAGES, ...(await fill(stage)) }
    await stage.stack.tick()
    fillPastDays(stage.statePath, Date.now())
    await take(browser, stage, more, folder, 'ordinary')
    await fillThousand(stage)
    await take(browser, stage, more, folder, 'thousand')
  } finally {
    await browser.close()
    await stage.stop()
  }
  console.log(`${fs.readdirSync(folder).length} pictures in ${folder}`)
}

try {
  await main()
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
