import { FAULT_KINDS } from './scenario.ts'
import { simulate } from './simulate.ts'

const seed = Number(process.argv[2] ?? 1)
const seeds = Number(process.argv[3] ?? 1)
const events = Number(process.argv[4] ?? 20)
const trace = process.argv[5] === 'trace'
Error.stackTraceLimit = 0
const t0 = performance.now()
for (let s = seed; s < seed + seeds; s++) {
  const run = await simulate({
    seed: s,
    eventCount: events,
    faults: new Set(FAULT_KINDS),
    ...(trace ? { print: (line: string) => void process.stdout.write(line + '\n') } : {}),
  })
  process.stdout.write(
    `${s} ${run.traceHash.slice(0, 12)} ${JSON.stringify(run.figures)} ${run.violations.slice(0, 3).join(' ; ')}\n`,
  )
}
process.stdout.write(`${((performance.now() - t0) / 1000).toFixed(2)} s\n`)
