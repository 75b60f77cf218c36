// A log that the test fills by SQL, and one who is past all guards.

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Deps } from '../src/deps.ts'
import { BOOTSTRAP } from '../src/domain/operator.ts'
import type { SigningKey } from '../src/domain/signed-note.ts'
import { exportLog } from '../src/usecases/export-log.ts'
import { linesOf } from './audit-export.ts'
import { fill, LOG_TABLES, ORIGIN, sealWith, VERIFIER } from './log-mutations.ts'

export { ORIGIN, VERIFIER }

/** Whoever owns the database can drop its triggers. They are there again afterwards. */
export async function withoutGuards<Value>(act: () => Promise<Value>): Promise<Value> {
  const { results } = await env.DB.prepare(
    `SELECT name, sql FROM sqlite_master WHERE type = 'trigger'
     AND tbl_name IN (SELECT value FROM json_each(?))`,
  )
    .bind(JSON.stringify(LOG_TABLES))
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
  withoutGuards(() =>
    env.DB.batch(LOG_TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`))),
  )

export const fillLog = (count: number): Promise<unknown> => fill(env.DB, count)

export const sealAs = (key: SigningKey, origin = ORIGIN): Promise<void> =>
  sealWith(env.DB, key, origin)

/** The lines of a whole export, which seals what is new first. */
export async function exported(deps: Deps): Promise<string[]> {
  const made = await exportLog(deps, BOOTSTRAP, 'ndjson', {})
  if (!made.ok) expect.fail(made.error.reason)
  return linesOf(made.value.parts)
}
