// From deliveries to invoices: until the billing stub has one for each, whoever makes them.

import { setTimeout as sleep } from 'node:timers/promises'
import { exact, ofRounds, ratios, rounded, type Figure } from './figures.ts'
import type { Effort } from './measure-speed.ts'
import { installPeers, startPeer, startStub, type Stub } from './programs.ts'
import { CONNECTIONS, sendDeliveries } from './send-deliveries.ts'
import { startMakegood, type Target } from './targets.ts'

const PER_TURN = 100
const DRAINED = 10_000
const LOOK_EVERY_MS = 10
const DRAIN_MS_MAX = 900_000
/** Who makes an invoice too many does so soon. */
const SETTLE_MS = 500

export async function measureIssue(folder: string, { rounds, share }: Effort): Promise<Figure[]> {
  await installPeers()
  const stub = await startStub()
  const targets = new Map<string, Target>()
  const perTurn = Math.ceil(PER_TURN * share)
  const drained = Math.ceil(DRAINED * share ** 2)
  try {
    targets.set('Makegood', await startMakegood(folder, stub.url))
    targets.set('Express', await startPeer('express', folder, stub.url))
    targets.set('Node-RED', await startPeer('node-red', folder, stub.url))
    const rates = new Map<string, number[]>([...targets.keys()].map((name) => [name, []]))
    let from = 0
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, target] of round % 2 === 0 ? [...targets] : [...targets].toReversed()) {
        const seconds = await drain(stub, target, from, perTurn)
        if (round > 0) rates.get(name)!.push(perTurn / seconds)
        from += perTurn
      }
    }
    const seconds = await drain(stub, targets.get('Makegood')!, from, drained)
    await sleep(SETTLE_MS)
    const { invoices } = await stub.told()
    if (invoices !== from + drained) throw new Error(`${invoices} invoices of ${from + drained}`)
    return [
      ...comparedOf(rates, `${rounds} rounds of ${perTurn} deliveries, until the last invoice`),
      ...drainedOf(drained, seconds),
    ]
  } finally {
    await Promise.all([...targets.values()].map((target) => target.stop()))
    stub.stop()
  }
}

function comparedOf(rates: ReadonlyMap<string, readonly number[]>, how: string): Figure[] {
  const ours = rates.get('Makegood')!
  return [
    ...[...rates].map(([name, of]) =>
      ofRounds(of, { name: `${name}: events to invoices`, unit: 'events/s', how }),
    ),
    ...['Express', 'Node-RED'].map((name) =>
      ofRounds(ratios(ours, rates.get(name)!), {
        name: `Makegood over ${name}`,
        unit: 'times',
        how: `ratio of each round; ${how}`,
        // Node-RED keeps nothing, so its promise is another one.
        target: name === 'Express' ? '> 1' : null,
      }),
    ),
  ]
}

function drainedOf(events: number, seconds: number): Figure[] {
  const how = `${events} deliveries over ${CONNECTIONS} connections, until the last invoice`
  return [
    exact(rounded(seconds), { name: `Makegood: time to drain ${events}`, unit: 's', how }),
    exact(rounded(events / seconds), { name: 'Makegood: drained', unit: 'events/s', how }),
  ]
}

/** Seconds from the first byte of a delivery to the last invoice. */
async function drain(stub: Stub, target: Target, from: number, events: number): Promise<number> {
  const before = (await stub.told()).invoices
  const startedAt = Date.now()
  await sendDeliveries(target.port, 'adjusted', from, events)
  for (;;) {
    const { invoices, lastAt } = await stub.told()
    const made = invoices - before
    if (made > events) throw new Error(`${made} invoices for ${events} events`)
    if (made === events) return (lastAt - startedAt) / 1_000
    if (Date.now() - startedAt > DRAIN_MS_MAX) throw new Error(`only ${made} invoices`)
    await sleep(LOOK_EVERY_MS)
  }
}
