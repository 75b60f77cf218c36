// Ten thousand changes of a sealed log in its database: `verify` finds each, and so does the next sealing; a log that
// nobody changed is intact. It is the product's own code on the simulator's D1.

import * as path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { configOf } from '../../sim/config.ts'
import { createD1 } from '../../sim/d1.ts'
import { migratedImage, openSqlite } from '../../sim/sqlite.ts'
import { findCheckpoint } from '../../src/db/read-seal.ts'
import { createDeps, type Deps } from '../../src/deps.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { checkLog } from '../../src/usecases/check-log.ts'
import { exportLog } from '../../src/usecases/export-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { audited, linesOf } from '../audit-export.ts'
import {
  fill,
  keepCopies,
  MUTATIONS,
  numbersFrom,
  putBack,
  REWRITINGS,
  type SealedLog,
} from '../log-mutations.ts'

/** How many changes of a log of how many entries, of which so many were sealed before. */
const SHAPES = [
  { runs: 8_500, size: 61, older: 40 },
  { runs: 1_200, size: 290, older: 200 },
  { runs: 300, size: 521, older: 300 },
] as const
/** Of which the sealing says too that they are found. */
const SEALED_EACH = 5
const INTACT_RUNS = 100
const UNSEALED = 3
const IMAGE = migratedImage(path.resolve(import.meta.dirname, '../../migrations'))
const AUDIT_KEY =
  'PRIVATE+KEY+makegood.example/audit+9970207e+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g'

function silentQueue<Body>(): Queue<Body> {
  const metrics = { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: new Date(0) }
  return {
    metrics: async () => metrics,
    send: async () => ({ metadata: { metrics } }),
    sendBatch: async () => ({ metadata: { metrics } }),
  }
}

/** A database in memory, with no guard on the log any more. */
async function unguarded(): Promise<{ readonly db: D1Database; readonly deps: Deps }> {
  const sqlite = openSqlite(IMAGE)
  const db = createD1(async (statements) => sqlite.execute(statements))
  const guards = sqlite.rows<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name GLOB 'audit_*'`,
  )
  await db.batch(guards.map(({ name }) => db.prepare(`DROP TRIGGER ${name}`)))
  const env = { DB: db, ADJUSTMENTS: silentQueue(), NOTICES: silentQueue(), AUDIT_KEY }
  const deps = createDeps(env, configOf(0, { limits: {}, tells: false }))
  return { db, deps: { ...deps, log: () => undefined } }
}

/** What an auditor is told of an export, who has kept a checkpoint. */
async function auditedNow(deps: Deps, kept: string): Promise<string> {
  const made = await exportLog(deps, BOOTSTRAP, 'ndjson', {})
  if (!made.ok) return made.error.reason
  return audited(await linesOf(made.value.parts), kept)
}

describe.each(SHAPES)('a log of $size entries in its database', ({ runs, size, older }) => {
  let log: SealedLog
  let deps: Deps
  let kept: string
  beforeAll(async () => {
    const { db, ...made } = await unguarded()
    deps = made.deps
    log = { db, older, size, upTo: numbersFrom(size) }
    await fill(db, older - 1)
    await sealLog(deps)
    await fill(db, size - older)
    await sealLog(deps)
    kept = (await findCheckpoint(deps.db, size))?.note ?? ''
    await fill(db, UNSEALED)
    await keepCopies(db)
  })

  /** Whether `verify` finds it, and the next sealing the same, where it is asked. */
  async function isFound(isSealed: boolean): Promise<boolean> {
    const { fault } = await checkLog(deps, 0)
    if (fault === null || !isSealed) return fault !== null
    const sealed = await sealLog(deps, 'asked')
    const said = sealed.ok ? null : sealed.error
    return said?.reason === 'broken' && JSON.stringify(said.fault) === JSON.stringify(fault)
  }

  it(`is found in each of ${runs} changes`, { timeout: 300_000 }, async () => {
    const intact = { checkpoint: { size }, fault: null, to: size, last: size + UNSEALED }
    expect(await checkLog(deps, 0)).toMatchObject(intact)
    const kinds = [
      ...Object.entries(MUTATIONS).map(([name, change]) => ({ name, change, isKept: false })),
      ...Object.entries(REWRITINGS).map(([name, change]) => ({ name, change, isKept: true })),
    ]
    const found = new Map(kinds.map(({ name }) => [name, 0]))
    const missed: string[] = []
    for (let nth = 0; nth < runs; nth++) {
      const { name, change, isKept } = kinds[nth % kinds.length]!
      await change(log)
      const isSo = isKept
        ? (await auditedNow(deps, kept)) !== 'intact'
        : await isFound(nth % SEALED_EACH === 0)
      if (isSo) found.set(name, (found.get(name) ?? 0) + 1)
      else missed.push(`${nth}: ${name}`)
      await putBack(log.db)
      if (nth % 100 === 0) expect(await checkLog(deps, 0)).toMatchObject(intact)
    }
    console.log([...found].map(([name, count]) => `${count}  ${name}`).join('\n'))
    expect(missed).toEqual([])
    expect(await auditedNow(deps, kept)).toBe('intact')
  })
})

it('a log that nobody has changed is intact, whatever its length, and what is not sealed is counted', async () => {
  const upTo = numbersFrom(INTACT_RUNS)
  for (let nth = 0; nth < INTACT_RUNS; nth++) {
    const { db, deps } = await unguarded()
    const [first, more, open] = [1 + upTo(300), 1 + upTo(300), 1 + upTo(5)]
    for (const count of [first, more]) {
      await fill(db, count)
      expect(await sealLog(deps, 'asked')).toMatchObject({ ok: true })
    }
    await fill(db, open)
    const size = 1 + first + more
    const checked = await checkLog(deps, 0)
    expect(checked).toMatchObject({ fault: null, to: size, last: size + open })
    const { note = '' } = (await findCheckpoint(deps.db, size)) ?? {}
    expect(await auditedNow(deps, note)).toBe('intact')
  }
})
