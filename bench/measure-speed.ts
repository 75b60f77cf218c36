// Acknowledged deliveries: ours between the limit of the runtime, the limit of the job, and the peers. In each round
// everyone has his turn, so that what else the machine does slows all of them.

import { deliveries, isRefused } from './deliveries.ts'
import { ofRounds, percentile, ratios, type Figure } from './figures.ts'
import { sendAll, type LoadResult } from './load.ts'
import { installPeers, startPeer, startStub } from './programs.ts'
import { cpuSeconds } from './process.ts'
import { startBare, startMakegood, startOneRow, type Target } from './targets.ts'

/** `share`: of the deliveries of a whole run's round. */
export type Effort = { readonly rounds: number; readonly share: number }

/** In one turn: a second or two of the slowest on two cores. */
const PER_TURN: readonly (readonly [connections: number, deliveries: number])[] = [
  [1, 100],
  [16, 300],
  [64, 600],
]
const FIXED_PER_SECOND = 50
const FIXED_COUNT = 150
const WARM_UP = 200
const OTHERS = ['a bare Worker', 'one row', 'Express', 'Node-RED'] as const
/** It keeps nothing, so it has nothing to compare with. */
const KEEPS_NOTHING: readonly string[] = ['a bare Worker', 'Node-RED']

type Turn = { readonly result: LoadResult; readonly cpuMs: number | null }

export async function measureSpeed(folder: string, effort: Effort): Promise<Figure[]> {
  await installPeers()
  const stub = await startStub()
  const targets = new Map<string, Target>()
  try {
    targets.set('Makegood', await startMakegood(folder, stub.url))
    targets.set('a bare Worker', await startBare(folder))
    targets.set('one row', await startOneRow(folder))
    targets.set('Express', await startPeer('express', folder, stub.url))
    targets.set('Node-RED', await startPeer('node-red', folder, stub.url))
    const next = numbers()
    for (const [name, target] of targets) {
      await turnOf(target, next(WARM_UP), WARM_UP, 16)
      if (name !== 'a bare Worker' && !(await isRefused(target.port))) {
        throw new Error(`${name} acknowledges what is signed with another secret`)
      }
    }
    const figures: Figure[] = []
    for (const [connections, whole] of PER_TURN) {
      const perTurn = Math.ceil(whole * effort.share)
      const turns = await roundsOf(targets, effort.rounds, perTurn, connections, next)
      const where = `${connections} ${connections === 1 ? 'connection' : 'connections'}`
      const how = `${effort.rounds} rounds of ${perTurn} deliveries, each in turn`
      figures.push(...figuresOf(turns, how, where))
    }
    figures.push(...(await atFixedRate(targets.get('Makegood')!, effort, next)))
    if ((await stub.told()).invoices > 0) throw new Error('an ignored event has made an invoice')
    return figures
  } finally {
    await Promise.all([...targets.values()].map((target) => target.stop()))
    stub.stop()
  }
}

/** The first of so many; no two deliveries of a run share a number. */
function numbers(): (count: number) => number {
  let last = 0
  return (count) => (last += count) - count
}

async function turnOf(
  target: Target,
  from: number,
  count: number,
  connections: number,
  perSecond?: number,
): Promise<Turn> {
  const requests = deliveries('/webhooks/stripe', 'ignored', from, count)
  const before = cpuSeconds(target.pid)
  const rate = perSecond === undefined ? {} : { perSecond }
  const result = await sendAll(requests, { port: target.port, connections, ...rate })
  const after = cpuSeconds(target.pid)
  if (result.statuses[202] !== count) {
    throw new Error(`not all were acknowledged: ${JSON.stringify(result.statuses)}`)
  }
  const cpuMs = before === null || after === null ? null : ((after - before) * 1_000) / count
  return { result, cpuMs }
}

/** Who begins changes from round to round. */
async function roundsOf(
  targets: ReadonlyMap<string, Target>,
  rounds: number,
  perTurn: number,
  connections: number,
  next: (count: number) => number,
): Promise<ReadonlyMap<string, readonly Turn[]>> {
  const turns = new Map<string, Turn[]>([...targets.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? [...targets] : [...targets].toReversed()
    for (const [name, target] of order) {
      turns.get(name)!.push(await turnOf(target, next(perTurn), perTurn, connections))
    }
  }
  return turns
}

const perSecondOf = (turns: readonly Turn[]): number[] =>
  turns.map(({ result }) => result.latenciesMs.length / result.seconds)

function figuresOf(
  turns: ReadonlyMap<string, readonly Turn[]>,
  how: string,
  where: string,
): Figure[] {
  const ours = turns.get('Makegood')!
  const rates = [...turns].map(([name, of]) =>
    ofRounds(perSecondOf(of), { name: `${name}, ${where}`, unit: 'deliveries/s', how }),
  )
  const compared = OTHERS.map((name) =>
    ofRounds(ratios(perSecondOf(ours), perSecondOf(turns.get(name)!)), {
      name: `Makegood over ${name}, ${where}`,
      unit: 'times',
      how: `ratio of each round; ${how}`,
      target: targetOver(name, where),
    }),
  )
  return [...rates, ...compared, ...latenciesOf(ours, where, how), ...cpuOf(turns, where, how)]
}

function targetOver(name: string, where: string): string | null {
  if (KEEPS_NOTHING.includes(name)) return null
  if (name === 'Express') return '> 1'
  return where === '16 connections' ? null : '≥ 0.8'
}

const SHARES = [
  ['p50', 0.5],
  ['p99', 0.99],
  ['max', 1],
] as const

const latenciesOf = (turns: readonly Turn[], where: string, how: string): Figure[] =>
  SHARES.map(([name, share]) =>
    ofRounds(
      turns.map(({ result }) => percentile(result.latenciesMs, share)),
      { name: `Makegood ${name}, ${where}`, unit: 'ms', how },
    ),
  )

/** What another load of the machine changes least. Of the whole process, so also of the local D1. */
const cpuOf = (turns: ReadonlyMap<string, readonly Turn[]>, where: string, how: string): Figure[] =>
  [...turns].flatMap(([name, of]) => {
    const times = of.flatMap(({ cpuMs }) => (cpuMs === null ? [] : [cpuMs]))
    const said = { name: `${name} processor time, ${where}`, unit: 'ms/delivery', how }
    return times.length === 0 ? [] : [ofRounds(times, said)]
  })

async function atFixedRate(
  ours: Target,
  { rounds, share }: Effort,
  next: (count: number) => number,
): Promise<Figure[]> {
  const count = Math.ceil(FIXED_COUNT * share)
  const turns: Turn[] = []
  for (let round = 0; round < rounds; round += 1) {
    turns.push(await turnOf(ours, next(count), count, 64, FIXED_PER_SECOND))
  }
  const how = `${rounds} rounds of ${count} deliveries, open loop, from when each was due`
  return latenciesOf(turns, `${FIXED_PER_SECOND}/s`, how)
}
