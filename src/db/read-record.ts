// How old our record is, seen from the billing API: until when it has been compared, and if claims wait for that.

import { sql } from 'drizzle-orm'
import { assert } from '../domain/assert.ts'
import type { Mode } from '../domain/event.ts'
import type { Database } from './database.ts'
import { findOutlook, isRecordOld } from './read-reconciliations.ts'

/** Whether nothing is claimed before the next comparison. `mode`: of the billing key. */
export async function findIsRecordOld(db: Database, mode: Mode, now: number): Promise<boolean> {
  const [row] = await db.all<{ readonly isOld: number }>(
    sql`SELECT ${isRecordOld(mode, now)} AS isOld`,
  )
  assert(row !== undefined, 'a look that answers one row')
  return row.isOld === 1
}

/** `comparedUntil`: milliseconds since 1970; null where nothing ever was. */
export async function findRecordAge(
  db: Database,
  mode: Mode,
  now: number,
): Promise<{ readonly comparedUntil: number | null; readonly isOld: boolean }> {
  const { doneUntil } = await findOutlook(db, mode, now)
  return { comparedUntil: doneUntil, isOld: await findIsRecordOld(db, mode, now) }
}
