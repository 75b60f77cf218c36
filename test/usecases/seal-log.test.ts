// The audit log is sealed in steps, by one at a time, and a log that isn't as it was sealed is sealed no further.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findNewestCheckpoint, findSealing, readKeys } from '../../src/db/read-seal.ts'
import type { Deps } from '../../src/deps.ts'
import { SEAL_ENTRIES_PER_STEP, SEAL_LEASE_SECONDS } from '../../src/domain/limits.ts'
import { entryLine } from '../../src/domain/sealed-entry.ts'
import { publicKeyOf, readPublicKey } from '../../src/domain/signed-note.ts'
import { slack } from '../../src/notices/slack.ts'
import { checkLog } from '../../src/usecases/check-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { clearLog, fillLog, ORIGIN, tamper, VERIFIER, withoutGuards } from '../audit-log.ts'
import { noticeWorld, messages, SECRETS } from '../notice-world.ts'
import { leafOf, treeHead, verifiedCheckpoint } from '../rfc9162.ts'
import { createWorld } from '../world.ts'

beforeEach(clearLog)

const all = async (sql: string): Promise<any[]> => (await env.DB.prepare(sql).all()).results
const entries = (): Promise<any[]> => all('SELECT * FROM audit_entries ORDER BY seq')

/** Seals, and answers what it says or why not. */
async function sealed(deps: Deps, occasion?: 'asked'): Promise<unknown> {
  const result = await sealLog(deps, occasion)
  return result.ok ? result.value : result.error
}

