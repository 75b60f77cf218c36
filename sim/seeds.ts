// Many seeds, on as many threads as are wanted: each is a run of its own, whatever ran before it.

import * as path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FaultKind } from './scenario.ts'
import { simulate, type Run } from './simulate.ts'

/** What every seed of a thread is run with; it is told the seeds one by one. */
export type Work = { readonly eventCount: number; readonly faults: ReadonlySet<FaultKind> }

export type SeedsOptions = Work & {
  readonly firstSeed: number
  readonly seeds: number
  readonly jobs: number
  /** Each run as it ends; answers whether the others shall still be done. */
  readonly onRun: (run: Run) => boolean
}

const THREAD = path.join(import.meta.dirname, 'thread.ts')
/** Much is made and soon forgotten; with the default a tenth of the time is spent on collecting it. */
const YOUNG_MIB = 128

export async function runSeeds(options: SeedsOptions): Promise<void> {
  const { firstSeed, seeds, jobs, eventCount, faults, onRun } = options
  if (jobs === 1 || seeds === 1) {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      if (!onRun(await simulate({ seed, eventCount, faults }))) return
    }
    return
  }
  let next = firstSeed
  const threads: Worker[] = []
  const stop = (): void => {
    next = firstSeed + seeds
    for (const thread of threads) void thread.terminate()
  }
  const work: Work = { eventCount, faults }
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MIB }
      const thread = new Worker(THREAD, { workerData: work, resourceLimits })
      threads.push(thread)
      const give = (): void => {
        if (next < firstSeed + seeds) thread.postMessage(next++)
        else void thread.terminate()
      }
      thread.on('message', (done: Run) => {
        if (onRun(done)) give()
        else stop()
      })
      thread.on('error', reject)
      thread.on('exit', () => resolve())
      give()
    })
  await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, run))
}
