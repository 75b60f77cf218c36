// `npm run demo`: the main job, end to end, on free ports with fresh state, and never another billing
// API than the sandbox. Exits 0 if every step was seen; `--keep` leaves it running.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { PDFDocument } from '@cantoo/pdf-lib'
import { decimalText } from '../src/domain/money.ts'
import { stripe, zendesk } from '../src/sources/index.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { apiOf } from './api-client.ts'
import { newAuditKey } from './audit-key.ts'
import { answeredTicket, requestInTicket, TICKET_ID } from './demo-ticket.ts'
import { endWithParent } from './lifetime.ts'
import { startStack, type Stack } from './local-stack.ts'
import { signDelivery } from './sign-delivery.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 50

const secret = (prefix: string): string => prefix + randomBytes(24).toString('base64url')

/** Drawn for each run: the demo needs no .dev.vars, and meets no key of anybody's. */
const vars = {
  COMMET_API_KEY: secret('ck_sandbox_'),
  BOOTSTRAP_KEY: secret('ck_mg_'),
  STRIPE_WEBHOOK_SECRET: secret('whsec_'),
  ZENDESK_WEBHOOK_SECRET: secret(''),
  LINK_KEY: secret(''),
  AUDIT_KEY: (await newAuditKey('localhost/audit')).signing,
}

const ZENDESK = zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' })
const STRIPE = stripe({ secret: 'STRIPE_WEBHOOK_SECRET' })

const REQUEST_TAGS = ['credit_requested', 'credit_25']

const ticketBody = JSON.stringify({
  kind: 'makegood.ticket',
  ticket_id: TICKET_ID,
  tags: REQUEST_TAGS.join(' '),
  currency: 'USD',
  customer_external_id: 'acme-42',
  asker: 'dana@saas.example',
  updated_at: new Date().toISOString(),
})

const refundBody = JSON.stringify({
  id: 'evt_3SampleRefund0001',
  object: 'event',
  created: Math.floor(Date.now() / 1_000),
  livemode: false,
  type: 'refund.created',
  data: {
    object: {
      id: 're_3SampleRefund0001',
      object: 'refund',
      amount: 2599,
      currency: 'usd',
      charge: 'ch_3SampleCharge0001',
      customer: 'cus_SampleAcme01',
      metadata: {},
      reason: 'requested_by_customer',
      status: 'succeeded',
    },
  },
})

const step = (name: string, text: string): void => console.log(`  ${name.padEnd(20)}${text}`)

async function tellStory(
  stack: Stack,
  title: string,
  endpoint: Endpoint,
  key: string,
  body: string,
): Promise<void> {
  console.log(`\n${title}`)
  const id = await deliver(stack, endpoint, key, body)
  const event = await settled(stack, id)
  const [adjustment] = event.adjustments
  if (!adjustment?.invoice) {
    throw new Trouble(`the adjustment is ${adjustment?.state ?? 'missing'}, not invoiced`)
  }
  const { invoice } = adjustment
  step('event', `${event.id}  ${event.type}`)
  step('decision', `${event.fate} by rule ${event.rule}`)
  const word = adjustment.amount < 0 ? 'credit' : 'charge'
  const settlement = adjustment.settlement === 'owed' ? 'owed' : 'already paid'
  step(
    'adjustment',
    `${word} of ${adjustment.amountText} for ${adjustment.customer.reference}, ${settlement}`,
  )
  const currency = invoice.currency.toLowerCase()
  const total = `${decimalText(invoice.total, currency)} ${currency.toUpperCase()}`
  step('invoice', `${invoice.number}  ${total}  ${invoice.status}`)
  step('link', adjustment.link)
  step('note for the agent', adjustment.note[0])
  for (const line of adjustment.note.slice(1)) step('', line)
  step('PDF', await fetchPdf(adjustment.link))
}