describe('sealing', () => {
  it('signs a checkpoint over all entries, as a second implementation sees it', async () => {
    const { deps } = await createWorld()
    await fillLog(300)
    expect(await sealed(deps)).toEqual({ size: 301, added: 301 })
    const { note, size } = (await findNewestCheckpoint(deps.db))!
    const signed = await verifiedCheckpoint(note, VERIFIER)
    expect([signed.origin, signed.size, size]).toEqual(['makegood.example/audit', 301, 301])
    const leaves = await Promise.all((await entries()).map((row) => leafOf(entryLine(row))))
    expect(signed.root.toHex()).toBe((await treeHead(leaves)).toHex())
  })

  it('begins with an entry that names the key', async () => {
    const { deps } = await createWorld()
    await sealed(deps)
    const rows = await entries()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ action: 'audit.key_changed', actor: 'system:audit' })
    expect(JSON.parse(rows[0].data)).toEqual({ signing: [VERIFIER], retired: [] })
  })

  it('costs what is new, and nothing where nothing is new', async () => {
    const { deps } = await createWorld()
    await fillLog(1_000)
    await sealed(deps)
    await fillLog(10)
    const before = await findNewestCheckpoint(deps.db)
    expect(await sealed(deps)).toEqual({ size: 1_011, added: 10 })
    expect(before?.size).toBe(1_001)
    expect(await sealed(deps)).toEqual({ size: 1_011, added: 0 })
    expect(await all('SELECT size FROM audit_checkpoints')).toEqual([
      { size: 1_001 },
      { size: 1_011 },
    ])
    expect(await all('SELECT level, idx, length(hashes) / 32 AS n FROM audit_tiles')).toEqual([
      { level: 0, idx: 0, n: 256 },
      { level: 0, idx: 1, n: 256 },
      { level: 0, idx: 2, n: 256 },
      { level: 0, idx: 3, n: 243 },
      { level: 1, idx: 0, n: 3 },
    ])
  })

  it('takes a long log in bounded steps', async () => {
    const { deps } = await createWorld()
    await fillLog(2 * SEAL_ENTRIES_PER_STEP + 100)
    expect(await sealed(deps)).toEqual({ size: 4_197, added: 4_197 })
    expect(await all('SELECT size FROM audit_checkpoints')).toEqual([
      { size: 2_048 },
      { size: 4_096 },
      { size: 4_197 },
    ])
  })

  it('leaves what its time does not suffice for to the next minute', async () => {
    const world = await createWorld()
    await fillLog(SEAL_ENTRIES_PER_STEP + 50)
    let now = world.now()
    const slow = { ...world.deps, now: () => (now += 12_000) }
    expect(await sealed(slow)).toEqual({ size: 2_048, added: 2_048 })
    expect(await sealed(world.deps)).toMatchObject({ added: 51 })
  })

  it('is left to who has the lease', async () => {
    const { deps, now } = await createWorld()
    await sealed(deps)
    await fillLog(1)
    await env.DB.exec(`UPDATE audit_sealing SET lease_until = ${now() + 1_000}`)
    expect(await sealed(deps)).toEqual({ reason: 'busy' })
  })

  it('has its key announced once, also by one whose statement comes when another has the lease', async () => {
    const { deps } = await createWorld()
    let hold = (): void => {}
    const held = new Promise<void>((resolve) => (hold = resolve))
    let [isAnnouncing, stalled] = [false, 0]
    // Its announcement stands still on its way, until another has announced the same.
    const late = new Proxy(env.DB, {
      get: (target, name) => {
        if (name === 'prepare') {
          return (sql: string) => {
            isAnnouncing ||= sql.startsWith('insert into "audit_keys"')
            return target.prepare(sql)
          }
        }
        return async (statements: D1PreparedStatement[]) => {
          if (isAnnouncing) await (stalled++, held)
          return target.batch(statements)
        }
      },
    })
    const first = sealed({ ...deps, db: openDatabase(late) })
    await vi.waitFor(() => expect(stalled).toBe(1))
    const later = deps.now() + (SEAL_LEASE_SECONDS + 1) * 1_000
    const other = { ...deps, now: () => later }
    expect(await sealed(other, 'asked')).toEqual({ size: 1, added: 1 })
    hold()
    expect(await first).toEqual({ reason: 'busy' })
    expect(await entries()).toHaveLength(1)
    expect(await readKeys(deps.db)).toHaveLength(1)
  })

  it('is done by one of many who come at once', async () => {
    const { deps } = await createWorld()
    await fillLog(20)
    const results = await Promise.all(Array.from({ length: 8 }, () => sealed(deps)))
    const added = results.filter((each: any) => each.added > 0)
    expect(added).toEqual([{ size: 21, added: 21 }])
  })

  it('commits nothing on top of another than the one that was read', async () => {
    const { deps } = await createWorld()
    await fillLog(20)
    await sealed(deps)
    await fillLog(5)
    // The lease of the first is over before it commits: both are at it at once.
    const during = new Proxy(deps.db, {
      get: (target, name) => {
        if (name !== 'batch') return Reflect.get(target, name)
        return async (statements: any) => {
          if (!statements[0].toSQL().sql.startsWith('insert into "audit_checkpoints"')) {
            return target.batch(statements)
          }
          await env.DB.exec('UPDATE audit_sealing SET lease_until = 0')
          await fillLog(1)
          await sealed(deps)
          return target.batch(statements)
        }
      },
    })
    expect(await sealed({ ...deps, db: during })).toEqual({ size: 21, added: 0 })
    expect((await findNewestCheckpoint(deps.db))?.size).toBe(27)
    expect((await checkLog(deps, 0)).fault).toBeNull()
  })

  it('without a key is off, and with a key whose id is another’s too', async () => {
    const { deps } = await createWorld()
    const { settings } = deps
    const without = { ...deps, settings: { ...settings, auditKeys: [] } }
    expect(await sealed(without)).toEqual({ reason: 'not_configured' })
    const wrong = [{ ...settings.auditKeys[0]!, id: '00000000' }]
    const mistaken = { ...deps, settings: { ...settings, auditKeys: wrong } }
    expect(await sealed(mistaken)).toEqual({ reason: 'not_configured' })
    expect(await entries()).toEqual([])
  })
})

