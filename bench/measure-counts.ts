// What an event costs, as D1 itself counts it: exact, and the same in every run.

import { slugOf } from '../src/domain/link.ts'
import { zendesk } from '../src/sources/index.ts'
import { signDelivery } from '../scripts/sign-delivery.ts'
import { HOST } from '../scripts/ports.ts'
import { click, deliveries, post } from './deliveries.ts'
import { exact, rounded, type Figure } from './figures.ts'
import { sendAll } from './load.ts'
import { startStub } from './programs.ts'
import { COUNTING, LINK_KEY, OPERATOR_KEY, startMakegood, ZENDESK_SECRET } from './targets.ts'

export type Count = Readonly<
  Record<
    | 'rowsWritten'
    | 'rowsRead'
    | 'statements'
    | 'calls'
    | 'messages'
    | 'sends'
    | 'bytes'
    | 'fetches',
    number
  >
> & { readonly ends: readonly string[] }

const PER_MESSAGE = 3
/** List prices in dollars per million: beyond what the paid plan includes. */
const DOLLARS = { rowWritten: 1, rowRead: 0.001, queueOperation: 0.4, request: 0.3 }

async function ticket(amount: string, nth: number): Promise<Buffer> {
  const body = JSON.stringify({
    kind: 'makegood.ticket',
    ticket_id: String(7_000 + nth),
    tags: 'billing credit_requested',
    amount,
    currency: 'USD',
    customer_external_id: 'acme-42',
    asker: 'agent@saas.example',
    updated_at: '2026-10-26T07:33:12Z',
  })
  const endpoint = zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' })
  const signed = await signDelivery(endpoint, ZENDESK_SECRET, body, { nowMs: Date.now() })
  return post('/webhooks/zendesk', signed.headers, body)
}

export async function measureCounts(folder: string): Promise<Figure[]> {
  const stub = await startStub()
  const app = await startMakegood(folder, stub.url, COUNTING)
  const send = (requests: readonly Buffer[]) =>
    sendAll(requests, { port: app.port, connections: 1 })
  const count = async (): Promise<Count> =>
    (await fetch(`http://${HOST}:${app.port}/count`)).json() as Promise<Count>
  const costOf = async (requests: readonly Buffer[]): Promise<Count> => {
    await send(requests)
    return count()
  }
  try {
    // The first of a day, a customer and a rule also makes the rows that the next ones only add to.
    await costOf([...deliveries('/webhooks/stripe', 'ignored', 0, 1), await ticket('1.00', 1)])
    const [once] = deliveries('/webhooks/stripe', 'ignored', 1, 1)
    const ignored = await costOf([once!])
    const again = await costOf([once!])
    const held = await costOf([await ticket('300.00', 2)])
    const adjusted = await costOf([await ticket('12.34', 3)])
    const slug = await slugOf((await lastInvoice(app.port)) ?? '', 0, LINK_KEY)
    const first = await costOf([click(`/i/${slug}`)])
    const warm = await costOf([click(`/i/${slug}`)])
    return [
      ...figuresOf('ignored', ignored, { rows: '≤ 4', dollars: '≤ 5' }),
      ...figuresOf('delivered again', again, { rows: '0' }),
      ...figuresOf('held', held),
      ...figuresOf('adjusted and invoiced', adjusted, { rows: '≤ 20', dollars: '≤ 25' }),
      ...figuresOf('first click', first),
      ...figuresOf('click', warm, { rows: '0' }),
    ]
  } finally {
    await app.stop()
    stub.stop()
  }
}

async function lastInvoice(port: number): Promise<string | undefined> {
  const headers = { 'x-api-key': OPERATOR_KEY }
  const answer = await fetch(`http://${HOST}:${port}/api/v1/links?limit=1`, { headers })
  const { data } = (await answer.json()) as { data: readonly { invoiceId: string }[] }
  return data[0]?.invoiceId
}

function figuresOf(
  what: string,
  count: Count,
  target: { readonly rows?: string; readonly dollars?: string } = {},
): Figure[] {
  const how = 'counted by D1 and the Worker'
  const operations = count.messages * PER_MESSAGE
  const dollars =
    count.rowsWritten * DOLLARS.rowWritten +
    count.rowsRead * DOLLARS.rowRead +
    operations * DOLLARS.queueOperation +
    // The request itself, and each batch that the queue hands over.
    (1 + count.messages) * DOLLARS.request
  const of = (name: string, value: number, unit: string, wanted: string | null = null): Figure =>
    exact(value, { name: `${what}: ${name}`, unit, target: wanted, how })
  return [
    of('rows written', count.rowsWritten, 'rows', target.rows ?? null),
    of('rows read', count.rowsRead, 'rows'),
    of('statements', count.statements, 'statements'),
    of('subrequests', count.calls + count.sends + count.fetches, 'calls'),
    of('queue operations', operations, 'operations'),
    of('bytes of messages', count.bytes, 'bytes'),
    exact(rounded(dollars), {
      name: `${what}: a million`,
      unit: 'dollars',
      target: target.dollars ?? null,
      how: 'rows, queue operations and requests at list price',
    }),
  ]
}
