// A database that is set back to an earlier time: what was written since is lost, every process starts anew,
// people pause everything, or have it compared, or do nothing, and the senders deliver that time once more.

import { wasListed } from './comparisons.ts'
import type { Commet } from './commet.ts'
import type { Fleet } from './fleet.ts'
import { PEOPLE } from './people.ts'
import { createRandom } from './random.ts'
import { HOUR, MINUTE, type Scenario } from './scenario.ts'
import type { Seen, Senders } from './senders.ts'
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
  readonly commet: Pick<Commet, 'invoices' | 'reissue'>
  readonly request: (request: Request, seen: (seen: Seen) => void) => void
}

export function planRestore(parts: Parts): void {
  const { scenario, timeline, trace, database, fleet, senders, commet, request } = parts
  const { restore } = scenario
  if (restore === null) return
  const random = createRandom(scenario.seed, 'restore')
  const resumed = { method: 'DELETE', path: '/switches/all', body: null }
  const resume = (): void => request(requestOf(resumed), () => undefined)
  let image: Uint8Array | null = null
  /** Whoever restores a database goes on until he is answered. */
  const insist = (asked: Asked, then: () => void): void => {
    request(requestOf(asked), (seen) => {
      if (seen !== null && seen.status < 500) then()
      else timeline.after(5_000, () => insist(asked, then))
    })
  }
  timeline.at(restore.takenAt, () => {
    image = database.serialize()
  })
  timeline.at(restore.at, () => {
    if (image === null) return
    trace.line('the database is set back')
    const reissued = random.pick([0, 0.2, 0.7])
    // What the record has lost, it can't tell from what somebody there has put in its place.
    for (const invoice of commet.invoices.filter(({ createdAt }) => createdAt > restore.takenAt)) {
      if (random.chance(reissued)) commet.reissue(invoice, timeline.now())
    }
    fleet.restart()
    database.restore(image)
    const sendAgain = (): void => senders.sendAgain(restore.takenAt, 30 * MINUTE)
    // What was lost days ago, a record that was never listed doesn't know of: then somebody has to think of it.
    const isGuarded = wasListed(database) || restore.at - restore.takenAt < HOUR
    const answer = isGuarded ? restore.answer : 'compare'
    if (answer === 'nothing') return sendAgain()
    insist(ASKED[answer], sendAgain)
    if (answer === 'pause') timeline.after(random.between(HOUR, 3 * HOUR), resume)
  })
}

type Asked = { readonly method: string; readonly path: string; readonly body: string | null }

const ASKED = {
  pause: { method: 'PUT', path: '/switches/all', body: null },
  compare: { method: 'POST', path: '/reconciliations', body: '{"restored":true}' },
} as const

function requestOf({ method, path, body }: Asked): Request {
  const headers = { 'x-api-key': PEOPLE[0].key, 'content-type': 'application/json' }
  return new Request(`https://makegood.sim/api/v1${path}`, { method, headers, body })
}
