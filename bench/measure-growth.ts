// How it is with ten and a hundred times the events: what is acknowledged, what is read, what it remembers, what it keeps.

import { HOST } from '../scripts/ports.ts'
import { CUSTOMERS, type Kind } from './deliveries.ts'
import { exact, ofRounds, rounded, type Figure } from './figures.ts'
import type { Count } from './measure-counts.ts'
import { memoryMib } from './process.ts'
import { startStub } from './programs.ts'
import { CONNECTIONS, sendDeliveries } from './send-deliveries.ts'
import { databaseOf, startWithCounting, type Runtime } from './targets.ts'

const GROWN = [1, 10, 100]
const ADJUSTED = 200
const ROUNDS = 9
/** At the end of each size, measured in rounds. */
const LAST_SHARE = 0.9

type World = Runtime & { readonly countingPort: number }

/** @param least events in the smallest size; the largest is a hundred times that */
export async function measureGrowth(folder: string, least: number): Promise<Figure[]> {
  const stub = await startStub()
  const world = await startWithCounting(folder, stub.url)
  try {
    const figures: Figure[] = [await adjustedBytes(world)]
    let events = 0
    const [bytesBefore, eventsBefore] = [await databaseBytes(world), events]
    for (const times of GROWN) {
      const wanted = least * times
      const plain = wanted - events - Math.ceil(least * LAST_SHARE)
      if (plain > 0) await send(world.port, events, plain)
      events += Math.max(0, plain)
      figures.push(...(await figuresAt(world, events, wanted)))
      events = wanted
    }
    const bytes = ((await databaseBytes(world)) - bytesBefore) / (events - eventsBefore)
    const how = `size of the database after ${events} events, over their number`
    return [
      ...figures,
      exact(rounded(bytes), { name: 'stored of an ignored event', unit: 'bytes', how }),
    ]
  } finally {
    await world.stop()
    stub.stop()
  }
}

/** Sends what is missing up to `wanted` in rounds, and looks. */
async function figuresAt(world: World, from: number, wanted: number): Promise<Figure[]> {
  const perRound = Math.max(1, Math.floor((wanted - from) / ROUNDS))
  const rates: number[] = []
  for (let sent = from; sent < wanted; sent += perRound) {
    const count = Math.min(perRound, wanted - sent)
    rates.push(count / (await send(world.port, sent, count)))
  }
  const mib = memoryMib(world.pid)
  const after = `after ${wanted} events`
  const how = `the last ${wanted - from} in rounds, ${CONNECTIONS} connections`
  const [ignored, adjusted] = [await rowsOf(world, 'ignored'), await rowsOf(world, 'adjusted')]
  const rows = (name: string, { rowsRead, rowsWritten }: Count): Figure[] => [
    exact(rowsRead, { name: `${name}: rows read, ${after}`, unit: 'rows', how: 'counted by D1' }),
    exact(rowsWritten, {
      name: `${name}: rows written, ${after}`,
      unit: 'rows',
      how: 'counted by D1',
    }),
  ]
  return [
    ofRounds(rates, { name: `acknowledged ${after}`, unit: 'deliveries/s', how }),
    ...rows('ignored', ignored),
    ...rows('adjusted', adjusted),
    ...(mib === null
      ? []
      : [
          exact(rounded(mib), {
            name: `memory ${after}`,
            unit: 'MiB',
            how: 'resident, of workerd',
          }),
        ]),
  ]
}

let counted = 1_000_000

/** Of one more event, of another that has been counted before: the first of an isolate also keeps its rules. */
async function rowsOf(world: World, kind: Kind): Promise<Count> {
  // All are of one customer, who is known from the second on.
  await send(world.countingPort, (counted += CUSTOMERS), 1, kind)
  await count(world)
  await send(world.countingPort, (counted += CUSTOMERS), 1, kind)
  return count(world)
}

async function adjustedBytes(world: World): Promise<Figure> {
  await rowsOf(world, 'adjusted')
  const before = await databaseBytes(world)
  await send(world.countingPort, counted + 1, ADJUSTED, 'adjusted')
  counted += ADJUSTED
  const { ends } = await count(world)
  if (ends.length !== ADJUSTED) throw new Error(`${ends.length} adjustments of ${ADJUSTED}`)
  const bytes = ((await databaseBytes(world)) - before) / ADJUSTED
  const how = `what the database grew by with ${ADJUSTED} of them, over their number`
  return exact(rounded(bytes), {
    name: 'stored of an adjusted event, with its invoice',
    unit: 'bytes',
    how,
  })
}

const count = async ({ countingPort }: World): Promise<Count> =>
  (await fetch(`http://${HOST}:${countingPort}/count`)).json() as Promise<Count>

const send = (
  port: number,
  from: number,
  events: number,
  kind: Kind = 'ignored',
): Promise<number> => sendDeliveries(port, kind, from, events)

async function databaseBytes({ runtime }: World): Promise<number> {
  const { meta } = await (await databaseOf(runtime)).prepare('SELECT 1').run()
  return meta.size_after
}
