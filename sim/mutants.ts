// `npm run sim:mutants`: plants one bug after the other in a copy of the product, and runs seeds until an
// invariant is violated. A bug that survives, or whose patch does not fit any more, fails the run.

import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { readMutants, type Mutant } from './mutants/list.ts'
import { outcomeText, SEEDS, tryBug, type Outcome } from './plant.ts'

const apply =
  ({ patch }: Mutant) =>
  (folder: string): void => {
    execFileSync('git', ['apply', patch], { cwd: folder, stdio: 'pipe' })
  }

function line({ name, purpose }: Mutant, outcome: Outcome, seconds: number): string {
  const told = outcomeText(outcome).padEnd(40)
  return `${name.padEnd(30)} ${told} ${seconds.toFixed(0).padStart(4)} s  ${purpose}`
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: String(SEEDS) },
      events: { type: 'string', default: '100' },
    },
  })
  const trial = { seeds: Number(values.seeds), events: Number(values.events) }
  // What the seeds find without a bug would be found with each.
  const plain = tryBug(() => undefined, trial)
  if (plain.kind !== 'survived') {
    process.stdout.write(`Without any bug: ${outcomeText(plain)}\n`)
    return 1
  }
  const mutants = readMutants(positionals)
  let caught = 0
  for (const mutant of mutants) {
    const startedAt = performance.now()
    const outcome = tryBug(apply(mutant), trial)
    if (outcome.kind === 'caught') caught += 1
    const seconds = (performance.now() - startedAt) / 1_000
    process.stdout.write(`${line(mutant, outcome, seconds)}\n`)
  }
  process.stdout.write(`${caught} of ${mutants.length} planted bugs caught\n`)
  return caught === mutants.length && mutants.length > 0 ? 0 : 1
}

process.exitCode = main()
