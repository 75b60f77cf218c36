// What `npm run sim` prints: figures, how often each await was crashed at, and of a failure the line that
// repeats it.

import type { CrashCount } from './crashes.ts'
import { FAULT_KINDS, type FaultKind } from './scenario.ts'
import type { Run } from './simulate.ts'

export type Totals = {
  readonly runs: number
  readonly acknowledged: number
  readonly adjustments: number
  readonly invoices: number
  readonly crashes: ReadonlyMap<string, CrashCount>
}

export function totalsOf(runs: readonly Run[]): Totals {
  const crashes = new Map<string, CrashCount>()
  for (const run of runs) {
    for (const [label, { reached, before, after }] of run.crashes) {
      const sum = crashes.get(label) ?? { reached: 0, before: 0, after: 0 }
      crashes.set(label, {
        reached: sum.reached + reached,
        before: sum.before + before,
        after: sum.after + after,
      })
    }
  }
  const add = (figure: 'acknowledged' | 'adjustments' | 'invoices'): number =>
    runs.reduce((sum, { figures }) => sum + figures[figure], 0)
  return {
    runs: runs.length,
    acknowledged: add('acknowledged'),
    adjustments: add('adjustments'),
    invoices: add('invoices'),
    crashes,
  }
}

/** A line for each await point, the least crashed at first. */
export function crashTable({ crashes }: Totals): string {
  const rows = [...crashes].toSorted(
    ([left, one], [right, other]) => sum(one) - sum(other) || left.localeCompare(right),
  )
  const lines = rows.map(
    ([label, { reached, before, after }]) =>
      `${String(before + after).padStart(7)} ${String(before).padStart(7)} ${String(after).padStart(7)} ${String(reached).padStart(8)}  ${label}`,
  )
  return ['crashed  before   after  reached  await', ...lines].join('\n')
}

const sum = ({ before, after }: CrashCount): number => before + after

export function summary(totals: Totals, violations: number, seconds: number): string {
  const counts = [...totals.crashes.values()].map(sum)
  const crashed = counts.reduce((all, each) => all + each, 0)
  const least = Math.min(...counts)
  return [
    `${totals.runs} seeds: ${totals.acknowledged} deliveries acknowledged,`,
    `${totals.adjustments} adjustments, ${totals.invoices} invoices,`,
    `${crashed} crashes at ${counts.length} awaits, each at least ${least} times;`,
    `${violations} violations; ${seconds.toFixed(1)} s`,
  ].join(' ')
}

export function repeatLine(seed: number, events: number, faults: ReadonlySet<FaultKind>): string {
  const kinds = FAULT_KINDS.filter((kind) => faults.has(kind))
  const list = kinds.length === 0 ? 'none' : kinds.join(',')
  const some = kinds.length === FAULT_KINDS.length ? '' : ` --faults ${list}`
  return `npm run sim -- --seed ${seed} --events ${events}${some}`
}

export function failureText(run: Run, events: number, faults: ReadonlySet<FaultKind>): string {
  const shown = run.violations.slice(0, 10).map((violation) => `  ${violation}`)
  const steps = run.lastLines.slice(-30).map((line) => `    ${line.slice(0, 200)}`)
  return [
    `Seed ${run.seed} violates:`,
    ...shown,
    '  the last steps:',
    ...steps,
    `Again: ${repeatLine(run.seed, events, faults)}`,
  ].join('\n')
}