async function tellTicketStory(stack: Stack): Promise<void> {
  const before = await requestInTicket(stack.sandboxUrl, REQUEST_TAGS)
  const title = `An agent asks for a $25 credit in Zendesk ticket ${TICKET_ID}`
  await tellStory(stack, title, ZENDESK, vars.ZENDESK_WEBHOOK_SECRET, ticketBody)
  const after = await answeredTicket(stack.sandboxUrl)
  step('ticket before', `tags ${before.tags.join(' ')}; no internal comment`)
  step('ticket after', `tags ${after.tags.filter((tag) => !tag.includes('_ntc_')).join(' ')}`)
  for (const comment of after.comments) {
    for (const line of comment.split('\n')) step('', `| ${line}`)
  }
  step('its page', `${stack.sandboxUrl}/sandbox/zendesk/tickets/${TICKET_ID}`)
}

async function deliver(
  stack: Stack,
  endpoint: Endpoint,
  key: string,
  body: string,
): Promise<string> {
  const { source } = endpoint
  const { headers } = await signDelivery(endpoint, key, body, { nowMs: Date.now() })
  const address = `${stack.appUrl}/webhooks/${source.name}`
  const response = await fetch(address, { method: 'POST', headers, body })
  const answer: { events?: string[] } = JSON.parse(await response.text())
  const [id] = answer.events ?? []
  if (response.status !== 202 || id === undefined) {
    throw new Trouble(`${address} answered ${response.status}, not 202`)
  }
  step('delivery accepted', `POST /webhooks/${source.name}, signed, ${body.length} bytes: 202`)
  return id
}

type Story = {
  id: string
  type: string
  fate: string
  rule: string
  adjustments: {
    state: string
    amount: number
    amountText: string
    settlement: string
    customer: { reference: string }
    invoice: { number: string; total: number; currency: string; status: string } | null
    link: string
    note: [string, ...string[]]
  }[]
}

/** Waits until nothing is left to do for the event: invoiced, and a record also marked paid. */
async function settled(stack: Stack, id: string): Promise<Story> {
  const deadline = Date.now() + WAIT_MS
  const { events } = apiOf({ url: stack.appUrl, key: vars.BOOTSTRAP_KEY })
  for (;;) {
    const response = await events[':id'].$get({ param: { id } })
    const { data }: { data: Story } = JSON.parse(await response.text())
    const [adjustment] = data.adjustments
    const isOpen =
      adjustment?.settlement === 'already_paid' && adjustment.invoice?.status !== 'paid'
    if (!isOpen && !['due', 'issuing'].includes(adjustment?.state ?? 'due')) return data
    if (Date.now() > deadline)
      throw new Trouble(`event ${id} is not invoiced after ${WAIT_MS / 1_000} s`)
    await sleep(LOOK_EVERY_MS)
  }
}

async function fetchPdf(link: string): Promise<string> {
  const click = await fetch(link, { redirect: 'manual' })
  const location = click.headers.get('location')
  if (click.status !== 302 || location === null) {
    throw new Trouble(`the link answered ${click.status}, not 302`)
  }
  const document = await fetch(location)
  const bytes = new Uint8Array(await document.arrayBuffer())
  const pages = (await PDFDocument.load(bytes)).getPageCount()
  return `302, then ${bytes.length} bytes of ${document.headers.get('content-type')}, ${pages} page${pages === 1 ? '' : 's'}`
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })
  const statePath = mkdtempSync(join(tmpdir(), 'makegood-demo-'))
  const options = { port: 0, sandboxPort: 0, statePath, vars, entry: 'sandbox/demo-worker.ts' }
  const stack = await startStack({ ...options, log: 'quiet' })
  const end = async (): Promise<void> => {
    await stack.stop()
    rmSync(statePath, { recursive: true, force: true })
  }
  endWithParent(end)
  try {
    console.log(`Makegood at ${stack.appUrl}, billing at its sandbox, ${stack.sandboxUrl}`)
    await tellTicketStory(stack)
    await tellStory(
      stack,
      'Stripe has refunded $25.99',
      STRIPE,
      vars.STRIPE_WEBHOOK_SECRET,
      refundBody,
    )
    if (values.keep) {
      console.log(`\nStill running. The operator's key: ${vars.BOOTSTRAP_KEY}. Ctrl-C stops it.`)
      return
    }
    console.log('\nDone: each step above was seen. Next: npm start, and README.md.')
  } catch (error) {
    await end()
    throw error
  }
  await end()
}

try {
  await main()
} catch (error) {
  console.error(tellTrouble(error))
  process.exit(1)
}
