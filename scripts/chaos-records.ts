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

export type Standing = {
  /** Under a lease. */
  readonly issuing: number
  readonly due: number
  /** Why the circuit is open, or was; null where it is closed. */
  readonly circuit: string | null
}

export async function standingOf(statePath: string): Promise<Standing> {
  const sql = `SELECT coalesce(sum(state = 'issuing'), 0) AS issuing, coalesce(sum(state = 'due'), 0) AS due,
      (SELECT cause FROM circuits) AS circuit FROM adjustments`
  const standing = z.object({
    issuing: z.number(),
    due: z.number(),
    circuit: z.string().nullable(),
  })
  const [row] = await read(statePath, sql, standing)
  return row ?? { issuing: 0, due: 0, circuit: null }
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
