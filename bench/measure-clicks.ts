// Clicks on one short link: beside a bare redirect.

import { slugOf } from '../src/domain/link.ts'
import { HOST } from '../scripts/ports.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { click, deliveries } from './deliveries.ts'
import { ofRounds, ratios, type Figure } from './figures.ts'
import { sendAll } from './load.ts'
import type { Effort } from './measure-speed.ts'
import { startStub } from './programs.ts'
import { LINK_KEY, OPERATOR_KEY, startBare, startMakegood, type Target } from './targets.ts'

const LINKS = 200
const CLICKS = 2_000
const CONNECTIONS = 64
/** Longer than an isolate believes a link's row. */
const COLD_AGAIN_MS = 1_100

export async function measureClicks(folder: string, effort: Effort): Promise<Figure[]> {
  const stub = await startStub()
  const app = await startMakegood(folder, stub.url)
  const bare = await startBare(folder)
  try {
    const requests = await makeLinks(app)
    await clicksPerSecond(app, requests)
    const [hot, plain, warm]: [number[], number[], number[]] = [[], [], []]
    const many = Array.from({ length: Math.ceil(CLICKS * effort.share) }, () => requests[0]!)
    for (let round = 0; round < effort.rounds; round += 1) {
      hot.push(await clicksPerSecond(app, many))
      plain.push(await clicksPerSecond(bare, many))
      await sleep(COLD_AGAIN_MS)
      warm.push(await clicksPerSecond(app, requests))
    }
    const how = `${effort.rounds} rounds in turn, ${CONNECTIONS} connections`
    return [
      ofRounds(hot, { name: 'one hot link', unit: 'clicks/s', how }),
      ofRounds(warm, { name: `${LINKS} warm links, once each`, unit: 'clicks/s', how }),
      ofRounds(plain, { name: 'a bare 302', unit: 'clicks/s', how }),
      ofRounds(ratios(hot, plain), {
        name: 'hot over a bare 302',
        unit: 'times',
        how: `ratio of each round; ${how}`,
        target: '≥ 0.8',
      }),
    ]
  } finally {
    await Promise.all([app.stop(), bare.stop()])
    stub.stop()
  }
}

async function clicksPerSecond({ port }: Target, requests: readonly Buffer[]): Promise<number> {
  const result = await sendAll(requests, { port, connections: CONNECTIONS })
  if (result.statuses[302] !== requests.length) {
    throw new Error(`not all were led on: ${JSON.stringify(result.statuses)}`)
  }
  return requests.length / result.seconds
}

async function makeLinks({ port }: Target): Promise<Buffer[]> {
  const requests = deliveries('/webhooks/stripe', 'adjusted', 0, LINKS)
  await sendAll(requests, { port, connections: CONNECTIONS })
  const invoices = new Set<string>()
  for (let looks = 0; looks < 60 && invoices.size < LINKS; looks += 1) {
    await sleep(1_000)
    for (const invoice of await invoicesWithLinks(port)) invoices.add(invoice)
  }
  return Promise.all(
    [...invoices].map(async (invoice) => click(`/i/${await slugOf(invoice, 0, LINK_KEY)}`)),
  )
}

async function invoicesWithLinks(port: number): Promise<string[]> {
  const headers = { 'x-api-key': OPERATOR_KEY }
  const found: string[] = []
  let cursor = ''
  for (;;) {
    const address = `http://${HOST}:${port}/api/v1/links?limit=100${cursor}`
    const page = (await (await fetch(address, { headers })).json()) as {
      readonly data: readonly { readonly invoiceId: string }[]
      readonly nextCursor?: string
    }
    found.push(...page.data.map(({ invoiceId }) => invoiceId))
    if (page.nextCursor === undefined) return found
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`
  }
}
