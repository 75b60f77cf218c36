// Ways to change a sealed log in its database, by one who is past all guards, in one table or in several at once, up to
// a whole other history that he signs with a key of his own. For D1, and for the simulator's.

import { LOG_LEVELS_MAX } from '../src/domain/limits.ts'
import { rootOf } from '../src/domain/merkle.ts'
import { entryHash, type EntryRow } from '../src/domain/sealed-entry.ts'
import {
  publicKeyOf,
  signCheckpoint,
  writePublicKey,
  type SigningKey,
} from '../src/domain/signed-note.ts'
import { extendTiles, frontierOf, joinHashes } from '../src/domain/tiles.ts'

export const ORIGIN = 'makegood.example/audit'

/** Of the key in vitest.config.ts. */
export const VERIFIER =
  'makegood.example/audit+9970207e+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk'

export const LOG_TABLES = [
  'audit_entries',
  'audit_tiles',
  'audit_checkpoints',
  'audit_keys',
  'audit_sealing',
] as const

/** A log with three checkpoints: one is of its first entry, one of `older`, one of `size`; `unsealed` came later. */
export type SealedLog = {
  readonly db: D1Database
  readonly older: number
  readonly size: number
  /** A number below `count`, from a seed, so that a failure comes again. */
  readonly upTo: (count: number) => number
}

export function numbersFrom(seed: number): SealedLog['upTo'] {
  let state = seed
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * count)
  }
}

/** Entries of made-up adjustments, ten each. */
export const fill = (db: D1Database, count: number): Promise<unknown> =>
  db
    .prepare(
      `INSERT INTO audit_entries
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
       last(seq) AS (SELECT coalesce(max(seq), 0) FROM audit_entries)
     SELECT NULL, 1793000000000 + (last.seq + i) * 1000,
       iif(i % 3 = 0, 'operator:anna', 'source:zendesk'),
       iif(i % 2 = 0, 'adjustment.held', 'adjustment.claimed'),
       printf('adj_%032d', (last.seq + i) / 10),
       json_object('amount', -100 * i, 'currency', 'usd', 'n', i)
     FROM n, last`,
    )
    .bind(count)
    .run()

/** Hashes all entries as they are now, and puts a checkpoint over them that `key` has signed. */
export async function sealWith(db: D1Database, key: SigningKey, origin = ORIGIN): Promise<void> {
  const { results: rows } = await db
    .prepare('SELECT * FROM audit_entries WHERE seq > 0 ORDER BY seq')
    .all<EntryRow>()
  const leaves = rows.map(entryHash)
  const root = rootOf(frontierOf(leaves))
  const note = await signCheckpoint({ origin, size: rows.length, root }, [key])
  const tile = db.prepare('INSERT INTO audit_tiles VALUES (?, ?, unhex(?))')
  await db.batch([
    db.prepare('DELETE FROM audit_tiles'),
    db.prepare('DELETE FROM audit_checkpoints'),
    ...extendTiles(new Map(), 0, leaves).map(({ level, idx, hashes }) =>
      tile.bind(level, idx, joinHashes(hashes).toHex()),
    ),
    db
      .prepare('INSERT INTO audit_checkpoints VALUES (?, ?, 1793000000000, ?)')
      .bind(rows.length, root.toBase64(), note),
    db.prepare('UPDATE audit_sealing SET sealed_size = ?').bind(rows.length),
  ])
}

/** With copies of all tables, from which `putBack` restores them. */
export const keepCopies = (db: D1Database): Promise<unknown> =>
  db.batch(
    LOG_TABLES.map((name) => db.prepare(`CREATE TABLE kept_${name} AS SELECT * FROM ${name}`)),
  )

export const putBack = (db: D1Database): Promise<unknown> =>
  db.batch(
    LOG_TABLES.flatMap((name) => [
      db.prepare(`DELETE FROM ${name}`),
      db.prepare(`INSERT INTO ${name} SELECT * FROM kept_${name}`),
    ]),
  )

