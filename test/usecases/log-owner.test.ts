// What somebody can do to the log who owns the database and has dropped its triggers, but has not the key that signs:
// the next sealing stops, and says so. What only a kept checkpoint finds is said in docs/audit.md, and shown here too.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findNewestCheckpoint, findSealing } from '../../src/db/read-seal.ts'
import { listEntriesOf } from '../../src/db/read-audit.ts'
import { findRecorded } from '../../src/db/read-evidence.ts'
import type { Deps } from '../../src/deps.ts'
import type { AdjustmentId, EventId } from '../../src/domain/ids.ts'
import { rootOf } from '../../src/domain/merkle.ts'
import { dataText, entryHash, type EntryRow } from '../../src/domain/sealed-entry.ts'
import {
  publicKeyOf,
  readPublicKey,
  signCheckpoint,
  writePublicKey,
  type SigningKey,
} from '../../src/domain/signed-note.ts'
import { frontierOf } from '../../src/domain/tiles.ts'
import { openExport } from '../../src/domain/verify-export.ts'
import { checkLog, verifyLog } from '../../src/usecases/check-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { audited } from '../audit-export.ts'
import {
  clearLog,
  exported,
  fillLog,
  ORIGIN,
  sealAs,
  tamper,
  VERIFIER,
  withoutGuards,
} from '../audit-log.ts'
import { createWorld } from '../world.ts'

beforeEach(clearLog)

const all = async (sql: string): Promise<any[]> => (await env.DB.prepare(sql).all()).results
const run = (sql: string): Promise<unknown> => env.DB.prepare(sql).run()

async function sealed(deps: Deps): Promise<unknown> {
  const result = await sealLog(deps)
  return result.ok ? result.value : result.error
}

async function sealedLog(count: number) {
  const world = await createWorld()
  await fillLog(count - 1)
  expect(await sealed(world.deps)).toEqual({ size: count, added: count })
  return world
}

const broken = (reason: string, seq: number) => ({ reason: 'broken', fault: { reason, seq } })

const FORGE = `UPDATE audit_entries SET data = '{"amount":-999999}' WHERE seq = 100`
const THIEF: SigningKey = { name: ORIGIN, seed: new Uint8Array(32).fill(7) }

describe('another history', () => {
  it('signed with a key that was written beside the true ones is sealed no further', async () => {
    const { deps, lines } = await sealedLog(301)
    await withoutGuards(async () => {
      await run(FORGE)
      await sealAs(THIEF)
      const own = await publicKeyOf(THIEF)
      await env.DB.prepare('INSERT INTO audit_keys VALUES (?, ?, 1, 2)')
        .bind(own.id, writePublicKey(own))
        .run()
    })
    await fillLog(1)
    expect(await checkLog(deps, 0)).toMatchObject({
      fault: { reason: 'signed_by_others', seq: 301 },
    })
    expect(await sealed(deps)).toEqual(broken('signed_by_others', 301))
    expect(lines).toContainEqual({
      event: 'alarm.audit_log_broken',
      seq: 301,
      reason: 'signed_by_others',
    })
    expect(await audited(await exported(deps))).toBe(
      'its checkpoint is not signed by the key that was given',
    )
  })

  it('is not begun where all checkpoints and hashes are gone', async () => {
    const { deps } = await sealedLog(301)
    await tamper('DELETE FROM audit_tiles')
    await tamper('DELETE FROM audit_checkpoints')
    expect(await checkLog(deps, 0)).toMatchObject({
      fault: { reason: 'checkpoint_changed', seq: 1 },
    })
    expect(await sealed(deps)).toEqual(broken('checkpoint_changed', 1))
    expect(await all('SELECT * FROM audit_checkpoints')).toEqual([])
  })

  it('nor where the row that says how far it was sealed is gone too, in each minute that follows', async () => {
    const { deps } = await sealedLog(301)
    for (const table of ['audit_tiles', 'audit_checkpoints', 'audit_sealing']) {
      await tamper(`DELETE FROM ${table}`)
    }
    expect(await checkLog(deps, 0)).toMatchObject({
      fault: { reason: 'checkpoint_changed', seq: 1 },
    })
    for (let minute = 0; minute < 3; minute++) {
      expect(await sealed(deps)).toEqual(broken('checkpoint_changed', 1))
    }
  })

  it('behind an older checkpoint is not sealed, though that one is genuine', async () => {
    const { deps } = await sealedLog(301)
    const tiles = await all('SELECT level, idx, hex(hashes) AS hex FROM audit_tiles')
    await fillLog(100)
    await sealed(deps)
    await withoutGuards(async () => {
      for (const [table, column] of [
        ['audit_checkpoints', 'size'],
        ['audit_entries', 'seq'],
      ]) {
        await run(`DELETE FROM ${table} WHERE ${column} > 301`)
      }
      await run('DELETE FROM audit_tiles')
      for (const { level, idx, hex } of tiles) {
        await run(`INSERT INTO audit_tiles VALUES (${level}, ${idx}, unhex('${hex}'))`)
      }
    })
    await fillLog(200)
    expect(await checkLog(deps, 0)).toMatchObject({
      fault: { reason: 'checkpoint_changed', seq: 302 },
    })
    expect(await sealed(deps)).toEqual(broken('checkpoint_changed', 302))
  })

  it('with all that says otherwise rewritten is sealed, and only a kept checkpoint finds it', async () => {
    const { deps } = await sealedLog(301)
    const { note: kept } = (await findNewestCheckpoint(deps.db))!
    await withoutGuards(async () => {
      await run(FORGE)
      for (const table of ['tiles', 'checkpoints', 'keys', 'sealing']) {
        await run(`DELETE FROM audit_${table}`)
      }
    })
    expect(await sealed(deps)).toMatchObject({ added: 302 })
    const lines = await exported(deps)
    expect(await audited(lines)).toBe('intact')
    expect(await audited(lines, kept)).toBe(
      'its first 301 entries are not those of the older checkpoint',
    )
  })

  it('of another log, though its checkpoint is signed with the same key, is none of this one', async () => {
    const { deps } = await sealedLog(301)
    const [key] = deps.settings.auditKeys
    await withoutGuards(() => sealAs(key!, 'staging.example/audit'))
    // Also in a minute in which nothing is new.
    expect(await sealed(deps)).toEqual(broken('signed_by_others', 301))
  })

  it('a time at which the daily checkpoint would go out never silences it', async () => {
    const world = await sealedLog(301)
    await env.DB.exec('UPDATE audit_sealing SET witnessed_day = 9000000000')
    await world.advance(86_400)
    await sealed(world.deps)
    const today = Math.floor(world.now() / 86_400_000)
    expect(await findSealing(world.deps.db)).toMatchObject({ witnessedDay: today })
  })
})

