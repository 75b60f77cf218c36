// A log that the test fills by SQL, and one who is past all guards.

import { env } from 'cloudflare:workers'

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
