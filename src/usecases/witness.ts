import { findNewestCheckpoint, type SealingRow } from '../db/read-seal.ts'
import { commitWitness } from '../db/write-seal.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY } from '../domain/limits.ts'

/** A day that is still to come stands there only if somebody has written it; clocks differ by less than one. */
export const isWitnessDue = ({ witnessedDay }: SealingRow, day: number): boolean =>
  day > witnessedDay || witnessedDay > day + 1

/**
 * Once a day (UTC) the newest checkpoint goes out to where the database's owner can't change it, also where nothing is
 * new: a day without one is a sign of its own.
 */
export async function witness(deps: Deps, row: SealingRow): Promise<void> {
  const at = deps.now()
  const day = Math.floor(at / MS_PER_DAY)
  if (!isWitnessDue(row, day)) return
  const newest = await findNewestCheckpoint(deps.db)
  if (newest === null) return
  const isTold = await commitWitness(deps.db, { size: newest.size, day, at })
  // The sweep finds it in any case.
  if (isTold) await deps.wakeNotices([{ about: `checkpoint:${newest.size}` }])
}
