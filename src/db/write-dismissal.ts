import { and, eq } from 'drizzle-orm'
import type { Actor } from '../domain/audit.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
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
