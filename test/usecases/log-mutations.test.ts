// Some hundred ways to change a sealed log in its database, by one who is past all guards: `verify` finds each, and what
// was not changed is intact. The seed is fixed, so that a failure comes again.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkLog } from '../../src/usecases/check-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { clearLog, fillLog, withoutGuards } from '../audit-log.ts'
import { createWorld } from '../world.ts'

let state = 8
const upTo = (count: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 4_294_967_296) * count)
}

const SEALED = 521
const UNSEALED = 3
/** A thousand take minutes: LOG_CHANGES=10000 asks for more than `npm test` does. */
const RUNS = Number(env.LOG_CHANGES)
const COPIED = ['audit_entries', 'audit_tiles', 'audit_checkpoints']

const seq = (): number => 1 + upTo(SEALED)
const run = (statement: string): Promise<D1Result> => env.DB.prepare(statement).run()

/** Each with what restores it, so that the next one meets the log as it was. */
const MUTATIONS: Readonly<Record<string, () => string>> = {
  'the actor': () => `UPDATE audit_entries SET actor = actor || 'x' WHERE seq = ${seq()}`,
  'the time': () => `UPDATE audit_entries SET at = at + ${1 + upTo(9)} WHERE seq = ${seq()}`,
  'the data': () =>
    `UPDATE audit_entries SET data = json_set(data, '$.amount', ${upTo(9)}) WHERE seq = ${seq()}`,
  'a field of the data that is gone': () =>
    `UPDATE audit_entries SET data = json_remove(data, '$.n') WHERE seq = ${seq()}`,
  'an entry that is gone': () => `DELETE FROM audit_entries WHERE seq = ${seq()}`,
  'the last entries, with all that is unsealed': () =>
    `DELETE FROM audit_entries WHERE seq > ${upTo(SEALED)}`,
  'an entry in the place of another': () => {
    const [one, other] = [seq(), seq()]
    return `UPDATE audit_entries SET (at, subject) = (SELECT at, subject || '' FROM audit_entries
      WHERE seq = ${other === one ? (one % SEALED) + 1 : other}) WHERE seq = ${one}`
  },
  'a hash': () => {
    const [tile, at] = [upTo(2), upTo(256)]
    return `UPDATE audit_tiles SET hashes = CAST(substr(hashes, 1, ${at * 32}) || x'${'ab'.repeat(32)}'
      || substr(hashes, ${at * 32 + 33}) AS BLOB) WHERE level = 0 AND idx = ${tile}`
  },
  'a hash of the level above': () =>
    `UPDATE audit_tiles SET hashes = CAST(x'${'cd'.repeat(32)}' || substr(hashes, 33) AS BLOB) WHERE level = 1`,
  'a tile that is gone': () => `DELETE FROM audit_tiles WHERE level = 0 AND idx = ${upTo(3)}`,
  'the checkpoint’s size': () =>
    `UPDATE audit_checkpoints SET size = size - 1 WHERE size = ${SEALED}`,
  'the checkpoint’s root': () =>
    `UPDATE audit_checkpoints SET root = (SELECT min(root) FROM audit_checkpoints WHERE size < ${SEALED}) WHERE size = ${SEALED}`,
  'the checkpoint’s note': () =>
    `UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints WHERE size < ${SEALED}) WHERE size = ${SEALED}`,
  'an older checkpoint for the newest': () =>
    `DELETE FROM audit_checkpoints WHERE size = ${SEALED}`,
}

describe('what was changed in the database', () => {
  beforeAll(async () => {
    await clearLog()
    const { deps } = await createWorld()
    await fillLog(299)
    await sealLog(deps)
    await fillLog(SEALED - 300)
    await sealLog(deps)
    await fillLog(UNSEALED)
  })

  it(
    'is found, each time, and nothing is where nothing was',
    { timeout: 300_000 + RUNS * 500 },
    async () => {
      const { deps } = await createWorld()
      expect(await checkLog(deps, 0)).toMatchObject({ checkpoint: { size: SEALED }, fault: null })
      const kinds = Object.entries(MUTATIONS)
      const found = new Map<string, number>()
      const missed: string[] = []
      await withoutGuards(async () => {
        for (const table of COPIED)
          await run(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`)
        for (let nth = 0; nth < RUNS; nth++) {
          const [name, mutation] = kinds[nth % kinds.length]!
          const statement = mutation()
          const { meta } = await run(statement)
          expect(meta.changes, statement).toBeGreaterThan(0)
          const { fault } = await checkLog(deps, 0)
          if (fault === null) missed.push(statement)
          else found.set(name, (found.get(name) ?? 0) + 1)
          const table = COPIED.find((each) => statement.includes(each)) ?? ''
          await env.DB.batch([
            env.DB.prepare(`DELETE FROM ${table}`),
            env.DB.prepare(`INSERT INTO ${table} SELECT * FROM kept_${table}`),
          ])
          if (nth % 20 === 0) expect((await checkLog(deps, 0)).fault).toBeNull()
        }
        for (const table of COPIED) await run(`DROP TABLE kept_${table}`)
      })
      expect(missed).toEqual([])
      expect([...found.keys()]).toEqual(Object.keys(MUTATIONS))
      expect(await checkLog(deps, 0)).toMatchObject({
        fault: null,
        to: SEALED,
        last: SEALED + UNSEALED,
      })
    },
  )
})
