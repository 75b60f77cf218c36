// Ways to change a sealed log in its database, by one who is past all guards, in one table or in several at once, up to a
// whole other history that he signs with a key of his own: `verify` finds each, and so does the sealing. What was not
// changed is intact. The seed is fixed, so that a failure comes again.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { findNewestCheckpoint } from '../../src/db/read-seal.ts'
import type { Deps } from '../../src/deps.ts'
import { publicKeyOf, writePublicKey, type SigningKey } from '../../src/domain/signed-note.ts'
import { checkLog } from '../../src/usecases/check-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import {
  audited,
  clearLog,
  exported,
  fillLog,
  ORIGIN,
  sealAs,
  withoutGuards,
} from '../audit-log.ts'
import { createWorld } from '../world.ts'

let state = 8
const upTo = (count: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 4_294_967_296) * count)
}

const SEALED = 521
const UNSEALED = 3
/** `npm test` makes some hundred; LOG_CHANGES=10000 asks for more. */
const RUNS = Number(env.LOG_CHANGES)
/** Of which the sealing says too that they are found. */
const SEALED_EACH = 5
const COPIED = ['audit_entries', 'audit_tiles', 'audit_checkpoints', 'audit_keys', 'audit_sealing']

const seq = (): number => 1 + upTo(SEALED)
const run = (statement: string): Promise<D1Result> => env.DB.prepare(statement).run()

const THIEF: SigningKey = { name: ORIGIN, seed: new Uint8Array(32).fill(7) }
const OLDER = 300

/** One change of one table. */
const STATEMENTS: Readonly<Record<string, () => string>> = {
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

/** Changes an entry, or all from one on: what the hashes of another history are made of. */
async function rewrite(isFork: boolean): Promise<void> {
  const from = 1 + upTo(OLDER)
  await run(
    `UPDATE audit_entries SET actor = 'operator:eve' WHERE seq ${isFork ? '>=' : '='} ${from}`,
  )
}

async function plantKey(): Promise<void> {
  const own = await publicKeyOf(THIEF)
  await env.DB.prepare('INSERT INTO audit_keys VALUES (?, ?, 1, 2)')
    .bind(own.id, writePublicKey(own))
    .run()
}

/** Another history, in entries, hashes and checkpoint. */
async function reseal(isFork: boolean): Promise<void> {
  await run(`DELETE FROM audit_entries WHERE seq > ${SEALED}`)
  await rewrite(isFork)
  await sealAs(THIEF)
}

const cutBack = () =>
  env.DB.batch([
    env.DB.prepare(`DELETE FROM audit_checkpoints WHERE size > ${OLDER}`),
    env.DB.prepare(`DELETE FROM audit_entries WHERE seq > ${OLDER}`),
    env.DB.prepare('DELETE FROM audit_tiles'),
    env.DB.prepare('INSERT INTO audit_tiles SELECT * FROM older_tiles'),
  ])

const removeSeals = () =>
  env.DB.batch([
    env.DB.prepare('DELETE FROM audit_checkpoints'),
    env.DB.prepare('DELETE FROM audit_tiles'),
  ])

/** Changes of several tables that fit each other. */
const FORGERIES: Readonly<Record<string, () => Promise<unknown>>> = {
  'an entry with all hashes, under the true checkpoint': async () => {
    await reseal(false)
    await run('DELETE FROM audit_checkpoints')
    await run('INSERT INTO audit_checkpoints SELECT * FROM kept_audit_checkpoints')
  },
  'an entry with all hashes and the root, under the true signature': async () => {
    await reseal(false)
    await run(
      `UPDATE audit_checkpoints SET note = (SELECT replace(k.note, k.root, audit_checkpoints.root)
        FROM kept_audit_checkpoints k WHERE k.size = ${SEALED})`,
    )
  },
  'an entry, signed with another key': () => reseal(false),
  'an entry, signed with another key that is planted': async () => {
    await reseal(false)
    await plantKey()
  },
  'a fork, signed with another key that is planted': async () => {
    await reseal(true)
    await plantKey()
  },
  'a fork with more entries, signed with another key that is planted': async () => {
    await run(`DELETE FROM audit_entries WHERE seq > ${SEALED}`)
    await rewrite(true)
    await fillLog(1 + upTo(300))
    await sealAs(THIEF)
    await plantKey()
  },
  'a fork, with no hash and no checkpoint any more': async () => {
    await rewrite(true)
    await removeSeals()
  },
  'a fork, and the row that says how far it was sealed': async () => {
    await rewrite(true)
    await removeSeals()
    await run('DELETE FROM audit_sealing')
  },
  'back to an older checkpoint': cutBack,
  'back to an older checkpoint, and on from there': async () => {
    await cutBack()
    await fillLog(1 + upTo(300))
  },
  'two entries that have changed places, with their hashes': async () => {
    const one = 1 + upTo(255)
    await run(
      `UPDATE audit_entries SET (at, actor, action, subject, data) = (SELECT k.at, k.actor, k.action, k.subject, k.data
        FROM kept_audit_entries k WHERE k.seq = ${2 * one + 1} - audit_entries.seq) WHERE seq IN (${one}, ${one + 1})`,
    )
    await sealAs(THIEF)
    await run('DELETE FROM audit_checkpoints')
    await run('INSERT INTO audit_checkpoints SELECT * FROM kept_audit_checkpoints')
  },
  'an entry below the first': () =>
    run(
      `INSERT INTO audit_entries SELECT -${seq()}, at, actor, action, subject, data FROM kept_audit_entries WHERE seq = ${seq()}`,
    ),
  'a name that stands there twice': () =>
    run(`UPDATE audit_entries SET data = '{"amount":-1,' || substr(data, 2) WHERE seq = ${seq()}`),
}

const MUTATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  ...Object.fromEntries(
    Object.entries(STATEMENTS).map(([name, make]) => [
      name,
      async () => {
        const statement = make()
        if ((await run(statement)).meta.changes === 0)
          throw new Error(`it changed nothing: ${statement}`)
      },
    ]),
  ),
  ...FORGERIES,
}

