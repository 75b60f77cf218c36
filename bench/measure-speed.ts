// Acknowledged deliveries: ours between the limit of the runtime, the limit of the job, and the peers. In each round
// everyone has his turn, so that what else the machine does slows all of them.

import { deliveries } from './deliveries.ts'
import { ofRounds, percentile, ratios, type Figure } from './figures.ts'
import { sendAll, type LoadResult } from './load.ts'
import { installPeers, startPeer, startStub } from './programs.ts'
import { cpuSeconds } from './process.ts'
import { startBare, startMakegood, startOneRow, type Target } from './targets.ts'

export type Effort = { readonly rounds: number; readonly perRound: number }

const CONNECTIONS = [1, 16, 64]
const FIXED_PER_SECOND = 50
const OTHERS = ['bare', 'one row', 'Express'] as const

type Turn = { readonly result: LoadResult; readonly cpuMs: number | null }

export async function measureSpeed(folder: string, effort: Effort): Promise<Figure[]> {
  await installPeers()
  const stub = await startStub()
  const targets = new Map<string, Target>([
    ['Makegood', await startMakegood(folder, stub.url)],
    ['bare', await startBare(folder)],
    ['one row', await startOneRow(folder)],
    ['Express', await startPeer('express', folder, stub.url)],
  ])
  try {
    const next = numbers(effort.perRound)
    for (const target of targets.values()) await turnOf(target, next(), effort.perRound, 8)
    const figures: Figure[] = []
    for (const connections of CONNECTIONS) {
      const turns = await roundsOf(targets, effort, connections, next)
      figures.push(...figuresOf(turns, effort, `${connections} connections`))
    }
    const ours = targets.get('Makegood')!
    figures.push(...(await atFixedRate(ours, effort, next)))
    return figures
  } finally {
    await Promise.all([...targets.values()].map((target) => target.stop()))
    stub.stop()
  }
}

/** No two deliveries of a run share a number. */
function numbers(step: number): () => number {
  let last = 0
  return () => (last += step)
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

async function roundsOf(
  targets: ReadonlyMap<string, Target>,
  { rounds, perRound }: Effort,
  connections: number,
  next: () => number,
): Promise<ReadonlyMap<string, readonly Turn[]>> {
  const turns = new Map<string, Turn[]>([...targets.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, target] of targets) {
      turns.get(name)!.push(await turnOf(target, next(), perRound, connections))
    }
  }
  return turns
}

const perSecondOf = (turns: readonly Turn[]): number[] =>
  turns.map(({ result }) => result.latenciesMs.length / result.seconds)

function figuresOf(
  turns: ReadonlyMap<string, readonly Turn[]>,
  { rounds, perRound }: Effort,
  where: string,
): Figure[] {
  const how = `${rounds} rounds of ${perRound} deliveries, each in turn`
  const ours = turns.get('Makegood')!
  const rates = [...turns].map(([name, of]) =>
    ofRounds(perSecondOf(of), { name: `${name}, ${where}`, unit: 'deliveries/s', how }),
  )
  const compared = OTHERS.map((name) => {
    const target = name === 'one row' && where !== '16 connections' ? { target: '≥ 0.8' } : {}
    return ofRounds(ratios(perSecondOf(ours), perSecondOf(turns.get(name)!)), {
      name: `Makegood over ${name}, ${where}`,
      unit: 'times',
      how: `ratio of each round; ${how}`,
      ...(name === 'Express' ? { target: '> 1' } : target),
    })
  })
  return [...rates, ...compared, ...latenciesOf(ours, where, how), ...cpuOf(turns, where, how)]
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

async function atFixedRate(ours: Target, effort: Effort, next: () => number): Promise<Figure[]> {
  const turns: Turn[] = []
  for (let round = 0; round < effort.rounds; round += 1) {
    turns.push(await turnOf(ours, next(), effort.perRound, 64, FIXED_PER_SECOND))
  }
  const where = `${FIXED_PER_SECOND}/s`
  return latenciesOf(turns, where, 'open loop, from when each was due')
}
