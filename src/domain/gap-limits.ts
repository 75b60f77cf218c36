// Every bound of the search for deliveries that never came, named with its unit.

export const GAP_SEARCH_SECONDS = 3_600
/** What is younger is left alone: its delivery may be on its way. */
export const GAP_SETTLE_SECONDS = 15 * 60
/** Each search begins so long before the end of the last one: a source's own list may lag behind. */
export const GAP_OVERLAP_SECONDS = 30 * 60
/** How far back the first search of an endpoint looks, but never behind its first delivery. */
export const GAP_FIRST_SECONDS = 24 * 3_600
/** Of one search within one tick; after it the next tick goes on. */
export const GAP_RUN_SECONDS = 20
/** Nobody else searches meanwhile: a run, and the one call that may outlast it. */
export const GAP_LEASE_SECONDS = 120
export const GAP_DEADLINE_MS = 10_000
/** Of one tick; each moves the search on. */
export const GAP_STEPS_PER_RUN = 100
/** Of what one step can't read: with so many, it is not the tickets. */
export const GAP_UNREADABLE_MAX = 5
/** In a row, and people hear that nothing can be found. */
export const GAP_FAILURES_TOLD = 3
/** A ticket and what we heard of it are compared: two clocks. A second request within it is taken for the first. */
export const GAP_CLOCKS_APART_SECONDS = 5
/** Stripe's and Zendesk's own limit on one page. */
export const GAP_PAGE_ROWS = 100
/** Of one list of events; with more, a shorter time is asked for. */
export const GAP_PAGES_MAX = 10
/** The longest time that one list of events is asked for. */
export const GAP_SLICE_SECONDS = 24 * 3_600
/** Stripe's own limit on the types of one list. */
export const STRIPE_TYPES_MAX = 20
/** Of a ticket's audits; behind these nobody can tell who asked. */
export const AUDIT_PAGES_MAX = 10
