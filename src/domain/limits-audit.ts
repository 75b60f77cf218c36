// The audit log: how much of it is read, hashed and kept at a time.

/** Of one signed checkpoint: so many entries are read, hashed and committed at a time. */
export const SEAL_ENTRIES_PER_STEP = 2_048
/** Of one run: a step is about twenty statements, and an invocation has a thousand. */
export const SEAL_STEPS_MAX = 25
/** Likewise it takes no further step after this; the next minute's goes on. */
export const SEAL_DEADLINE_MS = 20_000
/** Nobody else seals meanwhile. */
export const SEAL_LEASE_SECONDS = 60
/** Of older entries each sealing compares so many tiles of 256 with what was sealed, all of them in turn. */
export const LOG_COMPARE_TILES = 8
/** Likewise where nothing new came for so long. */
export const LOG_COMPARE_SECONDS = 600
/** Tiles of 256 entries that one call of the API compares: of `verify`, and of a sealing that is asked for. */
export const LOG_CHECK_TILES = 32
/** Levels of tiles: 256^5 entries are more than a database holds. */
export const LOG_LEVELS_MAX = 5
/** How much later than a newer entry an older one can say that it was written. */
export const ENTRY_CLOCKS_APART_SECONDS = 600
/** Adjustments of one ticket or invoice by which the log is filtered; of more, somebody has to name one. */
export const FILTER_ADJUSTMENTS_MAX = 100
/** Subjects whose entries an index finds for one page; of more the log is gone through. */
export const LISTED_SUBJECTS_MAX = 20
/** Tiles of 256 entries that an export reads at a time. */
export const EXPORT_TILES = 32
/** Of one line of an export: an entry is at most what D1 keeps in a row. */
export const EXPORT_LINE_BYTES_MAX = 4_194_304
/** Of an export as ZIP, whose lengths have 32 bits. */
export const ZIP_BYTES_MAX = 4_294_967_295
/** Entries of one adjustment whose places in the log are proven at a time: each is in up to five tiles. */
export const PROVEN_PER_STEP = 25
/** An entry that has waited for so long for its sealing waits too long. */
export const SEAL_LATE_SECONDS = 600
