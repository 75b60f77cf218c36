// Ways to change a sealed log in its database, by one who is past all guards: `verify` finds each, and so does the next
// sealing that is asked for. This is D1 itself; test/sim/log-mutations.test.ts makes ten thousand, on a quicker one.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { findCheckpoint } from '../../src/db/read-seal.ts'
import type { Deps } from '../../src/deps.ts'
import { checkLog } from '../../src/usecases/check-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { audited } from '../audit-export.ts'
import { clearLog, exported, fillLog, withoutGuards } from '../audit-log.ts'
import {
  dropCopies,
  keepCopies,
  MUTATIONS,
  numbersFrom,
  putBack,
  REWRITINGS,
  type SealedLog,
} from '../log-mutations.ts'
import { createWorld } from '../world.ts'

const UNSEALED = 3
const log: SealedLog = { db: env.DB, older: 300, size: 521, upTo: numbersFrom(8) }

/** With copies of all tables, which are gone afterwards. */
const withCopies = (act: () => Promise<void>): Promise<void> =>
  withoutGuards(async () => {
    await keepCopies(env.DB)
    try {
      await act()
    } finally {
      await putBack(env.DB)
      await dropCopies(env.DB)
    }
  })

describe('what was changed in the database', () => {
  let deps: Deps
  let older: string
  beforeAll(async () => {
    await clearLog()
    deps = (await createWorld()).deps
    await fillLog(log.older - 1)
    await sealLog(deps)
    older = (await findCheckpoint(deps.db, log.older))?.note ?? ''
    await fillLog(log.size - log.older)
    await sealLog(deps)
    await fillLog(UNSEALED)
  })

  it(
    'is found, each kind of change, and nothing is where nothing was',
    { timeout: 120_000 },
    async () => {
      await withCopies(async () => {
        for (const [name, change] of Object.entries(MUTATIONS)) {
          await change(log)
          const { fault } = await checkLog(deps, 0)
          expect(fault, name).not.toBeNull()
          const sealed = await sealLog(deps, 'asked')
          expect([name, sealed]).toEqual([name, { ok: false, error: { reason: 'broken', fault } }])
          await putBack(env.DB)
        }
      })
      const { fault, to, last } = await checkLog(deps, 0)
      expect({ fault, to, last }).toEqual({ fault: null, to: log.size, last: log.size + UNSEALED })
    },
  )

  it('and signed anew with the true key is found by a checkpoint that was kept', async () => {
    const { note = '' } = (await findCheckpoint(deps.db, log.size)) ?? {}
    await withCopies(async () => {
      for (const [name, change] of Object.entries(REWRITINGS)) {
        await change(log)
        const lines = await exported(deps)
        expect([name, await audited(lines)]).toEqual([name, 'intact'])
        expect([name, await audited(lines, note)]).not.toEqual([name, 'intact'])
        await putBack(env.DB)
      }
    })
    for (const kept of [older, note]) {
      expect(await audited(await exported(deps), kept)).toBe('intact')
    }
  })
})