describe('another key', () => {
  const seed = new Uint8Array(32).fill(9)
  const withKeys = (deps: Deps, auditKeys: any, formerAuditKeys: any = []): Deps => ({
    ...deps,
    settings: { ...deps.settings, auditKeys, formerAuditKeys },
  })

  async function nextKey() {
    const { id } = await publicKeyOf({ name: ORIGIN, seed })
    return { name: ORIGIN, seed, id }
  }

  it('signs beside the old one, then alone, and both stay known', async () => {
    const world = await createWorld()
    const { deps } = world
    const next = await nextKey()
    await sealed(deps)
    const [old] = deps.settings.auditKeys
    await fillLog(1)
    await world.advance(60)
    await sealed(withKeys(deps, [next, old]))
    const both = (await findNewestCheckpoint(deps.db))!
    expect(both.note.match(/^— /gm)).toHaveLength(2)
    expect(await verifiedCheckpoint(both.note, VERIFIER)).toMatchObject({ size: 3 })
    await fillLog(1)
    const alone = withKeys(deps, [next])
    expect(await sealed(alone)).toEqual({ size: 5, added: 2 })
    const { note } = (await findNewestCheckpoint(deps.db))!
    await expect(verifiedCheckpoint(note, VERIFIER)).rejects.toThrow()
    const keys = await readKeys(deps.db)
    expect(keys.map(({ id, retiredAt }) => [id, retiredAt !== null])).toEqual([
      [old!.id, true],
      [next.id, false],
    ])
    const changes = (await entries()).filter(({ action }) => action === 'audit.key_changed')
    expect(changes.map(({ data }) => JSON.parse(data).retired)).toEqual([[], [], [old!.id]])
    expect((await checkLog(alone, 0)).fault).toBeNull()
  })

  it('takes over from one that is gone, whose public half is needed for one sealing only', async () => {
    const { deps } = await createWorld()
    const next = await nextKey()
    await sealed(deps)
    await fillLog(1)
    expect(await sealed(withKeys(deps, [next]))).toMatchObject({
      fault: { reason: 'signed_by_others' },
    })
    const former = withKeys(deps, [next], [readPublicKey(VERIFIER)!])
    expect(await sealed(former)).toMatchObject({ size: 3 })
    await fillLog(1)
    expect(await sealed(withKeys(deps, [next]))).toEqual({ size: 4, added: 1 })
  })
})

/** What is done to a log of 800 entries, and what is said of it. */
const CHANGES: readonly (readonly [sql: string, reason: string, seq: number])[] = [
  ['UPDATE audit_entries SET actor = actor || 1 WHERE seq = 600', 'entry_changed', 600],
  ['UPDATE audit_entries SET data = \'{"n":0}\' WHERE seq = 3', 'entry_changed', 3],
  ['DELETE FROM audit_entries WHERE seq = 700', 'entry_missing', 700],
  // What comes next takes the place of the first of them.
  ['DELETE FROM audit_entries WHERE seq >= 500', 'entry_changed', 500],
  [
    'UPDATE audit_tiles SET hashes = zeroblob(8192) WHERE level = 0 AND idx = 1',
    'tree_changed',
    257,
  ],
  ['DELETE FROM audit_tiles WHERE level = 1', 'tree_changed', 1],
  ['DELETE FROM audit_tiles WHERE level = 0 AND idx = 2', 'tree_changed', 513],
  ["UPDATE audit_checkpoints SET root = 'AAAA'", 'checkpoint_changed', 800],
  ["UPDATE audit_checkpoints SET note = replace(note, '800', '799')", 'checkpoint_changed', 800],
]

