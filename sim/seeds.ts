// Many seeds, on as many threads as are wanted: each is a run of its own, whatever ran before it.

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { FaultKind } from './scenario.ts'
import { simulate, type Run } from './simulate.ts'

type Work = {
  readonly seeds: readonly number[]
  readonly eventCount: number
  readonly faults: ReadonlySet<FaultKind>
}

export type SeedsOptions = {
  readonly firstSeed: number
  readonly seeds: number
  readonly eventCount: number
  readonly faults: ReadonlySet<FaultKind>
  readonly jobs: number
  /** Each run as it ends; answers whether the others shall still be done. */
  readonly onRun: (run: Run) => boolean
}

export async function runSeeds(options: SeedsOptions): Promise<void> {
  const { firstSeed, seeds, jobs, eventCount, faults, onRun } = options
  const all = Array.from({ length: seeds }, (_, position) => firstSeed + position)
  if (jobs === 1) {
    for (const seed of all) if (!onRun(await simulate({ seed, eventCount, faults }))) return
    return
  }
  const threads = Array.from({ length: jobs }, (_, thread) => {
    const own = all.filter((_seed, position) => position % jobs === thread)
    const work: Work = { seeds: own, eventCount, faults }
    return new Worker(import.meta.filename, { workerData: work })
  })
  const stop = (): void => threads.forEach((thread) => void thread.terminate())
  await Promise.all(
    threads.map(
      (thread) =>
        new Promise<void>((resolve, reject) => {
          thread.on('message', (run: Run) => {
            if (!onRun(run)) stop()
          })
          thread.on('error', reject)
          thread.on('exit', () => resolve())
        }),
    ),
  )
}

if (!isMainThread && parentPort !== null) {
  const { seeds, eventCount, faults }: Work = workerData
  Error.stackTraceLimit = 0
  for (const seed of seeds) parentPort.postMessage(await simulate({ seed, eventCount, faults }))
}
