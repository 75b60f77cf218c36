// What a dry run reads. The limits are the claim's own expression; nothing here writes.

import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import type { HoldDetail } from '../domain/hold.ts'
import type { EventId } from '../domain/ids.ts'
import { PARTS_PER_EVENT_MAX } from '../domain/limits.ts'
import { approversNeeded, askedRow, foundReasons, isUndone, type Asked } from './asked.ts'
import type { Database } from './database.ts'
import { adjustments, endpointStarts, undos, type Adjustment } from './schema.ts'
import type { NewUndo } from './pack-delivery.ts'

export type DryAnswer = {
  /** Everything for which the claim would hold it, as things are now. */
  readonly found: readonly HoldDetail[]
  /** People, once it is held. */
  readonly approversNeeded: number
  /** It was undone before it came: the claim would cancel it. */
  readonly isUndone: boolean
}

export async function askDry(db: Database, asked: Asked): Promise<DryAnswer> {
  const [row] = await db
    .select({
      found: sql`${foundReasons(asked)}`.mapWith(readDetails),
      approversNeeded: sql`${approversNeeded(asked)}`.mapWith(Number),
      isUndone: sql`${isUndone}`.mapWith(Boolean),
    })
    .from(sql`${askedRow(asked)} ask`)
  return row ?? { found: [], approversNeeded: 1, isUndone: false }
}

/** The expression above made it, of `HoldDetail` only. */
const readDetails = (text: string): readonly HoldDetail[] => JSON.parse(text)

/** When an endpoint received its first event, milliseconds; null where it has received none. */
export async function findEndpointStart(db: Database, endpoint: string): Promise<number | null> {
  const [row] = await db
    .select({ at: endpointStarts.at })
    .from(endpointStarts)
    .where(eq(endpointStarts.endpoint, endpoint))
  return row?.at ?? null
}

export type UndoneByIt = {
  readonly adjustments: readonly Adjustment[]
  /** The event that has undone it before, so that nothing is left to write. */
  readonly undoneBy: EventId | null
}

/** What an undo would meet, at most PARTS_PER_EVENT_MAX of them. */
export async function findUndone(
  db: Database,
  account: string,
  { subject, ruleIds }: Pick<NewUndo, 'subject' | 'ruleIds'>,
  mode: Mode | null,
): Promise<UndoneByIt> {
  const [rows, known] = await db.batch([
    db
      .select()
      .from(adjustments)
      .where(
        and(
          eq(adjustments.account, account),
          eq(adjustments.subject, subject),
          inArray(adjustments.ruleId, [...ruleIds]),
        ),
      )
      .limit(PARTS_PER_EVENT_MAX),
    db
      .select({ eventId: undos.eventId })
      .from(undos)
      .where(
        and(
          eq(undos.account, account),
          eq(undos.subject, subject),
          inArray(undos.ruleId, [...ruleIds]),
          eq(undos.mode, mode ?? ''),
        ),
      ),
  ])
  const [first] = known
  const undoneBy = known.length === ruleIds.length ? (first?.eventId ?? null) : null
  return { adjustments: rows, undoneBy }
}
