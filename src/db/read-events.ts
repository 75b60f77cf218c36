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
export type EventWithPayload = { readonly event: Event; readonly payload: Payload | null }

const withPayload = (db: Database, id: EventId) =>
  db
    .select()
    .from(events)
    .leftJoin(payloads, eq(payloads.eventSeq, events.seq))
    .where(eq(events.id, id))

export async function findEvent(db: Database, id: EventId): Promise<EventWithPayload | null> {
  const [row] = await withPayload(db, id)
  return row ? { event: row.events, payload: row.payloads } : null
}

/** Those that are there, in one call; in the order of `ids`. */
export async function findEvents(
  db: Database,
  ids: readonly EventId[],
): Promise<readonly EventWithPayload[]> {
  const [first, ...others] = ids.map((id) => withPayload(db, id))
  if (first === undefined) return []
  const found = await db.batch([first, ...others])
  return found.flat().map((row) => ({ event: row.events, payload: row.payloads }))
}
