// `npm run fuzz -- [--http] [--count 1000000] [--seed N]`: malformed deliveries through the code that
// guards the door, or, with --http, through the whole Worker in workerd. Prints what became of them and
// how long the slowest took; exits 1 on the first broken promise.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzz, type FuzzReport } from './fuzz-deliveries.ts'
import { fuzzHttp } from './fuzz-http.ts'
import { ROOT } from './project.ts'
import { readVectors } from './run-vector.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const COUNT_DEFAULT = 50_000
const COUNT_OVER_HTTP_DEFAULT = 2_000

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string' },
      seed: { type: 'string' },
      http: { type: 'boolean', default: false },
    },
  })
  const standard = values.http ? COUNT_OVER_HTTP_DEFAULT : COUNT_DEFAULT
  const count = Number(values.count ?? standard)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed) || count < 1) {
    throw new Trouble('--count and --seed are whole numbers')
  }
  console.log(`seed ${seed}, ${count} requests`)
  const startedAt = performance.now()
  const report = values.http ? await overHttp(seed, count) : await inProcess(seed, count)
  const sorted = [...report.outcomes].toSorted(([, a], [, b]) => b - a)
  for (const [outcome, times] of sorted) console.log(`${String(times).padStart(9)}  ${outcome}`)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  const { slowestMs, slowestBodyBytes } = report
  console.log(`${seconds} s; the slowest ${slowestMs.toFixed(1)} ms, of ${slowestBodyBytes} bytes`)
}

function inProcess(seed: number, count: number): Promise<FuzzReport> {
  const file = join(ROOT, 'test', 'fixtures', 'vectors.json')
  return fuzz(readVectors(readFileSync(file, 'utf8')), seed, count)
}

async function overHttp(seed: number, count: number): Promise<FuzzReport> {
  const report = await fuzzHttp(seed, count)
  console.log(
    `alive; ${report.events} events recorded, ${report.logLines} log lines, none of a body`,
  )
  return report
}

try {
  await run()
} catch (error) {
  console.error(tellTrouble(error), error instanceof Error ? (error.cause ?? '') : '')
  process.exitCode = 1
}
