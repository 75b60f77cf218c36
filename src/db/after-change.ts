import { sql } from 'drizzle-orm'

/** Condition of an insert that belongs to the statement directly before it in the batch. */
export const AFTER_CHANGE = sql`changes() = 1`
