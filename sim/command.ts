// The command: runs seeds, judges each, and says how to repeat what failed. Exit code 1 if any did.

import { readArguments, USAGE, type Arguments } from './arguments.ts'
import { EVENTS_ENOUGH, tooSeldom, writeAwaits } from './awaits.ts'
import { crashTable, failureText, summary, totalsOf } from './report.ts'
import { runSeeds } from './seeds.ts'
import { simulate, type Run } from './simulate.ts'

const EVENTS_MIN = 5
/** A line each, so that a long run is seen to go on. */
const PROGRESS_SEEDS = 50

function parsed(args: readonly string[]): Arguments | null {
  try {
    return readArguments(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
    return null
  }
}

/** The same seed with half of its events, as long as that still fails. */
async function shrunk(run: Run, given: Arguments): Promise<[Run, number]> {
  const { events, faults, whole } = given
  const half = Math.floor(events / 2)
  if (whole || half < EVENTS_MIN) return [run, events]
  const smaller = await simulate({ seed: run.seed, eventCount: half, faults })
  if (smaller.violations.length === 0) return [run, events]
  return shrunk(smaller, { ...given, events: half })
}

async function main(given: Arguments): Promise<number> {
  const { firstSeed, seeds, events, faults, jobs, trace } = given
  const say = (text: string): void => void process.stdout.write(`${text}\n`)
  const startedAt = performance.now()
  const runs: Run[] = []
  if (trace) {
    runs.push(await simulate({ seed: firstSeed, eventCount: events, faults, print: say }))
  } else {
    const onRun = (run: Run): boolean => {
      runs.push(run)
      if (runs.length % PROGRESS_SEEDS === 0) process.stderr.write(`${runs.length} seeds\n`)
      return run.violations.length === 0
    }
    await runSeeds({ firstSeed, seeds, eventCount: events, faults, jobs, onRun })
  }
  runs.sort((left, right) => left.seed - right.seed)
  const seconds = (performance.now() - startedAt) / 1_000
  const failed = runs.filter(({ violations }) => violations.length > 0)
  const totals = totalsOf(runs)
  say(crashTable(totals))
  for (const run of failed) say(failureText(...(await shrunk(run, given)), faults))
  const violations = failed.reduce((sum, run) => sum + run.violations.length, 0)
  const isLarge = seeds * events >= EVENTS_ENOUGH && faults.has('crash')
  const seldom = isLarge ? tooSeldom(totals.crashes) : []
  for (const line of seldom) say(`Too seldom: ${line}`)
  if (given.writeAwaits) writeAwaits(totals.crashes, runs.length)
  say(summary(totals, violations, seconds))
  return failed.length === 0 && seldom.length === 0 ? 0 : 1
}

/** Its exit code. `args`: as USAGE says. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const given = parsed(args)
  return given === null ? 2 : main(given)
}