export const dropCopies = (db: D1Database): Promise<unknown> =>
  db.batch(LOG_TABLES.map((name) => db.prepare(`DROP TABLE kept_${name}`)))

type Change = (log: SealedLog) => Promise<unknown>

/** A statement that changes nothing would prove nothing. */
async function once({ db }: SealedLog, sql: string, ...params: readonly unknown[]): Promise<void> {
  const { meta } = await db
    .prepare(sql)
    .bind(...params)
    .run()
  if (meta.changes === 0) throw new Error(`nothing was changed by ${sql}, ${params.join(', ')}`)
}

const run = ({ db }: SealedLog, ...statements: readonly string[]): Promise<unknown> =>
  db.batch(statements.map((sql) => db.prepare(sql)))

const seqOf = ({ size, upTo }: SealedLog): number => 1 + upTo(size)

/** Two different ones. */
function pairOf(log: SealedLog, count: number): readonly [number, number] {
  const one = log.upTo(count)
  return [one, (one + 1 + log.upTo(count - 1)) % count]
}

/** Another letter in the place of one, a bit away from it. */
function flipped(text: string, { upTo }: SealedLog): string {
  for (;;) {
    const at = upTo(text.length)
    const code = text.charCodeAt(at) ^ (1 << upTo(7))
    if (code !== 0) return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function entryOf({ db }: SealedLog, seq: number): Promise<EntryRow> {
  const row = await db
    .prepare('SELECT * FROM audit_entries WHERE seq = ?')
    .bind(seq)
    .first<EntryRow>()
  if (row === null) throw new Error(`there is no entry ${seq}`)
  return row
}

async function flipText(log: SealedLog): Promise<void> {
  const column = (['actor', 'action', 'subject'] as const)[log.upTo(3)] ?? 'actor'
  const row = await entryOf(log, seqOf(log))
  const text = flipped(row[column], log)
  await once(log, `UPDATE audit_entries SET ${column} = ? WHERE seq = ?`, text, row.seq)
}

/** A table of this kind takes no data that is not JSON. */
async function flipData(log: SealedLog): Promise<void> {
  const row = await entryOf(log, seqOf(log))
  let data = flipped(row.data, log)
  while (!isJson(data)) data = flipped(row.data, log)
  await once(log, 'UPDATE audit_entries SET data = ? WHERE seq = ?', data, row.seq)
}

async function flipTime(log: SealedLog): Promise<void> {
  const { seq, at } = await entryOf(log, seqOf(log))
  const other = Number(BigInt(at) ^ (1n << BigInt(log.upTo(41))))
  await once(log, 'UPDATE audit_entries SET at = ? WHERE seq = ?', other, seq)
}

type TileRow = { readonly level: number; readonly idx: number; readonly hex: string }

const TILES =
  'SELECT level, idx, hex(hashes) AS hex FROM audit_tiles WHERE level <= ? ORDER BY level, idx'

/** A tile of this level, or of one below. */
async function changeTile(
  log: SealedLog,
  level: number,
  change: (hashes: Uint8Array) => Uint8Array,
): Promise<void> {
  const { results } = await log.db.prepare(TILES).bind(level).all<TileRow>()
  const tile = results[log.upTo(results.length)]
  if (tile === undefined) throw new Error('there is no tile')
  const hex = change(Uint8Array.fromHex(tile.hex)).toHex()
  const sql = 'UPDATE audit_tiles SET hashes = unhex(?) WHERE level = ? AND idx = ?'
  await once(log, sql, hex, tile.level, tile.idx)
}

const flipHash = (log: SealedLog): Promise<void> =>
  changeTile(log, LOG_LEVELS_MAX, (hashes) => {
    const at = log.upTo(hashes.length)
    return hashes.with(at, (hashes[at] ?? 0) ^ (1 << log.upTo(8)))
  })

const swapHashes = (log: SealedLog): Promise<void> =>
  changeTile(log, 0, (hashes) => {
    const [one, other] = pairOf(log, hashes.length / 32).map((at) => at * 32)
    const swapped = hashes.slice()
    swapped.set(hashes.subarray(other, (other ?? 0) + 32), one)
    swapped.set(hashes.subarray(one, (one ?? 0) + 32), other)
    return swapped
  })

type CheckpointRow = { readonly root: string; readonly note: string }

async function flipCheckpoint(log: SealedLog): Promise<void> {
  const { db, size, upTo } = log
  const column = (['root', 'note'] as const)[upTo(2)] ?? 'note'
  const row = await db
    .prepare('SELECT root, note FROM audit_checkpoints WHERE size = ?')
    .bind(size)
    .first<CheckpointRow>()
  const text = flipped(row?.[column] ?? '', log)
  await once(log, `UPDATE audit_checkpoints SET ${column} = ? WHERE size = ?`, text, size)
}

async function swapEntries(log: SealedLog): Promise<readonly [number, number]> {
  const [one, other] = pairOf(log, log.size).map((at) => at + 1)
  const sql = `UPDATE audit_entries SET (at, actor, action, subject, data) = (SELECT k.at, k.actor, k.action, k.subject,
    k.data FROM kept_audit_entries k WHERE k.seq = ?1 + ?2 - audit_entries.seq) WHERE seq IN (?1, ?2)`
  await once(log, sql, one, other)
  return [one ?? 0, other ?? 0]
}

/** Changes an entry, or all from one on: what the hashes of another history are made of. */
const rewrite = (log: SealedLog, isFork: boolean): Promise<void> =>
  once(
    log,
    `UPDATE audit_entries SET actor = 'operator:eve' WHERE seq ${isFork ? '>=' : '='} ?`,
    1 + log.upTo(log.older),
  )

const THIEF: SigningKey = { name: ORIGIN, seed: new Uint8Array(32).fill(7) }

async function plantKey(log: SealedLog): Promise<void> {
  const own = await publicKeyOf(THIEF)
  await once(log, 'INSERT INTO audit_keys VALUES (?, ?, 1, 2)', own.id, writePublicKey(own))
}

const cutTail = (log: SealedLog): Promise<unknown> =>
  log.db.prepare('DELETE FROM audit_entries WHERE seq > ?').bind(log.size).run()

/** Another history, in entries, hashes and checkpoint. */
async function reseal(log: SealedLog, isFork: boolean): Promise<void> {
  await cutTail(log)
  await rewrite(log, isFork)
  await sealWith(log.db, THIEF)
}

const trueCheckpoints = (log: SealedLog): Promise<unknown> =>
  run(
    log,
    'DELETE FROM audit_checkpoints',
    'INSERT INTO audit_checkpoints SELECT * FROM kept_audit_checkpoints',
  )

/** Entries, tiles and checkpoints as they were at the older checkpoint. */
async function cutBack({ db, older }: SealedLog): Promise<void> {
  const { results } = await db
    .prepare('SELECT * FROM audit_entries WHERE seq <= ? ORDER BY seq')
    .bind(older)
    .all<EntryRow>()
  const tile = db.prepare('INSERT INTO audit_tiles VALUES (?, ?, unhex(?))')
  await db.batch([
    db.prepare('DELETE FROM audit_checkpoints WHERE size > ?').bind(older),
    db.prepare('DELETE FROM audit_entries WHERE seq > ?').bind(older),
    db.prepare('DELETE FROM audit_tiles'),
    ...extendTiles(new Map(), 0, results.map(entryHash)).map(({ level, idx, hashes }) =>
      tile.bind(level, idx, joinHashes(hashes).toHex()),
    ),
  ])
}

const removeSeals = (log: SealedLog): Promise<unknown> =>
  run(log, 'DELETE FROM audit_checkpoints', 'DELETE FROM audit_tiles')

/** Those behind it get the next number. */
async function pushIn(log: SealedLog): Promise<void> {
  const seq = seqOf(log)
  await once(log, 'DELETE FROM audit_entries WHERE seq >= ?', seq)
  const copied = 'at, actor, action, subject, data FROM kept_audit_entries WHERE seq'
  await once(log, `INSERT INTO audit_entries SELECT seq, ${copied} = ?`, seq)
  await once(log, `INSERT INTO audit_entries SELECT seq + 1, ${copied} >= ?`, seq)
  await once(log, `UPDATE audit_entries SET subject = 'adj_of_eve' WHERE seq = ?`, seq)
}

/** Found by `verify`, and by the next sealing that is asked for. */
export const MUTATIONS: Readonly<Record<string, Change>> = {
  'flip: a bit of an entry’s actor, action or subject': flipText,
  'flip: a bit of an entry’s data': flipData,
  'flip: a bit of an entry’s time': flipTime,
  'flip: a bit of a hash': flipHash,
  'flip: a bit of the checkpoint': flipCheckpoint,
  'flip: the amount': (log) =>
    once(
      log,
      `UPDATE audit_entries SET data = json_set(data, '$.amount', data ->> 'amount' + ?) WHERE seq = ?`,
      1 + log.upTo(9),
      seqOf(log),
    ),
  'delete: a field of the data': (log) =>
    once(
      log,
      `UPDATE audit_entries SET data = json_remove(data, '$.' || (SELECT key FROM json_each(data) LIMIT 1))
        WHERE seq = ?`,
      seqOf(log),
    ),
  'delete: an entry': (log) => once(log, 'DELETE FROM audit_entries WHERE seq = ?', seqOf(log)),
  'delete: some entries': (log) => {
    const seq = seqOf(log)
    return once(log, 'DELETE FROM audit_entries WHERE seq BETWEEN ? AND ?', seq, seq + log.upTo(20))
  },
  'delete: an entry, and all behind it move up': async (log) => {
    const seq = seqOf(log)
    await once(log, 'DELETE FROM audit_entries WHERE seq >= ?', seq)
    await once(
      log,
      'INSERT INTO audit_entries SELECT seq - 1, at, actor, action, subject, data FROM kept_audit_entries WHERE seq > ?',
      seq,
    )
  },
  'delete: a tile': (log) =>
    once(
      log,
      `DELETE FROM audit_tiles WHERE (level, idx) IN (SELECT level, idx FROM audit_tiles ORDER BY level, idx
        LIMIT 1 OFFSET CAST(? AS INTEGER) % (SELECT count(*) FROM audit_tiles))`,
      log.upTo(1_000),
    ),
  'delete: the last hash of a tile': (log) => changeTile(log, 0, (hashes) => hashes.slice(0, -32)),
  'insert: an entry below the first': (log) =>
    once(
      log,
      'INSERT INTO audit_entries SELECT -?1, at, actor, action, subject, data FROM kept_audit_entries WHERE seq = ?1',
      seqOf(log),
    ),
  'insert: an entry among the others': pushIn,
  'insert: a name that stands there twice': (log) =>
    once(
      log,
      `UPDATE audit_entries SET data = '{"amount":-1,' || substr(data, 2) WHERE seq = ?`,
      seqOf(log),
    ),
  'insert: a hash behind the last': (log) =>
    once(
      log,
      `UPDATE audit_tiles SET hashes = unhex(hex(hashes) || ?) WHERE level = 0 AND idx = ?`,
      'ab'.repeat(32),
      Math.floor((log.size - 1) / 256),
    ),
  'swap: two entries': swapEntries,
  'swap: two entries, with all hashes, under the true checkpoint': async (log) => {
    await cutTail(log)
    await swapEntries(log)
    await sealWith(log.db, THIEF)
    await trueCheckpoints(log)
  },
  'swap: two hashes': swapHashes,
  'cut: the last entries': (log) =>
    once(log, 'DELETE FROM audit_entries WHERE seq > ? AND seq <= ?', log.upTo(log.size), log.size),
  'cut: the last entries, with all that is unsealed': (log) =>
    once(log, 'DELETE FROM audit_entries WHERE seq > ?', log.upTo(log.size)),
  'cut: back to an older checkpoint': cutBack,
  'cut: back to an older checkpoint, and on from there': async (log) => {
    await cutBack(log)
    await fill(log.db, 1 + log.upTo(300))
  },
  'fork: signed with another key': (log) => reseal(log, true),
  'fork: signed with another key that is planted': async (log) => {
    await reseal(log, true)
    await plantKey(log)
  },
  'fork: with more entries, signed with another key that is planted': async (log) => {
    await cutTail(log)
    await rewrite(log, true)
    await fill(log.db, 1 + log.upTo(300))
    await sealWith(log.db, THIEF)
    await plantKey(log)
  },
  'fork: with no hash and no checkpoint any more': async (log) => {
    await rewrite(log, true)
    await removeSeals(log)
  },
  'fork: and the row that says how far it was sealed': async (log) => {
    await rewrite(log, true)
    await removeSeals(log)
    await run(log, 'DELETE FROM audit_sealing')
  },
  're-sign: the true log with another key': async (log) => {
    await cutTail(log)
    await sealWith(log.db, THIEF)
  },
  're-sign: the true log with another key that is planted': async (log) => {
    await cutTail(log)
    await sealWith(log.db, THIEF)
    await plantKey(log)
  },
  're-sign: an entry with all hashes, under the true checkpoint': async (log) => {
    await reseal(log, false)
    await trueCheckpoints(log)
  },
  're-sign: an entry with all hashes and the root, under the true signature': async (log) => {
    await reseal(log, false)
    await once(
      log,
      `UPDATE audit_checkpoints SET note = (SELECT replace(k.note, k.root, audit_checkpoints.root)
        FROM kept_audit_checkpoints k WHERE k.size = ?)`,
      log.size,
    )
  },
  're-sign: an entry, with another key that is planted': async (log) => {
    await reseal(log, false)
    await plantKey(log)
  },
  'old checkpoint: it is the newest': (log) =>
    once(log, 'DELETE FROM audit_checkpoints WHERE size = ?', log.size),
  'old checkpoint: its root for the newest': (log) =>
    once(
      log,
      'UPDATE audit_checkpoints SET root = (SELECT root FROM audit_checkpoints WHERE size = ?) WHERE size = ?',
      log.older,
      log.size,
    ),
  'old checkpoint: its note for the newest': (log) =>
    once(
      log,
      'UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints WHERE size = ?) WHERE size = ?',
      log.older,
      log.size,
    ),
  'old checkpoint: the size of the newest': (log) =>
    once(
      log,
      'UPDATE audit_checkpoints SET size = size - ? WHERE size = ?',
      1 + log.upTo(20),
      log.size,
    ),
}

/** All that says otherwise is rewritten too: the sealing signs it, and only a checkpoint that was kept finds it. */
export const REWRITINGS: Readonly<Record<string, Change>> = {
  'fork: sealed afresh with the true key': async (log) => {
    await rewrite(log, true)
    await removeSeals(log)
    await run(log, 'DELETE FROM audit_keys', 'DELETE FROM audit_sealing')
  },
  're-sign: an entry, sealed afresh with the true key': async (log) => {
    await rewrite(log, false)
    await removeSeals(log)
    await run(log, 'DELETE FROM audit_keys', 'DELETE FROM audit_sealing')
  },
  'cut: back to an older checkpoint, with the row that says otherwise': async (log) => {
    await cutBack(log)
    await log.db
      .prepare('UPDATE audit_sealing SET sealed_size = ?1, witnessed_size = 0')
      .bind(log.older)
      .run()
  },
}
