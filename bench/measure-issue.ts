// From deliveries to invoices: until the billing stub has one for each, whoever makes them.

import { setTimeout as sleep } from 'node:timers/promises'
import { deliveries } from './deliveries.ts'
import { exact, rounded, type Figure } from './figures.ts'
import { sendAll } from './load.ts'
import { memoryMib } from './process.ts'
import { installPeers, startPeer, startStub, type Stub } from './programs.ts'
import { startMakegood, type Target } from './targets.ts'

const CONNECTIONS = 64
const LOOK_EVERY_MS = 20
const DRAIN_MS_MAX = 300_000

export async function measureIssue(folder: string, events: number): Promise<Figure[]> {
  await installPeers()
  const stub = await startStub()
  const starts = [
    ['Makegood', () => startMakegood(folder, stub.url)],
    ['Express', () => startPeer('express', folder, stub.url)],
  ] as const
  const figures: Figure[] = []
  try {
    for (const [name, start] of starts) {
      const target = await start()
      try {
        const seconds = await drain(stub, target, events)
        const how = `${events} deliveries over ${CONNECTIONS} connections, until the last invoice`
        figures.push(
          exact(rounded(seconds), { name: `${name}: time to drain`, unit: 's', how }),
          exact(rounded(events / seconds), { name: `${name}: to invoices`, unit: 'events/s', how }),
        )
      } finally {
        await target.stop()
      }
    }
    return figures
  } finally {
    stub.stop()
  }
}

async function drain(stub: Stub, target: Target, events: number): Promise<number> {
  const before = (await stub.told()).invoices
  const requests = deliveries('/webhooks/stripe', 'adjusted', 0, events)
  const startedAt = Date.now()
  await sendAll(requests, { port: target.port, connections: CONNECTIONS })
  for (;;) {
    const { invoices, lastAt } = await stub.told()
    if (invoices - before >= events) return (lastAt - startedAt) / 1_000
    if (Date.now() - startedAt > DRAIN_MS_MAX) throw new Error(`only ${invoices - before} invoices`)
    await sleep(LOOK_EVERY_MS)
  }
}

const SLICES = 10

/** After each tenth of the events: flat is what doesn't rise with them. */
export async function measureMemory(folder: string, events: number): Promise<Figure[]> {
  const target = await startMakegood(folder, 'http://127.0.0.1:9')
  const slice = Math.ceil(events / SLICES)
  try {
    const figures: Figure[] = []
    for (let nth = 0; nth < SLICES; nth += 1) {
      const requests = deliveries('/webhooks/stripe', 'ignored', nth * slice, slice)
      const { latenciesMs, seconds } = await sendAll(requests, {
        port: target.port,
        connections: 64,
      })
      const mib = memoryMib(target.pid)
      if (nth !== 0 && nth !== SLICES - 1) continue
      const after = `after ${(nth + 1) * slice} events`
      const how = 'resident memory of workerd, the local D1 in it'
      if (mib !== null) figures.push(exact(rounded(mib), { name: after, unit: 'MiB', how }))
      figures.push(
        exact(rounded(latenciesMs.length / seconds), {
          name: `speed ${after}`,
          unit: 'deliveries/s',
          how: `the last ${slice} of them over 64 connections`,
        }),
      )
    }
    return figures
  } finally {
    await target.stop()
  }
}
