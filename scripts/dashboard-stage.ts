// A running Makegood with its sandbox and drawn secrets, and a Chromium that looks at its dashboard: for the pictures,
// and for the tests in a browser.

import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import * as z from 'zod'
import { stripe, zendesk } from '../src/sources/index.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { apiOf, type Answer, type Api } from './api-client.ts'
import { newAuditKey } from './audit-key.ts'
import { startStack, type Stack } from './local-stack.ts'
import { signDelivery } from './sign-delivery.ts'
import { Trouble } from './trouble.ts'

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--hide-scrollbars',
  '--force-color-profile=srgb',
]

/** Null where none is installed. */
export function findChromium(): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const files = folders.flatMap((folder) => CHROMIUM_NAMES.map((name) => path.join(folder, name)))
  return files.find((file) => fs.existsSync(file)) ?? null
}

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: FLAGS })

export type Stage = {
  readonly stack: Stack
  /** The bootstrap key. */
  readonly key: string
  /** Signed as its sender would; the ids of its events. */
  readonly deliver: (endpoint: 'zendesk' | 'stripe', body: object) => Promise<readonly string[]>
  /** An answer's data of the operator's API. */
  readonly ask: (call: (api: Api) => Promise<Answer>) => Promise<unknown>
  /** By which exports of its log are checked. */
  readonly publicKey: string
  /** The folder of its databases. */
  readonly statePath: string
  readonly stop: () => Promise<void>
}

const secret = (prefix: string): string => prefix + randomBytes(24).toString('base64url')

/** @throws Trouble where the app does not start */
export async function startStage(): Promise<Stage> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-dashboard-'))
  const { signing, verifier } = await newAuditKey('localhost/audit')
  const vars = {
    COMMET_API_KEY: secret('ck_sandbox_'),
    BOOTSTRAP_KEY: secret('ck_mg_'),
    STRIPE_WEBHOOK_SECRET: secret('whsec_'),
    ZENDESK_WEBHOOK_SECRET: secret(''),
    LINK_KEY: secret(''),
    AUDIT_KEY: signing,
  }
  const endpoints = {
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
  }
  const remove = () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  const statePath = path.join(folder, 'state')
  const stack = await startStack({
    port: 0,
    sandboxPort: 0,
    statePath,
    log: 'quiet',
    vars,
  }).catch((error: unknown) => {
    remove()
    throw error
  })
  const key = vars.BOOTSTRAP_KEY
  const api = apiOf({ url: stack.appUrl, key })
  return {
    stack,
    key,
    deliver: (name, body) =>
      deliver(stack, name, endpoints[name], vars[SECRETS[name]], JSON.stringify(body)),
    ask: async (call) => z.object({ data: z.unknown() }).parse(await (await call(api)).json()).data,
    publicKey: verifier,
    statePath,
    stop: async () => {
      await stack.stop()
      remove()
    },
  }
}

const SECRETS = { zendesk: 'ZENDESK_WEBHOOK_SECRET', stripe: 'STRIPE_WEBHOOK_SECRET' } as const

async function deliver(
  { appUrl }: Stack,
  name: string,
  endpoint: Endpoint,
  key: string,
  body: string,
): Promise<readonly string[]> {
  const url = `${appUrl}/webhooks/${name}`
  const id = `msg_${randomBytes(12).toString('hex')}`
  const signed = await signDelivery(endpoint, key, body, { nowMs: Date.now(), id, url })
  const response = await fetch(url, { method: 'POST', headers: signed.headers, body: signed.body })
  const text = await response.text()
  if (response.status !== 202) throw new Trouble(`${name} answered ${response.status}: ${text}`)
  return z.object({ events: z.array(z.string()) }).parse(JSON.parse(text)).events
}

export const ticketBody = (ticket: number, fields: object = {}) => ({
  kind: 'makegood.ticket',
  ticket_id: String(ticket),
  tags: 'billing credit_requested credit_25',
  amount: '',
  currency: 'USD',
  customer_external_id: 'acme-42',
  asker: 'dana@saas.example',
  updated_at: new Date().toISOString(),
  ...fields,
})

export const refundBody = (n: number, fields: object = {}) => ({
  id: `evt_3Refund${String(n).padStart(6, '0')}`,
  object: 'event',
  created: Math.floor(Date.now() / 1_000),
  livemode: false,
  type: 'refund.created',
  data: {
    object: {
      id: `re_3Refund${String(n).padStart(6, '0')}`,
      object: 'refund',
      amount: 2599,
      currency: 'usd',
      customer: 'cus_SampleAcme01',
      metadata: {},
      reason: 'requested_by_customer',
      status: 'succeeded',
      ...fields,
    },
  },
})
