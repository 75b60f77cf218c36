// A receiver of webhooks: it keeps what arrives, and answers as a test tells it.
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { vi } from 'vitest'
import { freePort } from './running-sandbox.ts'
import type { Json } from './running-sandbox.ts'

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

export type Receiver = {
  readonly url: string
  /** The status of the next answers. */
  answer: number
  /** Retry-After of the next answers; null for none. */
  retryAfter: string | null
  /** Where it is set, it decides when the receiver answers. */
  held: ((answerNow: () => void) => void) | null
  received: Received[]
  bodies(): Json[]
  arrived(count: number): Promise<unknown>
  /** Back to an empty receiver that answers 200. */
  forget(): void
  stop(): Promise<unknown>
}

export async function startReceiver(): Promise<Receiver> {
  const port = await freePort()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    receiver.received.push({ headers: request.headers, body })
    const { answer, held, retryAfter } = receiver
    const answerNow = () => {
      const headers = {
        ...(answer === 302 ? { location: '/elsewhere' } : {}),
        ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
      }
      response.writeHead(answer, headers).end()
    }
    if (held === null) answerNow()
    else held(answerNow)
  })
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    answer: 200,
    retryAfter: null,
    held: null,
    received: [],
    bodies: () => receiver.received.map(({ body }) => JSON.parse(body)),
    arrived: (count) => vi.waitUntil(() => receiver.received.length >= count, { timeout: 5000 }),
    forget() {
      Object.assign(receiver, { answer: 200, retryAfter: null, held: null, received: [] })
    },
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return receiver
}