const putBack = () =>
  env.DB.batch(
    COPIED.flatMap((table) => [
      env.DB.prepare(`DELETE FROM ${table}`),
      env.DB.prepare(`INSERT INTO ${table} SELECT * FROM kept_${table}`),
    ]),
  )

/** With copies of all tables, which are gone afterwards. */
const withCopies = (act: () => Promise<void>): Promise<void> =>
  withoutGuards(async () => {
    for (const table of COPIED) await run(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`)
    try {
      await act()
    } finally {
      await putBack()
      for (const table of COPIED) await run(`DROP TABLE kept_${table}`)
    }
  })

describe('what was changed in the database', () => {
  let deps: Deps
  let older: string
  beforeAll(async () => {
    await clearLog()
    deps = (await createWorld()).deps
    await fillLog(OLDER - 1)
    await sealLog(deps)
    older = (await findNewestCheckpoint(deps.db))!.note
    await run('CREATE TABLE older_tiles AS SELECT * FROM audit_tiles')
    await fillLog(SEALED - OLDER)
    await sealLog(deps)
    await fillLog(UNSEALED)
  })

  it(
    'is found, each time, and nothing is where nothing was',
    { timeout: 300_000 + RUNS * 1_000 },
    async () => {
      expect(await checkLog(deps, 0)).toMatchObject({ checkpoint: { size: SEALED }, fault: null })
      const kinds = Object.entries(MUTATIONS)
      const found = new Map<string, number>()
      const missed: string[] = []
      await withCopies(async () => {
        for (let nth = 0; nth < RUNS; nth++) {
          const [name, mutate] = kinds[nth % kinds.length]!
          await mutate()
          const { fault } = await checkLog(deps, 0)
          const isSealed = nth % SEALED_EACH === 0 && (await sealLog(deps)).ok
          if (fault === null || isSealed) missed.push(`${name}, ${nth}, ${String(isSealed)}`)
          else found.set(name, (found.get(name) ?? 0) + 1)
          await putBack()
          if (nth % 20 === 0) expect((await checkLog(deps, 0)).fault).toBeNull()
        }
      })
      expect(missed).toEqual([])
      expect([...found.keys()]).toEqual(Object.keys(MUTATIONS))
      const { fault, to, last } = await checkLog(deps, 0)
      expect({ fault, to, last }).toEqual({ fault: null, to: SEALED, last: SEALED + UNSEALED })
    },
  )

  it('and signed anew with the true key is found by a checkpoint that was kept', async () => {
    const said: string[] = []
    await withCopies(async () => {
      for (let nth = 0; nth < 8; nth++) {
        await rewrite(nth % 2 === 0)
        await removeSeals()
        await run('DELETE FROM audit_keys')
        await run('DELETE FROM audit_sealing')
        const lines = await exported(deps)
        expect(await audited(lines)).toBe('intact')
        said.push(await audited(lines, older))
        await putBack()
      }
    })
    const wrong = `its first ${OLDER} entries are not those of the older checkpoint`
    expect(said).toEqual(said.map(() => wrong))
    expect(await audited(await exported(deps), older)).toBe('intact')
  })
})
