// A log that the test fills by SQL, and one who is past all guards.

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Deps } from '../src/deps.ts'
import { BOOTSTRAP } from '../src/domain/operator.ts'
import { readPublicKey, type SigningKey } from '../src/domain/signed-note.ts'
import { finishVerification, openExport, takeLine } from '../src/domain/verify-export.ts'
import { exportLog } from '../src/usecases/export-log.ts'
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
