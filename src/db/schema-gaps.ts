// How far each source that can be asked was asked for deliveries that never came.

import { sql } from 'drizzle-orm'
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { forMigrations } from './for-migrations.ts'

export const gapSearches = sqliteTable(
  'gap_searches',
  {
    endpoint: text('endpoint').primaryKey(),
    /** What happened before was asked for: a search begins a little before it. */
    searchedUntil: integer('searched_until').notNull(),
    /** How far the search has come that is under way. */
    position: integer('position'),
    /** When it is searched next, or the lease of who searches ends. The only clock. */
    wakeAt: integer('wake_at').notNull(),
    /** Rises with each lease: who commits names the one that he has. */
    version: integer('version').notNull(),
    /** Events that the search under way has taken in: counted with each, told when it ends. */
    found: integer('found').notNull(),
    /** In a row, and the code of the last one. */
    failures: integer('failures').notNull(),
    trouble: text('trouble'),
    lastAt: integer('last_at'),
    lastFound: integer('last_found'),
  },
  forMigrations((table) => [
    check('gap_searches_counts', sql`${table.found} >= 0 AND ${table.failures} >= 0`),
    check('gap_searches_trouble', sql`(${table.trouble} IS NULL) = (${table.failures} = 0)`),
    check('gap_searches_last', sql`(${table.lastAt} IS NULL) = (${table.lastFound} IS NULL)`),
  ]),
)