describe('keys of another name', () => {
  const OTHER: SigningKey = { name: 'makegood.example/next', seed: new Uint8Array(32).fill(9) }

  it('never go on with this log, also where the one that has signed it is named as former', async () => {
    const { deps } = await sealedLog(301)
    await fillLog(1)
    const auditKeys = [{ ...OTHER, id: (await publicKeyOf(OTHER)).id }]
    const formerAuditKeys = [readPublicKey(VERIFIER)!]
    const settings = { ...deps.settings, auditKeys, formerAuditKeys }
    expect(await sealed({ ...deps, settings })).toEqual(broken('signed_by_others', 301))
  })

  it('that have signed it are followed by one of its name, once they are named as former', async () => {
    const { deps } = await sealedLog(301)
    await withoutGuards(() => sealAs(OTHER))
    await fillLog(1)
    expect(await sealed(deps)).toEqual(broken('signed_by_others', 301))
    const settings = { ...deps.settings, formerAuditKeys: [await publicKeyOf(OTHER)] }
    expect(await sealed({ ...deps, settings })).toEqual({ size: 302, added: 1 })
    // It is needed for one sealing only, and what auditors have kept of the log goes on.
    await fillLog(1)
    expect(await sealed(deps)).toEqual({ size: 303, added: 1 })
    expect(await audited(await exported(deps))).toBe('intact')
  })
})

describe('an entry', () => {
  const ADJUSTMENT = 'adj_00000000000000000000000000000007' as AdjustmentId
  const added = (seq: string): string =>
    `INSERT INTO audit_entries VALUES (${seq}, 1793000000000, 'operator:anna', 'adjustment.approved', '${ADJUSTMENT}', '{}')`

  it.each(['-5', '0', '303', '9223372036854775807'])(
    'is never given the number %s by hand, with no trigger dropped',
    async (seq) => {
      await sealedLog(301)
      await expect(run(added(seq))).rejects.toThrow('entries are never numbered by hand')
      await run(added('NULL'))
      expect(await all('SELECT max(seq) AS last, min(seq) AS first FROM audit_entries')).toEqual([
        { first: 1, last: 302 },
      ])
    },
  )

  it('below the first is found where the trigger was dropped, and shown to nobody', async () => {
    const { deps } = await sealedLog(301)
    await tamper(added('-5'))
    const page = await listEntriesOf(
      deps.db,
      { subjects: [ADJUSTMENT] },
      { before: null, limit: 100 },
    )
    expect(page.rows.map(({ seq }) => seq)).toEqual([79, 78, 77, 76, 75, 74, 73, 72, 71, 70])
    const found = await findRecorded(deps.db, { id: ADJUSTMENT, eventId: 'evt_0' as EventId })
    expect(found.entries.map(({ seq }) => seq)).not.toContain(-5)
    expect(await checkLog(deps, 0)).toMatchObject({ fault: { reason: 'entry_added', seq: -5 } })
    await fillLog(1)
    expect(await sealed(deps)).toEqual(broken('entry_added', -5))
    await tamper('DELETE FROM audit_entries WHERE seq = -5')
    expect(await sealed(deps)).toEqual({ size: 302, added: 1 })
  })

  it.each([
    ['a name that stands there twice', `'{"amount":-7777777,' || substr(data, 2)`],
    ['a blank', `replace(data, ':', ': ')`],
    ['a number beyond its precision', `replace(data, '-9900', '-9900.0000000000000001')`],
    ['another spelling', `replace(data, 'usd', '\\u0075sd')`],
  ])('with %s is not the one that was sealed', async (_, data) => {
    const { deps } = await sealedLog(301)
    const [before] = await all('SELECT data FROM audit_entries WHERE seq = 99')
    await tamper(`UPDATE audit_entries SET data = ${data} WHERE seq = 99`)
    const [after] = await all('SELECT data FROM audit_entries WHERE seq = 99')
    expect(after).not.toEqual(before)
    expect(await checkLog(deps, 0)).toMatchObject({ fault: { reason: 'entry_changed', seq: 99 } })
    expect(await audited(await exported(deps))).toBe('entry 99 is not as it was sealed')
    expect(dataText(after.data)).toBe(JSON.stringify(after.data))
  })
})

