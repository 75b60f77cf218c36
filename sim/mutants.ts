// `npm run sim:mutants`: plants one bug after the other in a copy of the product, and runs seeds until an
// invariant is violated. A bug that survives, or whose patch does not fit any more, fails the run.

import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { parseArgs } from 'node:util'
import { readMutants, type Mutant } from './mutants/list.ts'

const ROOT = path.join(import.meta.dirname, '..')
const COPIED = ['src', 'sim', 'scripts', 'migrations', 'package.json'] as const

type Outcome =
  | { readonly kind: 'caught'; readonly seed: number; readonly invariant: string }
  | { readonly kind: 'survived' }
  | { readonly kind: 'unfit'; readonly message: string }

const SEEDS = 200
const DEADLINE_MS = 20 * 60_000

type Trial = { readonly seeds: number; readonly events: number }

/** A copy of what runs, with one bug planted in it; `null` plants none. */
function tryMutant(mutant: Mutant | null, trial: Trial): Outcome {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-mutant-'))
  try {
    for (const name of COPIED) {
      fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true })
    }
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    if (mutant !== null) {
      execFileSync('git', ['apply', mutant.patch], { cwd: folder, stdio: 'pipe' })
    }
    return runIn(folder, trial)
  } catch (error) {
    return { kind: 'unfit', message: error instanceof Error ? error.message : String(error) }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function runIn(folder: string, { seeds, events }: Trial): Outcome {
  const script = path.join(folder, 'sim', 'run.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, '--seeds', String(seeds), '--events', String(events), '--whole'],
    { cwd: folder, encoding: 'utf8', timeout: DEADLINE_MS },
  )
  const seed = /^Seed (\d+) violates:\n +([a-z_]+)/m.exec(stdout)
  if (seed !== null) return { kind: 'caught', seed: Number(seed[1]), invariant: seed[2] ?? '' }
  if (status === 0) return { kind: 'survived' }
  return { kind: 'unfit', message: (stderr || stdout).trim().slice(-500) }
}

function line({ name, purpose }: Mutant, outcome: Outcome, seconds: number): string {
  const told = {
    caught: () =>
      outcome.kind === 'caught' ? `seed ${outcome.seed}`.padEnd(9) + outcome.invariant : '',
    survived: () => 'SURVIVED',
    unfit: () => `DOES NOT FIT ${outcome.kind === 'unfit' ? outcome.message : ''}`,
  }[outcome.kind]()
  return `${name.padEnd(30)} ${told.padEnd(40)} ${seconds.toFixed(0).padStart(4)} s  ${purpose}`
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: String(SEEDS) },
      events: { type: 'string', default: '30' },
    },
  })
  const trial = { seeds: Number(values.seeds), events: Number(values.events) }
  // What the seeds find without a bug would be found with each.
  const plain = tryMutant(null, trial)
  if (plain.kind !== 'survived') {
    process.stdout.write(`Without any bug: ${JSON.stringify(plain)}\n`)
    return 1
  }
  const mutants = readMutants(positionals)
  let caught = 0
  for (const mutant of mutants) {
    const startedAt = performance.now()
    const outcome = tryMutant(mutant, trial)
    if (outcome.kind === 'caught') caught += 1
    const seconds = (performance.now() - startedAt) / 1_000
    process.stdout.write(`${line(mutant, outcome, seconds)}\n`)
  }
  process.stdout.write(`${caught} of ${mutants.length} planted bugs caught\n`)
  return caught === mutants.length && mutants.length > 0 ? 0 : 1
}

process.exitCode = main()
