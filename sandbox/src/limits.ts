// Every bound of the sandbox, named with its unit last. Where the vendor documents one, it is his.

export const BODY_BYTES_MAX = 1_048_576
export const PAGE_ROWS_DEFAULT = 20
export const PAGE_ROWS_MAX = 100
export const BATCH_CUSTOMERS_MAX = 100
export const TEXT_CHARACTERS_MAX = 2000
export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 255
/** A key replays its first answer for 24 hours, and not longer (vendor's idempotency reference). */
export const IDEMPOTENCY_MS = 24 * 3600_000
/** A signed PDF address dies after 7 days (vendor's download reference). */
export const ADDRESS_MS = 7 * 24 * 3600_000
export const INVOICE_DUE_MS = 14 * 24 * 3600_000
export const REQUESTS_KEPT_MAX = 500
export const OUTBOX_KEPT_MAX = 500
export const FAULTS_MAX = 20
export const LATENCY_MS_MAX = 120_000
export const RATE_WINDOW_MS = 60_000
/** Far above any local test, so that the limiter acts only where a switch lowers it. */
export const RATE_CALLS_PER_WINDOW_DEFAULT = 100_000
/** Commet waits 10 s for a receiver and tries 8 times (vendor's webhook reference). */
export const DELIVERY_DEADLINE_MS = 10_000
export const DELIVERY_WAITS_MS = [1, 5, 15, 30, 60, 120, 240].map((minutes) => minutes * 60_000)
export const DELIVERY_ATTEMPTS_MAX = DELIVERY_WAITS_MS.length + 1
/** Three events in a row that fail for good disable an endpoint. */
export const FAILED_EVENTS_MAX = 3
/** Of one endpoint's deliveries that are due at the same time, so many are under way together. */
export const DELIVERIES_AT_ONCE_MAX = 6
/** One run of an endpoint's lane; what is left is due at once in the next. */
export const DELIVERIES_PER_RUN_MAX = 1000
/** A longer jump of the clock is a mistake. */
export const CLOCK_ADVANCE_SECONDS_MAX = 10 * 366 * 24 * 3600
/** The clock stays between these: outside them no invoice is dated, and far outside no date is. */
export const CLOCK_MIN_MS = Date.UTC(2000, 0, 1)
export const CLOCK_MAX_MS = Date.UTC(2100, 0, 1)
export const METADATA_LEVELS_MAX = 100
