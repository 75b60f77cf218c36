import { drizzle } from 'drizzle-orm/d1'
import { events } from './schema.ts'

/** `tells`: whether people at a source are told what became of what they asked for. */
export const openDatabase = (d1: D1Database, tells: (source: string) => boolean = () => false) =>
  Object.assign(drizzle(d1), { tells })

/** The connection; a write of a fact that is told also writes that it has to be. */
export type Database = ReturnType<typeof openDatabase>

/** Throws where the database doesn't answer, or has no tables yet. */
export async function assertReachable(db: Database): Promise<void> {
  await db.select({ seq: events.seq }).from(events).limit(1)
}
