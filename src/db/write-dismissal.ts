import { and, eq, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Actor } from '../domain/audit.ts'
import type { EventId } from '../domain/ids.ts'
import { AFTER_CHANGE } from './after-change.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import { insertEntry } from './insert-entry.ts'
import { events, type Event } from './schema.ts'

/** Only its fate changes: what was decided of it, and why, stays. Null where somebody was first. */
export const commitDismissal = (
  db: Database,
  { id, fate, source }: Event,
  actor: Actor,
  now: number,
): Promise<Event | null> =>
  commitChange(
    db,
    db
      .update(events)
      .set({ fate: 'dismissed' })
      .where(and(eq(events.id, id), eq(events.fate, fate)))
      .returning(),
    { at: now, actor, action: 'event.dismissed', subject: id, data: { fate }, source },
  )

type Answer = { readonly actor: Actor; readonly by: EventId; readonly at: number }

/**
 * The end of an event that a person answers by hand, for the batch of his answer. Where it is not as it was read, it
 * has no fate for it: the batch fails, and no answer is made. Nothing is told of it: what is made tells itself.
 */
export const settleAnswered = (
  db: Database,
  { id, fate, source }: Event,
  { actor, by, at }: Answer,
): readonly BatchItem<'sqlite'>[] => [
  db
    .update(events)
    .set({ fate: sql`iif(${events.fate} = ${fate}, 'dismissed', NULL)` })
    .where(eq(events.id, id)),
  insertEntry(
    db,
    { at, actor, action: 'event.dismissed', subject: id, data: { fate, by }, source },
    AFTER_CHANGE,
  ),
]
