// Every bound of the product, named with its unit: here, and those of missed deliveries in gap-limits.ts.
// Nothing else in src/ writes such a number.

export const MS_PER_DAY = 86_400_000
export const MS_PER_HOUR = 3_600_000

// Deliveries
export const BODY_BYTES_MAX = 1_048_576
export const EVENTS_PER_DELIVERY_MAX = 500
/** Salesforce's own limit on one outbound message. */
export const NOTIFICATIONS_PER_MESSAGE_MAX = 100
export const SIGNATURES_PER_HEADER_MAX = 10
export const SECRETS_PER_ENDPOINT_MAX = 4
export const SIGNATURE_HEADER_CHARS_MAX = 4_096
export const SIGNATURE_TOLERANCE_SECONDS = 300
/** D1 refuses a bound value of 2 MB; a delivery that grows past this is kept as its raw bytes. */
export const BOUND_VALUE_BYTES_MAX = 1_900_000
/** The widest tolerance that a configuration may give a signature's time. */
export const SIGNATURE_TOLERANCE_SECONDS_MAX = 3_600
/** Of a path to a value in a body, such as `data.object.id`. */
export const BODY_PATH_CHARS_MAX = 200
export const BODY_PATH_STEPS_MAX = 8
export const BODY_PATHS_PER_ID_MAX = 5
export const NATIVE_ID_CHARS_MAX = 200
export const EVENT_TYPE_CHARS_MAX = 200
export const SUBJECT_CHARS_MAX = 200
export const REASON_CHARS_MAX = 300
export const CUSTOMER_REFERENCE_CHARS_MAX = 200
export const ASKER_CHARS_MAX = 254
export const PARTS_PER_EVENT_MAX = 20

// Published keys of senders
export const KEY_SET_DEADLINE_MS = 5_000
export const KEY_SET_BYTES_MAX = 65_536
export const KEYS_PER_SET_MAX = 50
export const KEY_SET_KEPT_SECONDS = 3_600
/** Beyond that, while no newer set can be fetched. */
export const KEY_SET_SERVED_STALE_SECONDS_MAX = 24 * 3_600
/** A token with an unknown key asks for the set again, but not more often than this. */
export const KEY_SET_REFETCH_SECONDS_MIN = 60
/** After a set could not be fetched. */
export const KEY_SET_RETRY_SECONDS_MIN = 10

// Money
/** Ten billion in a currency of two decimals: above what any adjustment is, far below 2^53. */
export const AMOUNT_MINOR_UNITS_MAX = 1_000_000_000_000
export const AMOUNT_TEXT_CHARS_MAX = 32
export const DESCRIPTION_CHARS_MAX = 500

// Money limits
/** 250.00 in a currency of two decimals. */
export const HOLD_ABOVE_MINOR_UNITS_DEFAULT = 25_000
export const HOLD_FIRST_DEFAULT = 10
export const HOLD_FIRST_MAX = 1_000
export const DUPLICATE_HOURS_DEFAULT = 24
export const DUPLICATE_HOURS_MAX = 24 * 31
export const LIMIT_DAYS_MAX = 366
/** Of a customer's or an asker's adjustments that a limit adds up; with more, the next one is held. */
export const LIMIT_ROWS_MAX = 1_000
export const FORMER_RULE_IDS_MAX = 20

// Holds
export const HOLD_REMIND_SECONDS = 4 * 3_600
export const HOLD_ESCALATE_SECONDS = 24 * 3_600
export const HOLD_EXPIRE_SECONDS = 14 * 24 * 3_600
export const NOTE_CHARS_MAX = 500
/** What is paused is looked at again after this, also if nobody resumes it. */
export const PAUSE_LOOK_SECONDS = 15 * 60
/** Of paused rows that one sweep puts off, so that they don't stand before what is to be issued. */
export const PAUSED_ROWS_PER_SWEEP_MAX = 20_000
export const PAUSED_CUSTOMERS_MAX = 500
/** Of a list of switches: all that there can be, but for a configuration out of bounds. */
export const SWITCHES_LISTED_MAX = 1_000
/** Of adjustments that one dry run asks about: each is one or two billing calls. */
export const DRY_RUN_ADJUSTMENTS_MAX = 20

