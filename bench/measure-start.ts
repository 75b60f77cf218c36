// The size of what is uploaded, and what a new process needs until its first answer, over a Worker that does nothing.

import { gzipSync } from 'node:zlib'
import { bundleWorker } from '../scripts/bundle.ts'
import { ENTRY } from '../scripts/project.ts'
import { HOST } from '../scripts/ports.ts'
import * as path from 'node:path'
import { exact, median, ofRounds, rounded, type Figure } from './figures.ts'
import { startBare, startMakegood, type Target } from './targets.ts'

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
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    const own = path.join(folder, `start-${round}`)
    ours.push(await firstAnswerMs(await startMakegood(own, 'http://127.0.0.1:9'), '/healthz'))
    bare.push(await firstAnswerMs(await startBare(own), '/'))
  }
  const how = `first answer of a new process, ${rounds} rounds in turn`
  return [
    ofRounds(ours, { name: 'Makegood', unit: 'ms', how }),
    ofRounds(bare, { name: 'a Worker that does nothing', unit: 'ms', how }),
    exact(rounded(median(ours.map((value, round) => value - bare[round]!))), {
      name: 'over it',
      unit: 'ms',
      target: '≤ 30',
      how: 'median of the differences',
    }),
  ]
}

async function firstAnswerMs(target: Target, place: string): Promise<number> {
  const startedAt = performance.now()
  await (await fetch(`http://${HOST}:${target.port}${place}`, { redirect: 'manual' })).arrayBuffer()
  const ms = performance.now() - startedAt
  await target.stop()
  return ms
}