describe('a log that is not as it was sealed', () => {
  async function sealedLog(count: number) {
    const world = await createWorld()
    await fillLog(count - 1)
    await sealed(world.deps)
    return world
  }

  it.each(CHANGES)('%s: the next seal and verify say which', async (statement, reason, seq) => {
    const { deps, lines } = await sealedLog(800)
    await tamper(statement)
    await fillLog(1)
    expect(await checkLog(deps, 0)).toMatchObject({ fault: { reason, seq } })
    expect(await sealed(deps)).toEqual({ reason: 'broken', fault: { reason, seq } })
    expect(await findSealing(deps.db)).toMatchObject({ fault: reason, faultSeq: seq })
    expect(lines).toContainEqual({ event: 'alarm.audit_log_broken', seq, reason })
    expect(await sealed(deps)).toMatchObject({ reason: 'broken' })
  })

  it.each(CHANGES)(
    '%s: so does a seal that is asked for where nothing is new',
    async (statement) => {
      const { deps } = await sealedLog(800)
      await tamper(statement)
      const { fault } = await checkLog(deps, 0)
      expect(fault).not.toBeNull()
      expect(await sealed(deps, 'asked')).toEqual({ reason: 'broken', fault })
    },
  )

  it('shows in a minute in which nothing is new only if it is the checkpoint, else within ten', async () => {
    const world = await sealedLog(800)
    await tamper("UPDATE audit_checkpoints SET note = replace(note, '800', '799')")
    expect(await sealed(world.deps)).toMatchObject({ fault: { reason: 'checkpoint_changed' } })
    await clearLog()
    const later = await sealedLog(800)
    const { deps } = later
    await tamper('UPDATE audit_entries SET actor = actor || 1 WHERE seq = 600')
    expect(await sealed(deps)).toEqual({ size: 800, added: 0 })
    await later.advance(599)
    expect(await sealed(deps)).toEqual({ size: 800, added: 0 })
    await later.advance(1)
    expect(await sealed(deps)).toMatchObject({ fault: { reason: 'entry_changed', seq: 600 } })
  })

  it('shows each time in the newest entries, whatever else is compared', async () => {
    const aged = await sealedLog(5_000)
    const { deps } = aged
    await tamper('UPDATE audit_entries SET at = at + 1 WHERE seq = 4999')
    const fault = { reason: 'entry_changed', seq: 4_999 }
    await aged.advance(601)
    expect(await sealed(deps)).toEqual({ reason: 'broken', fault })
  })

  it('shows wherever it is when a seal is asked for, whatever was compared last', async () => {
    const { deps } = await sealedLog(5_000)
    await fillLog(1)
    await sealed(deps)
    expect(await findSealing(deps.db)).toMatchObject({ nextTile: 8 })
    await tamper('UPDATE audit_entries SET at = at + 1 WHERE seq = 1')
    expect(await sealed(deps)).toEqual({ size: 5_001, added: 0 })
    expect(await sealed(deps, 'asked')).toMatchObject({
      fault: { reason: 'entry_changed', seq: 1 },
    })
  })

  it('with its newest checkpoint removed shows the entry behind the one before', async () => {
    const { deps } = await sealedLog(300)
    await fillLog(10)
    await sealed(deps)
    await tamper('DELETE FROM audit_checkpoints WHERE size = 310')
    expect(await checkLog(deps, 0)).toMatchObject({
      fault: { reason: 'checkpoint_changed', seq: 301 },
    })
    expect(await sealed(deps)).toMatchObject({ fault: { reason: 'checkpoint_changed', seq: 301 } })
    await tamper('DELETE FROM audit_checkpoints')
    expect(await sealed(deps)).toMatchObject({ fault: { reason: 'checkpoint_changed', seq: 1 } })
  })

  it('with its newest entries removed is sealed no further, though nothing new is there', async () => {
    const { deps } = await sealedLog(3_000)
    await tamper('DELETE FROM audit_entries WHERE seq >= 2500')
    expect(await sealed(deps)).toMatchObject({ fault: { reason: 'entry_missing', seq: 2_500 } })
  })

  it('with a gap in what is new is sealed no further', async () => {
    const { deps } = await sealedLog(300)
    await fillLog(10)
    await tamper('DELETE FROM audit_entries WHERE seq = 305')
    expect(await sealed(deps)).toMatchObject({ fault: { reason: 'entry_missing', seq: 305 } })
  })

  it('is sealed again once it is as it was', async () => {
    const { deps } = await sealedLog(800)
    await tamper("UPDATE audit_entries SET action = action || 'x' WHERE seq = 600")
    await fillLog(1)
    expect(await sealed(deps)).toMatchObject({ reason: 'broken' })
    await tamper("UPDATE audit_entries SET action = replace(action, 'x', '') WHERE seq = 600")
    expect(await sealed(deps)).toMatchObject({ size: 801, added: 1 })
    expect(await findSealing(deps.db)).toMatchObject({ fault: null, faultSeq: null })
  })

  it('shows in older entries too, when their turn has come', { timeout: 30_000 }, async () => {
    const world = await sealedLog(5_000)
    await tamper('UPDATE audit_entries SET at = at + 1 WHERE seq = 4100')
    const found = []
    for (let minutes = 0; minutes < 60; minutes += 10) {
      await world.advance(601)
      found.push(((await sealed(world.deps)) as any).fault?.seq ?? null)
    }
    expect(found).toEqual([null, null, 4_100, 4_100, 4_100, 4_100])
  })

  it('is refused by the triggers as long as they are there', async () => {
    await sealedLog(300)
    const changes = [
      'UPDATE audit_tiles SET hashes = zeroblob(8192) WHERE idx = 0',
      'UPDATE audit_tiles SET hashes = zeroblob(8192) WHERE idx = 1',
      'DELETE FROM audit_tiles',
      "INSERT OR REPLACE INTO audit_tiles VALUES (0, 0, x'00')",
      "UPDATE audit_checkpoints SET root = 'x'",
      'DELETE FROM audit_checkpoints',
      "INSERT OR REPLACE INTO audit_checkpoints VALUES (300, 'x', 1, 'x')",
      "INSERT INTO audit_checkpoints VALUES (299, 'x', 1, 'x')",
      "UPDATE audit_keys SET public = 'x'",
      'DELETE FROM audit_keys',
    ]
    for (const change of changes) {
      await expect(env.DB.prepare(change).run(), change).rejects.toThrow(
        /never|only grows|more entries|stay known/,
      )
    }
    await expect(withoutGuards(async () => 'done')).resolves.toBe('done')
  })
})