/** Of an approval by event: how often what moves meanwhile is read again. */
export const APPROVAL_READS_MAX = 3
/** Apart in time, two facts of one customer and amount are two refunds. */
export const SAME_REFUND_SECONDS = 24 * 3_600
/** A refund that was seen is forgotten after this. */
export const SEEN_REFUND_KEPT_SECONDS = 48 * 3_600
/** Of refunds of one amount that are compared with one record. */
export const SEEN_REFUNDS_MAX = 20
/** Of what has ended, removed with each new one. */
export const SEEN_REFUNDS_TIDIED_MAX = 10
/** Of a status that was seen: how often a row that moves meanwhile is read again. */
export const SEEN_READS_MAX = 3

// Issuing
export const LEASE_SECONDS = 120
export const BILLING_DEADLINE_MS = 20_000
/** A billing call starts only with this much of the lease left, so that it ends inside it. */
export const LEASE_LEFT_SECONDS_MIN = 30
/** Commet replays an idempotency key for 24 h; one hour is kept as a margin. */
export const POST_WITHOUT_LOOK_SECONDS = 23 * 3_600
/** By then it is certainly forgotten. */
export const KEY_FORGOTTEN_SECONDS = 25 * 3_600
export const LISTING_SETTLE_SECONDS = 15 * 60
/** In which currency the billing API bills a customer is believed for an hour. */
export const CUSTOMER_KNOWN_SECONDS = 3_600
/** Rows that one write of a known customer looks at for what has ended. */
export const KNOWN_CUSTOMERS_TIDIED_MAX = 10
/** How many of a customer's invoices are read to learn the currency that he is billed in. */
export const RECENT_INVOICE_ROWS = 20
export const LOOK_PAGES_MAX = 50
export const LOOK_PAGE_ROWS = 100
export const LOOK_BACK_SECONDS = 24 * 3_600
/** With the delays below this is more than 24 h of trying. */
export const ATTEMPTS_MAX = 40
export const BACKOFF_FIRST_SECONDS = 15
export const BACKOFF_MAX_SECONDS = 3_600
export const KEY_TROUBLE_RETRY_SECONDS = 300

// Circuit
/** So many callers in a row without an answer of the billing API, and nobody calls it any more. */
export const CIRCUIT_FAILURES_MAX = 5
export const CIRCUIT_PROBE_SECONDS_FIRST = 30
export const CIRCUIT_PROBE_SECONDS_MAX = 300
/** Nobody else probes meanwhile: as long as the lease under which the probe posts. */
export const CIRCUIT_PROBE_LEASE_SECONDS = 120
/** After a failed probe of its own; longer than what it had parked waits: the probe's lease, the spread, a sweep. */
export const COMPARISON_TURN_SECONDS = 300
/** A Retry-After that holds everybody back is believed for an hour at most. */
export const CIRCUIT_WAIT_SECONDS_MAX = 3_600
/** Over which what was parked comes back. */
export const CIRCUIT_SPREAD_SECONDS = 60
/** Of the rows that wait longest, and of those that wait least: among them the sweep finds the next probe. */
export const CIRCUIT_CANDIDATES_MAX = 1_000
/** Of the circuit's row that others change meanwhile: how often it is read again. */
export const CIRCUIT_READS_MAX = 3

// Requeueing
export const REQUEUE_ROWS_MAX = 500
export const REQUEUE_IDS_MAX = 100
/** Of a state that the status counts; with more it says so many. */
export const STATUS_COUNT_MAX = 10_000

// Billing calls
export const ANSWER_BYTES_MAX = 4_194_304
export const BILLING_ID_CHARS_MAX = 256
export const IDEMPOTENCY_KEY_CHARS_MAX = 255
/** The vendor's own limit on one `POST /customers/batch`. */
export const CUSTOMERS_PER_BATCH_MAX = 100
/** Longer waits are cut to a day: by then Commet has forgotten the idempotency key anyhow. */
export const RETRY_AFTER_SECONDS_MAX = 86_400
/** A Retry-After of zero still waits, so that nobody spins. */
export const RETRY_AFTER_SECONDS_MIN = 1
/** Of a foreign code, request id or field's name that is kept. */
export const WORD_CHARS_MAX = 128

