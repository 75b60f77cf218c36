// What only the app's own database tells of a chaos run: read from its file, also while it runs.

import * as z from 'zod'
import { openLocal } from './backtest-database.ts'

async function read<Row>(statePath: string, sql: string, row: z.ZodType<Row>): Promise<Row[]> {
  const database = openLocal(statePath)
  try {
    return z.array(row).parse(await database.query(sql))
  } finally {
    database.close()
  }
}

/** Adjustments under a lease. */
export async function attemptsInFlight(statePath: string): Promise<number> {
  const sql = `SELECT count(*) AS count FROM adjustments WHERE state = 'issuing'`
  const [row] = await read(statePath, sql, z.object({ count: z.number() }))
  return row?.count ?? 0
}

/** Certain refusals: the call was not done. */
const CERTAIN = ['rate_limited', 'unauthorized', 'forbidden', 'validation_error', 'lease_short']

/** Adjustments whose process died in an attempt, or one of whose posts was not answered for certain. */
export async function ambiguousIn(statePath: string): Promise<string[]> {
  const certain = CERTAIN.map((code) => `'${code}'`).join()
  const rows = await read(
    statePath,
    `SELECT DISTINCT subject FROM audit_entries WHERE action = 'adjustment.lease_expired'
      OR (action IN ('adjustment.postponed', 'adjustment.held') AND data ->> '$.trouble.step' = 'post'
        AND data ->> '$.trouble.code' NOT IN (${certain}))`,
    z.object({ subject: z.string() }),
  )
  return rows.map(({ subject }) => subject)
}
