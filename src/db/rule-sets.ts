// The rules behind a hash, kept when they first decide.

import { eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { ruleSets } from './schema.ts'

export type RuleSet = typeof ruleSets.$inferSelect

/** Writes nothing where it is there. */
export async function keepRuleSet(db: Database, ruleSet: RuleSet): Promise<void> {
  const { hash, text, gitCommit, firstSeenAt } = ruleSet
  await db.insert(ruleSets).select(
    sql`SELECT ${hash}, ${text}, ${gitCommit}, ${firstSeenAt}
      WHERE NOT EXISTS (SELECT 1 FROM rule_sets WHERE hash = ${hash})`,
  )
}

export async function findRuleSet(db: Database, hash: string): Promise<RuleSet | null> {
  const [row] = await db.select().from(ruleSets).where(eq(ruleSets.hash, hash))
  return row ?? null
}
