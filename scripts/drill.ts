// `npm run drill -- restore|rollback`: what an operator would do on a bad day, done here, on free ports with throw-away
// state and never another billing API than the sandbox. Prints a log; exit code 0 if nothing was lost or doubled.

import { parseArgs } from 'node:util'
import { drillForgotten, drillRestore } from './drill-restore.ts'
import { drillRollback } from './drill-rollback.ts'
import { tellVerdict, type Played } from './drill-stage.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const USAGE = 'npm run drill -- restore | rollback [--to COMMIT] [--facts N] [--seed S]'
const FACTS_DEFAULT = 60
const FACTS_MAX = 10_000

function parseDrill(given: readonly string[]) {
  try {
    const text = { type: 'string' } as const
    const { values, positionals } = parseArgs({
      args: [...given],
      allowPositionals: true,
      options: { to: text, facts: text, seed: text },
    })
    const [what] = positionals
    const count = Number(values.facts ?? FACTS_DEFAULT)
    const seed = Number(values.seed ?? 1)
    const isWhole = Number.isSafeInteger(count) && Number.isSafeInteger(seed) && seed >= 0
    if ((what !== 'restore' && what !== 'rollback') || positionals.length > 1 || !isWhole) {
      throw new Trouble(USAGE)
    }
    if (count < 3 || count > FACTS_MAX) throw new Trouble(`--facts: 3 to ${FACTS_MAX}`)
    return { what, count, seed, to: values.to ?? null }
  } catch (error) {
    if (error instanceof Trouble) throw error
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${line}; ${USAGE}`)
  }
}

const startedAt = performance.now()

function tell(line: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  console.log(`${seconds.padStart(6)} s  ${line}`)
}

try {
  const { what, ...options } = parseDrill(process.argv.slice(2))
  const drills: readonly (readonly [string, () => Promise<Played>])[] =
    what === 'rollback'
      ? [['a version is taken back over a migration', () => drillRollback({ ...options, tell })]]
      : [
          ['an hour is lost, and the operator says so', () => drillRestore({ ...options, tell })],
          ['a day is lost, and nobody says so', () => drillForgotten({ ...options, tell })],
        ]
  for (const [title, drill] of drills) {
    tell(`--- ${title}`)
    const played = await drill()
    tellVerdict(played, tell)
    if (!played.isGood) process.exitCode = 1
  }
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
process.exit()
