// A person before the dashboard, in a browser with scripts or without, and what his pages complain about.

import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export const WAIT_MS = 15_000
const WITHOUT_LIVE_MS = 500

/** As of a person: what names itself a machine is shown no document (src/domain/preview-agents.ts). */
const AGENT =
  'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36'

export const sayNothingIsProved = (): void =>
  console.warn(
    'No Chromium is installed, so the dashboard is not seen in a browser: apt-get install chromium',
  )

type Entering = {
  readonly key: string
  readonly javaScriptEnabled: boolean
  /** Of scripts that were kept from running, of errors in ours, and dialogs. */
  readonly complaints: string[]
}

/** Logged in. */
export async function enter(
  browser: Browser,
  baseURL: string,
  { key, javaScriptEnabled, complaints }: Entering,
): Promise<[BrowserContext, Page]> {
  const context = await browser.newContext({
    userAgent: AGENT,
    javaScriptEnabled,
    baseURL,
    viewport: { width: 1200, height: 900 },
  })
  context.setDefaultTimeout(WAIT_MS)
  const page = await context.newPage()
  hear(page, complaints)
  await page.goto('/')
  await page.fill('input[name=key]', key)
  await page.click('button:has-text("Log in")')
  await page.waitForURL((url) => url.pathname === '/')
  return [context, page]
}

export function hear(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', async (dialog) => {
    complaints.push(dialog.message())
    await dialog.dismiss()
  })
}

/** Until the queue has done its work; without scripts the person loads the page again. */
export async function until(page: Page, text: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS
  while (!(await page.locator('body').innerText()).includes(text)) {
    if (Date.now() > deadline) throw new Error(`never: ${text}`)
    await page.waitForTimeout(WITHOUT_LIVE_MS)
    await page.reload()
  }
}

export async function download(page: Page, text: string): Promise<Uint8Array> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.click(`a:has-text("${text}"), button:has-text("${text}")`),
  ])
  return new Uint8Array(readFileSync(await file.path()))
}
