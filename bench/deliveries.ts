// Signed deliveries as their senders write them, each with ids of its own, as the bytes of a request.

import { createHmac, randomBytes } from 'node:crypto'
import { HOST } from '../scripts/ports.ts'
import { readSample } from '../scripts/samples.ts'

export const STRIPE_SECRET = `whsec_${randomBytes(24).toString('hex')}`

const SAMPLE = readSample('stripe', 'refund.created').text

/** `adjusted`: makes an invoice. `ignored`: a refund that isn't through yet. */
export type Kind = 'adjusted' | 'ignored'

/** Each has as many adjustments as any other: a limit adds up those of one customer. */
export const CUSTOMERS = 100

/** The bodies are the vendor's sample, 1.3 kB long; ids, the customer and the refund's status differ. */
export function refundBody(kind: Kind, nth: number): string {
  const event = JSON.parse(SAMPLE)
  event.id = `evt_bench_${kind}_${nth}`
  event.data.object.id = `re_bench_${kind}_${nth}`
  event.data.object.metadata.commet_customer = `acme-${nth % CUSTOMERS}`
  event.data.object.status = kind === 'adjusted' ? 'succeeded' : 'pending'
  return JSON.stringify(event)
}

/** `from`: the number of the first; no two deliveries of one run share a number. */
export function deliveries(path: string, kind: Kind, from: number, count: number): Buffer[] {
  const seconds = Math.floor(Date.now() / 1_000)
  return Array.from({ length: count }, (_, nth) => {
    const body = refundBody(kind, from + nth)
    const v1 = createHmac('sha256', STRIPE_SECRET).update(`${seconds}.${body}`).digest('hex')
    return post(path, { 'stripe-signature': `t=${seconds},v1=${v1}` }, body)
  })
}

/** Of what is signed with another secret. */
export async function isRefused(port: number): Promise<boolean> {
  const seconds = Math.floor(Date.now() / 1_000)
  const { status } = await fetch(`http://${HOST}:${port}/webhooks/stripe`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': `t=${seconds},v1=${'0'.repeat(64)}`,
    },
    body: refundBody('adjusted', -1),
  })
  return status === 401
}

export function post(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Buffer {
  const lines = Object.entries({
    host: 'bench.localhost',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A person's click. */
export const click = (path: string): Buffer =>
  Buffer.from(
    `GET ${path} HTTP/1.1\r\nhost: bench.localhost\r\nuser-agent: ${BROWSER}\r\naccept: text/html\r\n\r\n`,
  )
