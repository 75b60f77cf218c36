// A database that is set back to an earlier hour: what was written since is lost, every process starts anew,
// everything is paused, and the senders are asked for that hour's deliveries once more.

import type { Fleet } from './fleet.ts'
import { PEOPLE } from './people.ts'
import { createRandom } from './random.ts'
import { HOUR, MINUTE, type Scenario } from './scenario.ts'
import type { Senders } from './senders.ts'
import { openSqlite, type Sqlite } from './sqlite.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export type Restorable = Sqlite & {
  readonly restore: (image: Uint8Array) => void
  /** How often it was; a statement that was on its way meanwhile never arrives. */
  readonly restores: () => number
}

export function openRestorable(image: Uint8Array): Restorable {
  let current = openSqlite(image)
  let restores = 0
  return {
    execute: (statements) => current.execute(statements),
    rows: (sql, ...params) => current.rows(sql, ...params),
    serialize: () => current.serialize(),
    close: () => current.close(),
    restores: () => restores,
    restore: (earlier) => {
      current.close()
      current = openSqlite(earlier)
      restores += 1
    },
  }
}

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly trace: Trace
  readonly database: Restorable
  readonly fleet: Pick<Fleet, 'restart'>
  readonly senders: Pick<Senders, 'sendAgain'>
  readonly request: (request: Request) => void
}

export function planRestore(parts: Parts): void {
  const { scenario, timeline, trace, database, fleet, senders, request } = parts
  const { restore } = scenario
  if (restore === null) return
  const random = createRandom(scenario.seed, 'restore')
  let image: Uint8Array | null = null
  const pause = (method: 'PUT' | 'DELETE') => (): void => {
    const headers = { 'x-api-key': PEOPLE[0].key }
    request(new Request('https://makegood.sim/api/v1/switches/all', { method, headers }))
  }
  timeline.at(restore.takenAt, () => {
    image = database.serialize()
  })
  timeline.at(restore.at, () => {
    if (image === null) return
    trace.line('the database is set back')
    fleet.restart()
    database.restore(image)
    pause('PUT')()
    // The first one may not have come through.
    timeline.after(5_000, pause('PUT'))
    senders.sendAgain(restore.takenAt, 30 * MINUTE)
    timeline.after(random.between(HOUR, 3 * HOUR), pause('DELETE'))
  })
}
