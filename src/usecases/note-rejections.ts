// Writes down what was rejected, at most once a minute from each isolate. No answer waits for it.

import { addRejections } from '../db/write-rejections.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_DAY, MS_PER_HOUR, REJECTIONS_KEPT_DAYS } from '../domain/limits.ts'
import type { Rejections } from '../domain/rejection.ts'

/** `counts`: what the memory has given away, and takes back where it could not be written. */
export async function noteRejections(
  { db, now, rejections }: Pick<Deps, 'db' | 'now' | 'rejections'>,
  counts: readonly Rejections[],
): Promise<void> {
  const keptSince = Math.floor((now() - REJECTIONS_KEPT_DAYS * MS_PER_DAY) / MS_PER_HOUR)
  try {
    await addRejections(db, counts, keptSince)
  } catch (error) {
    rejections.putBack(counts)
    throw error
  }
}
