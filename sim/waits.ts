// How what has failed waits for its next try, past the product: at any time, since it is gone in the end.

import type { Sqlite } from './sqlite.ts'

type Watched = { readonly database: Sqlite; readonly violations: string[] }

/** To be called each now and then. */
export function watchWaits({ database, violations }: Watched): () => void {
  return () => {
    const uncounted = database.rows<{ seq: number }>(
      `SELECT seq FROM notices WHERE wake_at IS NOT NULL AND channels LIKE '%"attempts":-%'`,
    )
    for (const { seq } of uncounted) violations.push(`attempts: notice ${seq} has less than none`)
  }
}
