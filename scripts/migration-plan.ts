// Which migrations a database lacks, and what has to be done before they are applied. Pure.

export type MigrationPlan = {
  /** Files that the database lacks, oldest first. */
  readonly missing: readonly string[]
  /** Applied there, and not in this checkout: the database is newer than this code. */
  readonly unknown: readonly string[]
  /** Of the missing ones, those that the code of before can't work with. */
  readonly breaking: readonly string[]
}

/**
 * A release adds (tables, columns that may be empty), and only a later one takes away, so that the code of before
 * works on while it is deployed, and after a rollback. What doesn't keep to this stands here, with what the code of
 * before can't do over it: it asks for a pause. No pause helps deliveries, so no later one may stop their being taken in.
 */
export const BREAKING_MIGRATIONS: Readonly<Record<string, string>> = {
  '0009_links.sql': 'open a link, or write an invoice down',
  '0011_erasure.sql':
    'take a delivery in (503, paused or not, which most senders try again: docs/upgrading.md), or read an event',
}

/** A database in which nothing was ever applied has no code that could be stopped. */
export function planMigrations(
  files: readonly string[],
  applied: readonly string[],
  breaking: readonly string[] = Object.keys(BREAKING_MIGRATIONS),
): MigrationPlan {
  const missing = files.filter((name) => !applied.includes(name))
  return {
    missing,
    unknown: applied.filter((name) => !files.includes(name)),
    breaking: applied.length === 0 ? [] : missing.filter((name) => breaking.includes(name)),
  }
}
