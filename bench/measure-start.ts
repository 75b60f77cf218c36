// What a new process needs until its first answer, over a Worker that does nothing: workerd alone, without Miniflare.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { bundleWorker, type WorkerModule } from '../scripts/bundle.ts'
import { HOST } from '../scripts/ports.ts'
import { ENTRY, readWranglerConfig } from '../scripts/project.ts'
import { exact, ofRounds, type Figure } from './figures.ts'
import { threadsMs } from './process.ts'

const KIB = 1_024

export async function measureSize(): Promise<Figure[]> {
  const { modules } = await bundleWorker(ENTRY, 'upload')
  const kib = (found: typeof modules): number =>
    Number((found.reduce((sum, { text }) => sum + gzipSync(text).length, 0) / KIB).toFixed(1))
  const how = 'gzip of each module of the upload'
  return [
    exact(kib(modules.filter(({ isLater }) => !isLater)), {
      name: 'evaluated at once',
      unit: 'KiB',
      target: '≤ 150',
      how,
    }),
    exact(kib(modules), { name: 'in all', unit: 'KiB', how }),
  ]
}

export async function measureStart(folder: string, rounds: number): Promise<Figure[]> {
  const ours = await writeWorker(path.join(folder, 'ours'), 'bench/workers/makegood.ts')
  const empty = await writeWorker(path.join(folder, 'empty'), 'bench/workers/bare.ts')
  const starts: { readonly ours: Start; readonly empty: Start }[] = []
  // The first round brings the files into the system's cache.
  for (let round = 0; round <= rounds; round += 1) {
    const isTurned = round % 2 === 1
    const first = await startOnce(isTurned ? empty : ours)
    const second = await startOnce(isTurned ? ours : empty)
    if (round === 0) continue
    starts.push(isTurned ? { ours: second, empty: first } : { ours: first, empty: second })
  }
  const where = `a new workerd to its first answer, evaluation in it; ${rounds} rounds in turn`
  const figures = (what: string, of: (start: Start) => number, target: string | null): Figure[] => [
    ofRounds(
      starts.map((round) => of(round.ours)),
      { name: `Makegood, ${what}`, unit: 'ms', how: where },
    ),
    ofRounds(
      starts.map((round) => of(round.empty)),
      { name: `a Worker that does nothing, ${what}`, unit: 'ms', how: where },
    ),
    ofRounds(
      starts.map((round) => of(round.ours) - of(round.empty)),
      { name: `over it, ${what}`, unit: 'ms', target, how: `difference of each round; ${where}` },
    ),
  ]
  return [
    ...figures('time', ({ ms }) => ms, '≤ 30'),
    ...figures('processor time', ({ processorMs }) => processorMs, null),
  ]
}

type Start = { readonly ms: number; readonly processorMs: number }

/** As workerd itself reads it; `/healthz` asks none of the bindings. */
async function writeWorker(folder: string, entry: string): Promise<string> {
  const { modules } = await bundleWorker(entry, 'upload')
  const { compatibility_date: date, compatibility_flags: flags } = readWranglerConfig()
  fs.mkdirSync(folder, { recursive: true })
  modules.forEach(({ text }, nth) => fs.writeFileSync(path.join(folder, `${nth}.js`), text))
  const file = path.join(folder, 'config.capnp')
  const listed = modules.map(moduleLine).join(', ')
  fs.writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "${HOST}:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [${listed}],
  compatibilityDate = ${JSON.stringify(date)},
  compatibilityFlags = ${JSON.stringify(flags)}
);
`,
  )
  return file
}

const moduleLine = ({ name }: WorkerModule, nth: number): string =>
  `(name = ${JSON.stringify(name)}, esModule = embed "${nth}.js")`

/** The one that Miniflare runs. */
const WORKERD: string = createRequire(import.meta.resolve('miniflare'))('workerd').default

async function startOnce(config: string): Promise<Start> {
  const startedAt = performance.now()
  const child = spawn(WORKERD, ['serve', config, '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const ended = once(child, 'exit')
  try {
    const port = await Promise.race([portOf(child.stdio[3] as Readable), ended.then(() => null)])
    if (port === null) throw new Error('workerd has ended')
    const answer = await fetch(`http://${HOST}:${port}/healthz`, { redirect: 'manual' })
    await answer.arrayBuffer()
    if (answer.status >= 400) throw new Error(`the first answer is ${answer.status}`)
    const ms = performance.now() - startedAt
    return { ms, processorMs: threadsMs(child.pid ?? 0) ?? 0 }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** A line of JSON for each socket that it listens on. */
async function portOf(control: Readable): Promise<number> {
  const [line] = await once(control, 'data')
  return JSON.parse(String(line)).port
}