it.each([
  ['{"a": 1}', '"{\\"a\\": 1}"'],
  ['null', '"null"'],
  ['1', '"1"'],
])('%s and %s, of which no honest entry is made, have two hashes', (one, other) => {
  const row = { seq: 1, at: 1, actor: 'a', action: 'b', subject: 'c' }
  expect(JSON.parse(other)).toBe(one)
  expect(entryHash({ ...row, data: one })).not.toEqual(entryHash({ ...row, data: other }))
})

/** A database in which somebody else seals five new entries before each call and behind it. */
function besideASealing(deps: Deps) {
  let [calls, isBusy] = [0, false]
  const beside = async () => {
    if (isBusy) return
    isBusy = true
    await fillLog(250)
    expect(await sealed(deps)).toMatchObject({ added: 250 })
    isBusy = false
    calls += 1
  }
  const around = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    await beside()
    const value = await act()
    await beside()
    return value
  }
  const wrap = (statement: any): any =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => wrap(target.bind(...values))
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...values: unknown[]) => around(() => value.apply(target, values))
      },
    })
  const d1 = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') return (text: string) => wrap(target.prepare(text))
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...values: any[]) => around(() => value.apply(target, values))
    },
  })
  return { db: openDatabase(d1), calls: () => calls }
}

describe('a checkpoint that was kept', () => {
  it('is of a former key, and the export is believed by the present one alone', async () => {
    const { deps } = await sealedLog(301)
    const former: SigningKey = { name: ORIGIN, seed: new Uint8Array(32).fill(9) }
    const formerKey = await publicKeyOf(former)
    const rows: EntryRow[] = await all('SELECT * FROM audit_entries WHERE seq <= 200 ORDER BY seq')
    const root = rootOf(frontierOf(rows.map(entryHash)))
    const kept = await signCheckpoint({ origin: ORIGIN, size: 200, root }, [former])
    const lines = await exported(deps)
    const encoder = new TextEncoder()
    const key = readPublicKey(VERIFIER)!
    const head = encoder.encode(lines[0])
    expect(await openExport(head, [key], kept)).toMatchObject({ ok: false })
    expect(await openExport(head, [key], kept, [formerKey])).toMatchObject({ ok: true })
    // Whoever has stolen the former key signs another log behind that checkpoint.
    const fork = JSON.parse(lines[0]!)
    fork.export.checkpoint = await signCheckpoint({ origin: ORIGIN, size: 301, root }, [former])
    const forged = await openExport(encoder.encode(JSON.stringify(fork)), [key], kept, [formerKey])
    expect(forged).toEqual({
      ok: false,
      error: 'its checkpoint is not signed by the key that was given',
    })
  })

  it.each([
    ['without its last line break', (note: string) => note.trimEnd()],
    ['with another kind of line breaks', (note: string) => note.replaceAll('\n', '\r\n')],
    [
      'out of a chat, with a line in front and an id behind',
      (note: string) => `Audit log: 301 entries. Keep this message.\n${note}ntc_0123\n`,
    ],
    ['with blanks behind', (note: string) => note.replaceAll('\n', '  \n') + '\n\n'],
  ])('is read %s', async (_, as) => {
    const { deps } = await sealedLog(301)
    const { note } = (await findNewestCheckpoint(deps.db))!
    await fillLog(10)
    const lines = await exported(deps)
    expect(await audited(lines, as(note))).toBe('intact')
    expect(await audited(lines, as(note.replace('301', '300')))).toBe(
      'the older checkpoint has a signature that does not fit it',
    )
  })

  it('is none where there is none', async () => {
    const { deps } = await sealedLog(301)
    expect(await audited(await exported(deps), 'Audit log\n— me\n')).toBe(
      'the older checkpoint is not a signed checkpoint',
    )
  })
})

describe('beside a sealing', () => {
  it('a check is no alarm', { timeout: 60_000 }, async () => {
    const world = await sealedLog(21)
    const { deps, lines } = world
    const beside = besideASealing(deps)
    for (const after of [0, 256, 512]) {
      expect(await verifyLog({ ...deps, db: beside.db }, after)).toMatchObject({ fault: null })
    }
    expect(beside.calls()).toBeGreaterThan(5)
    expect(lines).toEqual([])
    expect(await findSealing(deps.db)).toMatchObject({ fault: null })
  })
})