describe('witnessing', () => {
  it('tells the newest checkpoint once a day, on every channel for people', async () => {
    const world = await noticeWorld([slack()], SECRETS)
    const db = openDatabase(env.DB, () => true)
    const deps = { ...world.deps, db }
    await fillLog(5)
    await sealed(deps)
    expect(await world.tell({ db })).toEqual([])
    await world.advance(86_400)
    await fillLog(5)
    await sealed(deps)
    await fillLog(1)
    await sealed(deps)
    // Once by its own wake-up, once by the sweep.
    expect(await world.tell({ db })).toEqual(['told', 'stale'])
    const told = (await messages()).filter((text) => text.includes('Audit log'))
    expect(told).toHaveLength(1)
    const note = told[0]!.split('\n').slice(1, -1).join('\n')
    expect(await verifiedCheckpoint(`${note}\n`, VERIFIER)).toMatchObject({ size: 11 })
    expect(told[0]).toMatch(
      /^Audit log: log intact through \d{4}-.*Z, 11 entries\. Keep this message/,
    )
  })
  it('goes on where nothing new is there: a day without a checkpoint is a sign of its own', async () => {
    const world = await noticeWorld([slack()], SECRETS)
    const db = openDatabase(env.DB, () => true)
    const deps = { ...world.deps, db }
    await fillLog(5)
    await sealed(deps)
    for (const day of [1, 2]) {
      await world.advance(86_400)
      expect([day, await sealed(deps)]).toEqual([day, { size: 6, added: 0 }])
      expect(await all("SELECT * FROM notices WHERE about = 'checkpoint:6'")).toHaveLength(day)
    }
    expect(await world.tell({ db })).toContain('told')
    expect((await messages()).filter((text) => text.includes(' 6 entries'))).toHaveLength(1)
    const today = Math.floor(world.now() / 86_400_000)
    expect(await findSealing(deps.db)).toMatchObject({ witnessedSize: 6, witnessedDay: today })
  })
})
