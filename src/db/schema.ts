// The tables, as a contract: D1 is the truth of everything that Makegood knows. Times are integers,
// milliseconds since 1970. Money is signed integers of minor units. Triggers and STRICT, which
// Drizzle can't express, are written by hand in migrations/.

import type { adjustments } from './schema-adjustments.ts'
import type { events, links } from './schema-events.ts'
import type { gapSearches } from './schema-gaps.ts'
import type { notices } from './schema-notices.ts'
import type { identities, keys } from './schema-people.ts'
import type { discrepancies, reconciliations } from './schema-reconciliation.ts'
import type { erasures } from './schema-retention.ts'

export * from './schema-adjustments.ts'
export * from './schema-audit.ts'
export * from './schema-controls.ts'
export * from './schema-events.ts'
export * from './schema-gaps.ts'
export * from './schema-idempotency.ts'
export * from './schema-notices.ts'
export * from './schema-people.ts'
export * from './schema-reconciliation.ts'
export * from './schema-retention.ts'
export * from './schema-totals.ts'

export type Adjustment = typeof adjustments.$inferSelect
export type Discrepancy = typeof discrepancies.$inferSelect
export type Erasure = typeof erasures.$inferSelect
export type Event = typeof events.$inferSelect
export type GapSearch = typeof gapSearches.$inferSelect
export type Identity = typeof identities.$inferSelect
export type Key = typeof keys.$inferSelect
export type Link = typeof links.$inferSelect
export type NoticeRow = typeof notices.$inferSelect
export type Reconciliation = typeof reconciliations.$inferSelect
