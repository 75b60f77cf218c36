// `npm run fuzz -- [--count 1000000] [--seed N]`: malformed deliveries through the code that guards the
// door. Prints what became of them and how long the slowest took; exits 1 on the first broken promise.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz-deliveries.ts'
import { ROOT } from './project.ts'
import { readVectors } from './run-vector.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const COUNT_DEFAULT = '50000'

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: COUNT_DEFAULT }, seed: { type: 'string' } },
  })
  const [count, seed] = [Number(values.count), Number(values.seed ?? Date.now() % 1_000_000)]
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed) || count < 1) {
    throw new Trouble('--count and --seed are whole numbers')
  }
  console.log(`seed ${seed}, ${count} requests`)
  const startedAt = performance.now()
  const file = join(ROOT, 'test', 'fixtures', 'vectors.json')
  const report = await fuzz(readVectors(readFileSync(file, 'utf8')), seed, count)
  const sorted = [...report.outcomes].toSorted(([, a], [, b]) => b - a)
  for (const [outcome, times] of sorted) console.log(`${String(times).padStart(9)}  ${outcome}`)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  const { slowestMs, slowestBodyBytes } = report
  console.log(`${seconds} s; the slowest ${slowestMs.toFixed(1)} ms, of ${slowestBodyBytes} bytes`)
}

try {
  await run()
} catch (error) {
  console.error(tellTrouble(error), error instanceof Error ? (error.cause ?? '') : '')
  process.exitCode = 1
}
