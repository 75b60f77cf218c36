// A log that the test fills by SQL, and one who is past all guards.

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Deps } from '../src/deps.ts'
import { rootOf } from '../src/domain/merkle.ts'
import { BOOTSTRAP } from '../src/domain/operator.ts'
import { entryHash, type EntryRow } from '../src/domain/sealed-entry.ts'
import { readPublicKey, signCheckpoint, type SigningKey } from '../src/domain/signed-note.ts'
import { extendTiles, frontierOf, joinHashes } from '../src/domain/tiles.ts'
import { finishVerification, openExport, takeLine } from '../src/domain/verify-export.ts'
import { exportLog } from '../src/usecases/export-log.ts'

export const ORIGIN = 'makegood.example/audit'

/** Of the key in vitest.config.ts. */
export const VERIFIER =
  'makegood.example/audit+9970207e+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk'

const TABLES = ['audit_entries', 'audit_tiles', 'audit_checkpoints', 'audit_keys', 'audit_sealing']

/** Whoever owns the database can drop its triggers. They are there again afterwards. */
export async function withoutGuards<Value>(act: () => Promise<Value>): Promise<Value> {
  const { results } = await env.DB.prepare(
    `SELECT name, sql FROM sqlite_master WHERE type = 'trigger'
     AND tbl_name IN (SELECT value FROM json_each(?))`,
  )
    .bind(JSON.stringify(TABLES))
    .all<{ name: string; sql: string }>()
  await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)))
  try {
    return await act()
  } finally {
    await env.DB.batch(results.map(({ sql }) => env.DB.prepare(sql)))
  }
}

export const tamper = (statement: string): Promise<unknown> =>
  withoutGuards(() => env.DB.prepare(statement).run())

export const clearLog = (): Promise<unknown> =>
  withoutGuards(() => env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`))))

/** Entries of made-up adjustments, ten each. */
export const fillLog = (count: number): Promise<unknown> =>
  env.DB.prepare(
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
export async function sealAs(key: SigningKey, origin = ORIGIN): Promise<void> {
  const { results: rows } = await env.DB.prepare(
    'SELECT * FROM audit_entries WHERE seq > 0 ORDER BY seq',
  ).all<EntryRow>()
  const leaves = rows.map(entryHash)
  const root = rootOf(frontierOf(leaves))
  const note = await signCheckpoint({ origin, size: rows.length, root }, [key])
  await env.DB.batch([
    env.DB.prepare('DELETE FROM audit_tiles'),
    env.DB.prepare('DELETE FROM audit_checkpoints'),
    ...extendTiles(new Map(), 0, leaves).map(({ level, idx, hashes }) =>
      env.DB.prepare('INSERT INTO audit_tiles VALUES (?, ?, unhex(?))').bind(
        level,
        idx,
        joinHashes(hashes).toHex(),
      ),
    ),
    env.DB.prepare('INSERT INTO audit_checkpoints VALUES (?, ?, 1793000000000, ?)').bind(
      rows.length,
      root.toBase64(),
      note,
    ),
    env.DB.prepare('UPDATE audit_sealing SET sealed_size = ?').bind(rows.length),
  ])
}

/** The lines of a whole export, which seals what is new first. */
export async function exported(deps: Deps): Promise<string[]> {
  let text = ''
  const decoder = new TextDecoder()
  const made = await exportLog(deps, BOOTSTRAP, 'ndjson', {})
  if (!made.ok) expect.fail(made.error.reason)
  for await (const part of made.value.parts) text += decoder.decode(part, { stream: true })
  return text.trimEnd().split('\n')
}

/** What an auditor is told who has the public key, and perhaps a checkpoint. */
export async function audited(
  lines: readonly string[],
  older: string | null = null,
): Promise<string> {
  const encoder = new TextEncoder()
  const [head = '', ...rest] = lines
  const opened = await openExport(encoder.encode(head), [readPublicKey(VERIFIER)!], older)
  if (!opened.ok) return opened.error
  for (const line of rest) takeLine(opened.value, encoder.encode(line))
  return finishVerification(opened.value).fault?.what ?? 'intact'
}
