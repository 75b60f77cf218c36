// Bounds of what is kept of a delivery, and for how long.

/** Beside each payload, so that its hash in the audit log can't be guessed back. */
export const SALT_BYTES = 16
/** Names and paths that a configuration takes out. */
export const REDACTED_PATHS_MAX = 50
/** Of places in one event that are asked if a rule reads them; further ones are taken out unasked. */
export const REDACTIONS_TRIED_MAX = 20
/** Of schemas of one path that lie in each other: unions, wrappers, one that holds itself. */
export const SCHEMA_WRAPPERS_MAX = 32

// Retention
export const MONEY_PAYLOAD_DAYS_DEFAULT = 400
export const IGNORED_PAYLOAD_DAYS_DEFAULT = 30
export const PAYLOAD_DAYS_MAX = 3_650
/** Of notices that are done, and of alarms: as long as somebody may ask what was told. */
export const NOTICE_KEPT_DAYS = 400
/** That a link was opened, since it last was. */
export const OPENINGS_KEPT_DAYS = 400
/** Of links, that one look goes through for it. */
export const OPENINGS_LOOKED_AT_MAX = 5_000
export const RETENTION_EVERY_SECONDS = 3_600
/** Nobody else forgets meanwhile. */
export const RETENTION_LEASE_SECONDS = 120
/** Of each table, that one step looks at. */
export const RETENTION_ROWS_PER_STEP = 500
export const RETENTION_STEPS_PER_TICK = 10

// Erasure
/** One that waits for a refund is open for two days, for an asker as long as a limit counts him. */
export const ERASURES_OPEN_MAX = 100
/** Of ids, and of texts, by which one customer is found. */
export const ERASURE_IDENTIFIERS_MAX = 200
/** A shorter text is compared with whole references only, and not looked for in payloads. */
export const ERASURE_TEXT_CHARS_MIN = 5
/** So is one without a letter that has fewer digits: it would be an amount, a ZIP code or a date of others. */
export const ERASURE_DIGITS_MIN = 9
/** A number in JSON below this is an amount or a count, and never his. */
export const ERASURE_NUMBER_MIN = 1_000_000_000
/** Adjustments that count, newest first, whose references are read when an erasure is asked for. */
export const ERASURE_REFERENCES_READ_MAX = 5_000
/** Undecided events and conflicts that an erasure names as what it waits for. */
export const ERASURE_UNDECIDED_SHOWN_MAX = 100
export const ERASURE_LEASE_SECONDS = 120
export const ERASURE_STEPS_PER_TICK = 20
/** One tick goes on no longer than this. */
export const ERASURE_TICK_SECONDS = 20
/** Adjustments, or events, that one step looks at. */
export const ERASURE_ROWS_PER_STEP = 200
/** Of payloads and decisions that one step searches, or one event's. */
export const ERASURE_BYTES_READ_MAX = 4_000_000
/** While something goes on that it has to leave, it looks again after this, */
export const ERASURE_AGAIN_SECONDS = 3_600
/** then after so many times that, and so on, */
export const ERASURE_AGAIN_FACTOR = 6
/** up to this. */
export const ERASURE_AGAIN_SECONDS_MAX = 86_400
/** Adjustments, and events, that it remembers to look at again before it looks at all once more. */
export const ERASURE_OPEN_MAX = 500
/** One that has not ended by then is an alarm, each time it looks again: the law gives a month as a rule. */
export const ERASURE_LATE_DAYS = 20
/** Of what it waits for, that the alarm names. */
export const ERASURE_LATE_SHOWN_MAX = 10
/** Of customers whom one text names, that the refusal of a request names. */
export const ERASURE_CUSTOMERS_SHOWN_MAX = 20

// Evidence
/** Of the log entries of one adjustment its evidence lists so many from the beginning, */
export const EVIDENCE_FIRST_ENTRIES = 50
/** and so many from the end; of its notices the newest. */
export const EVIDENCE_NEWEST_ENTRIES = 450
export const EVIDENCE_NOTICES_MAX = 100
