import { eq } from 'drizzle-orm'
import type { Encoding } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { events, payloads, type Event } from './schema.ts'

/** `isWhole`: the delivery's whole body, or the event's own part of it, written as JSON. */
export type Payload = {
  readonly encoding: Encoding
  readonly body: string
  readonly isWhole: boolean
}

/** The event with what was delivered; `payload` is null once it was forgotten. */
export async function findEvent(
  db: Database,
  id: EventId,
): Promise<{ readonly event: Event; readonly payload: Payload | null } | null> {
  const [row] = await db
    .select()
    .from(events)
    .leftJoin(payloads, eq(payloads.eventSeq, events.seq))
    .where(eq(events.id, id))
  return row ? { event: row.events, payload: row.payloads } : null
}
