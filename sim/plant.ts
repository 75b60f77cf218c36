// A copy of what runs, with a bug planted in it, and seeds until an invariant is violated.

import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

export const ROOT = path.join(import.meta.dirname, '..')
const COPIED = ['src', 'sim', 'scripts', 'migrations', 'package.json'] as const

export type Outcome =
  | { readonly kind: 'caught'; readonly seed: number; readonly invariant: string }
  /** It doesn't even run. */
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'survived' }
  | { readonly kind: 'unfit'; readonly message: string }

export const SEEDS = 200
/** A bug that makes each run endless takes long to be seen. */
const DEADLINE_MS = 30 * 60_000

export type Trial = { readonly seeds: number; readonly events: number }

/** `plant` gets the copy's folder; what it throws makes the bug unfit. */
export function tryBug(plant: (folder: string) => void, trial: Trial): Outcome {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-mutant-'))
  try {
    for (const name of COPIED) {
      fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true })
    }
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    plant(folder)
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
  const seed = /^Seed (\d+) violates:\n +([a-z_A-Z]+)/m.exec(stdout)
  if (seed !== null) return { kind: 'caught', seed: Number(seed[1]), invariant: seed[2] ?? '' }
  if (status === 0) return { kind: 'survived' }
  return { kind: 'broken', message: (stderr || stdout).trim().slice(-500) }
}

export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'caught':
      return `seed ${outcome.seed}`.padEnd(9) + outcome.invariant
    case 'survived':
      return 'SURVIVED'
    case 'broken':
      return `DOES NOT RUN ${outcome.message}`
    case 'unfit':
      return `DOES NOT FIT ${outcome.message}`
  }
}
