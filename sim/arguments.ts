// What `npm run sim` is told.

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { FAULT_KINDS, type FaultKind } from './scenario.ts'

export type Arguments = {
  readonly firstSeed: number
  readonly seeds: number
  readonly events: number
  readonly faults: ReadonlySet<FaultKind>
  /** Threads that run seeds at the same time. */
  readonly jobs: number
  /** Every step is printed. */
  readonly trace: boolean
  /** awaits.txt is written by what this run has reached. */
  readonly writeAwaits: boolean
  /** A failure is told as it is, without a search for a smaller one. */
  readonly whole: boolean
}

export const USAGE = `npm run sim -- [--seed S] [--events N] [--seeds K] [--faults ${FAULT_KINDS.join(',')}]
             [--jobs J] [--trace] [--whole] [--write-awaits]

  --seed S     the first seed (1)
  --events N   events that happen at the sources (100)
  --seeds K    how many seeds (1)
  --faults F   what goes wrong: a list of the above, or none (all)
  --jobs J     seeds that run at the same time (as many as there are cores, at most 8)
  --trace      print every step
  --write-awaits  list the awaits that this run has come to in sim/awaits.txt
  --whole      don't look for a smaller run that fails too`

const JOBS_MAX = 8

/** Throws an Error that says what is wrong. */
export function readArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      events: { type: 'string', default: '100' },
      faults: { type: 'string', default: FAULT_KINDS.join(',') },
      jobs: { type: 'string', default: String(Math.min(availableParallelism(), JOBS_MAX)) },
      trace: { type: 'boolean', default: false },
      'write-awaits': { type: 'boolean', default: false },
      whole: { type: 'boolean', default: false },
    },
  })
  return {
    firstSeed: wholeOf('--seed', values.seed),
    seeds: wholeOf('--seeds', values.seeds),
    events: wholeOf('--events', values.events),
    jobs: wholeOf('--jobs', values.jobs),
    faults: faultsOf(values.faults),
    trace: values.trace,
    writeAwaits: values['write-awaits'],
    whole: values.whole,
  }
}

function wholeOf(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`${name}: a whole number above zero is wanted, not ${text}`)
  }
  return value
}

function faultsOf(text: string): ReadonlySet<FaultKind> {
  const names = text === 'none' ? [] : text.split(',')
  return new Set(
    names.map((name) => {
      const kind = FAULT_KINDS.find((each) => each === name)
      if (kind !== undefined) return kind
      throw new Error(`--faults: ${name} is not one of ${FAULT_KINDS.join(', ')}`)
    }),
  )
}
