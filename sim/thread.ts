// One of the threads that run seeds at the same time: for each seed that it is told, it tells the run.

import './quick-answers.ts'
import './quick-drizzle.ts'
import './without-pages.ts'
import { parentPort, workerData } from 'node:worker_threads'
import type { Work } from './seeds.ts'

Error.stackTraceLimit = 0
const { simulate } = await import('./simulate.ts')
const work: Work = workerData
parentPort?.on('message', (seed: number) => {
  // What rejects ends the thread, and with it the command.
  void simulate({ seed, ...work }).then((run) => parentPort?.postMessage(run))
})
