// Every bound of the Zendesk stand-in, named with its unit last. Where the vendor documents one, it is his.

export const PAGE_ROWS_MAX = 100
/** Zendesk's search answers no more than this, however one pages. */
export const SEARCH_ROWS_MAX = 1000
export const COMMENT_CHARACTERS_MAX = 65_536
export const TITLE_CHARACTERS_MAX = 255
export const TEXT_CHARACTERS_MAX = 65_536
export const TAG_CHARACTERS_MAX = 255
export const TICKET_TAGS_MAX = 200
export const FIELD_OPTIONS_MAX = 200
export const CONDITIONS_MAX = 50
export const ACTIONS_MAX = 50
/** Of each kind: webhooks, triggers, macros, views, fields. */
export const RECORDS_MAX = 500
export const TICKETS_MAX = 10_000
/** A trigger runs once in an update at most; more of them would make an update slow. */
export const INVOCATIONS_KEPT_MAX = 1000
export const DELIVERY_DEADLINE_MS = 10_000
/** After a 409 Zendesk tries three times more, after a silence five times; the waits are this sandbox's. */
export const CONFLICT_RETRIES_MAX = 3
export const SILENCE_RETRIES_MAX = 5
export const RETRY_WAIT_MS = 5000
/** A 429 or 503 is tried again only where its Retry-After is below this. */
export const RETRY_AFTER_SECONDS_MAX = 60
export const WAITING_RETRIES_MAX = 5
export const DELIVERIES_AT_ONCE_MAX = 6
export const DELIVERIES_PER_RUN_MAX = 1000
