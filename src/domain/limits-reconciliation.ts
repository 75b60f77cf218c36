// The bounds of comparing our record with the billing API. Imported by limits.ts.

export const RECONCILE_EVERY_SECONDS = 3_600
/** A window begins so long before the end of the last one. */
export const RECONCILE_OVERLAP_SECONDS = 3_600
/** Nothing is claimed by a record that has gone uncompared for longer: less than the billing API knows a key. */
export const COMPARED_WITHIN_SECONDS = 20 * 3_600
/** What waits for a comparison looks again after so long. */
export const RECORD_LOOK_SECONDS = 120
export const RECONCILE_LEASE_SECONDS = 120
/** Of one tick: no further billing call is made then. */
export const RECONCILE_TICK_SECONDS = 40
/** Of one tick; each is one batch. */
export const RECONCILE_STEPS_PER_RUN = 100
/** Of LOOK_PAGE_ROWS each. */
export const RECONCILE_PAGES_PER_RUN = 10
export const RECONCILE_PAGES_MAX = 10_000
/** Of single invoices that one tick asks for. */
export const RECONCILE_LOOKUPS_PER_RUN = 20
/** A single invoice that is asked for so often in vain is passed over. */
export const RECONCILE_TRIES_MAX = 3
/** So often a comparison waits for single invoices, in all: then it passes over each at once. */
export const RECONCILE_WAITS_MAX = 60
/** Of open discrepancies that one reconciliation looks at again. */
export const RECONCILE_RECHECKS_MAX = 100
export const RECONCILE_RETRY_SECONDS = 60
/** A record that has not been compared for so long is an alarm. */
export const RECONCILE_LATE_SECONDS = 6 * 3_600
export const RECONCILE_TIDIED_ROWS = 5_000
/** Of a window that a person asks for. */
export const RECONCILE_DAYS_MAX = 92
/** How far back a database can be put: the longest that D1 keeps. */
export const RECONCILE_RESTORED_DAYS_DEFAULT = 30
/** A record that is not marked paid by then. */
export const RECONCILE_SETTLE_SECONDS = 3_600
/** What the sweep should have taken by then; it takes the oldest first. */
export const RECONCILE_STUCK_SECONDS = 2 * 3_600
export const RECONCILE_STUCK_ROWS_MAX = 100
/** Of events that one step looks at. */
export const RECONCILE_EVENTS_PER_STEP = 1_000
/** Of invoices that are known to carry an adjustment's id, which its first attempt asks for. */
export const KNOWN_INVOICES_MAX = 5
