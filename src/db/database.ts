import { drizzle } from 'drizzle-orm/d1'
import * as schema from './schema.ts'

export const openDatabase = (d1: D1Database) => drizzle(d1, { schema })

export type Database = ReturnType<typeof openDatabase>

/** Throws where the database doesn't answer, or has no tables yet. */
export async function assertReachable(db: Database): Promise<void> {
  await db.select({ seq: schema.events.seq }).from(schema.events).limit(1)
}
