import { findNewestCheckpoint, type SealingRow } from '../db/read-seal.ts'
import { commitWitness } from '../db/write-seal.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY } from '../domain/limits.ts'

/** Once a day (UTC) the newest checkpoint goes out to where the database's owner can't change it. */
export async function witness(
  deps: Deps,
  { witnessedDay, witnessedSize }: SealingRow,
): Promise<void> {
  const at = deps.now()
  const day = Math.floor(at / MS_PER_DAY)
  if (day <= witnessedDay) return
  const newest = await findNewestCheckpoint(deps.db)
  if (newest === null) return
  const isNew = newest.size > witnessedSize
  const isTold = await commitWitness(deps.db, { size: newest.size, day, at }, isNew)
  // The sweep finds it in any case.
  if (isTold) await deps.wakeNotices([{ about: `checkpoint:${newest.size}` }])
}