// Clock
export const WAKE_AFTER_SECONDS = 60
export const SWEEP_ROWS_MAX = 500
export const QUEUE_MESSAGES_PER_SEND_MAX = 100
/** As wrangler.toml says: so many adjustments at once in one Worker, and so many Workers. */
export const QUEUE_BATCH_MESSAGES_MAX = 5
export const QUEUE_CONSUMERS_MAX = 5

// Operator's API
/** Of a JSON body of the operator's API. */
export const API_BODY_BYTES_MAX = 65_536
/** Of the faults of one body that an answer lists. */
export const BODY_FAULTS_MAX = 20
export const REQUEST_ID_CHARS_MAX = 64
export const LOG_MESSAGE_CHARS_MAX = 300
/** Of a key's secret part, and of its id: 32 characters of base32. */
export const OPERATOR_KEY_BYTES = 20
export const OPERATOR_NAME_CHARS_MAX = 64
/** The longest address that mail can go to. */
export const EMAIL_CHARS_MAX = 254
export const OPERATOR_KEY_DAYS_MAX = 3_650
/** Sixteen characters behind `ck_mg_` are no guess; a link key is at least 32 characters. */
export const OPERATOR_KEY_CHARS_MIN = 16
export const LINK_KEY_CHARS_MIN = 32
export const PAGE_ROWS_DEFAULT = 25
export const PAGE_ROWS_MAX = 100
/** Of a list whose filter has no index; what fits further down is on the next page. */
export const LIST_ROWS_READ_MAX = 1_000

// Identities
export const IDENTITY_IMPORT_BYTES_MAX = 1_048_576
export const IDENTITY_IMPORT_ROWS_MAX = 5_000
/** Of the faults of one import that its answer lists. */
export const IDENTITY_IMPORT_FAULTS_MAX = 100

// What an event is explained with
export const WHY_FIELDS_MAX = 50
export const WHY_FIELD_CHARS_MAX = 200
/** How deep a field may lie. */
export const WHY_FIELD_STEPS_MAX = 8

// Notices
export const NOTICE_DEADLINE_MS = 10_000
/** Nobody else tries a notice meanwhile. */
export const NOTICE_LEASE_SECONDS = 120
/** Of each channel. With the delays of `backoff.ts` this is more than a day. */
export const NOTICE_ATTEMPTS_MAX = 40
export const NOTICE_KEY_TROUBLE_RETRY_SECONDS = 300
/** A refused key uses up no attempts: so long it is waited for until somebody mends it. */
export const NOTICE_WAIT_SECONDS_MAX = 14 * 24 * 3_600
/** A note is written only with this much of the lease left, so that a later look finds it. */
export const NOTICE_LEASE_LEFT_SECONDS_MIN = 30
export const CHANNELS_MAX = 10
/** Of one line of a notice's text in the configuration, and of what a field puts into it. */
export const NOTE_LINE_CHARS_MAX = 500
export const NOTE_FIELD_CHARS_MAX = 1_000
/** What is still due after this, since it was asked for or something was told of it, is told once. */
export const NOTICE_DUE_AFTER_SECONDS = 10 * 60
/** Of tags on a ticket by which we know what was told there: far more than can wait at a time. */
export const NOTICE_MARKERS_MAX = 10
/** Of a ticket's notes that are read to find ours. */
export const NOTE_PAGE_ROWS = 100
export const NOTE_PAGES_MAX = 10
/** HubSpot's own limit on one list of an object's notes. */
export const HUBSPOT_NOTES_MAX = 500
/** Intercom's own limit on the parts that it shows. */
export const INTERCOM_PARTS_MAX = 500
/** After a write whose outcome is unknown: until then a source's list may not have it. */
export const NOTE_SETTLE_SECONDS = 60
/** How much older than its notice a note can look: two clocks are compared. */
export const NOTE_CLOCKS_APART_SECONDS = 3_600

export * from './limits-reconciliation.ts'
export * from './limits-audit.ts'
export * from './limits-calls.ts'
export * from './limits-retention.ts'
export * from './limits-api.ts'
export * from './limits-reports.ts'
export * from './limits-dashboard.ts'
