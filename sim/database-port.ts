// What stands between the product and its database: the way there and back, and what goes wrong on it.

import type { D1Port } from './d1.ts'
import type { Host } from './host.ts'
import { labelOfStatements } from './label.ts'
import { createRandom, type Random } from './random.ts'
import { kindAt, type Scenario } from './scenario.ts'
import type { Restorable } from './restore.ts'
import { READS, type Executed, type Statement } from './sqlite.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly host: Host
  readonly database: Restorable
  readonly isOn: () => boolean
  readonly violations: string[]
  readonly trace: Trace
}

const BUSY_CHANCE = 0.006
const LOST_ANSWER_CHANCE = 0.006
/** A process, or the way, that stands still: long enough for a lease to end. */
const STALL_CHANCE = 0.002

export function createDatabasePort(parts: Parts): D1Port {
  const { scenario, timeline, host, database, isOn, violations, trace } = parts
  const random = createRandom(scenario.seed, 'd1')

  const perform = (statements: readonly Statement[]): readonly Executed[] => {
    try {
      return database.execute(statements)
    } catch (error) {
      // The guards of the schema are for what the code must not even try.
      const message = error instanceof Error ? error.message : String(error)
      violations.push(`schema_refused: ${labelOfStatements(statements)}: ${message}`)
      trace.line(`  refused: ${message}`)
      throw error
    }
  }
  return (statements) => {
    const restores = database.restores()
    return host.ask<readonly Executed[]>({
      label: labelOfStatements(statements),
      travelMs: travel(random, isOn),
      arrive: (answer) => {
        if (restores !== database.restores()) return
        const isRead = statements.every(({ sql }) => READS.test(sql))
        const isFull = kindAt(scenario.fullDisk, timeline.now(), null) === 'full'
        if (isOn() && !isRead && isFull) {
          return answer({ error: d1Trouble('database or disk is full: SQLITE_FULL') }, 0)
        }
        if (isOn() && random.chance(BUSY_CHANCE)) {
          return answer({ error: d1Trouble('database is locked: SQLITE_BUSY') }, 0)
        }
        const backMs = isOn() && random.chance(0.05) ? travel(random, isOn) : 0
        try {
          const executed = perform(statements)
          const isLost = isOn() && random.chance(LOST_ANSWER_CHANCE)
          if (isLost) answer({ error: d1Trouble('Network connection lost.') }, backMs)
          else answer({ value: executed }, backMs)
        } catch (error) {
          answer({ error }, backMs)
        }
      },
    })
  }
}

const d1Trouble = (what: string): Error => new Error(`D1_ERROR: ${what}`)

function travel(random: Random, isOn: () => boolean): number {
  if (!isOn() || random.chance(0.9)) return random.between(1, 6)
  if (random.chance(STALL_CHANCE * 10)) return random.between(20_000, 400_000)
  return random.between(10, 500)
}
