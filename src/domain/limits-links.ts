// The bounds of links, named with their units, as limits.ts has all others.

export const SLUG_BYTES = 12
/** Fewer could be guessed. */
export const SLUG_BITS_MIN = 80
export const SLUG_CHARS_MAX = 64
export const LINK_EXPIRE_DAYS_DEFAULT = 400
export const LINK_EXPIRE_DAYS_MAX = 3_650
export const LINK_RETRY_AFTER_SECONDS = 30
export const LINK_LABEL_CHARS_MAX = 80
export const LINKS_PER_INVOICE_MAX = 20
/** Of the links of one invoice that others make meanwhile: how often they are read again. */
export const LINK_READS_MAX = 3
export const LINK_PATH_CHARS_MAX = 32
/** An isolate believes a link's row for so long, from before it is read: so fast is revocation. */
export const LINK_HOT_MS = 900
/** How often a click reads it where the storage is slower than that. */
export const LINK_LOOKS_MAX = 3
/** Of links, and of calls for their addresses. */
export const LINKS_REMEMBERED_MAX = 1_000
/** Commet's own limit on a signed address; a later end is not believed. */
export const LINK_ADDRESS_DAYS_MAX = 7
export const LINK_ADDRESS_CHARS_MAX = 2_048
/** An address leads on only with this much of its life left: its reader has another clock. */
export const LINK_ADDRESS_LEFT_SECONDS_MIN = 300
/** In this part of its life, its last, it still leads on, and the next one is fetched behind the answer. */
export const LINK_ADDRESS_RENEW_SHARE = 1 / 7
/** So long an isolate asks for no other address of a link, whatever it was answered: a click needs one. */
export const LINK_ASK_AGAIN_MS = 5_000
/** The same, while one that was kept leads on. */
export const LINK_RENEW_AGAIN_MS = 60_000
/** So long a click waits for the billing API; what is answered later serves the next click. */
export const LINK_WAIT_MS = 8_000
/** As wrangler.toml says: so many misses of one network within so many seconds. */
export const LINK_MISSES_MAX = 30
export const LINK_MISSES_SECONDS = 60
/** Of one link and kind of agent one opening in so long is an entry: the audit log is kept for ever. */
export const OPENINGS_ENTRY_MS = 3_600_000
/** Openings are written so long after the first of them, together. */
export const OPENINGS_WAIT_MS = 1_000
/** Of links and kinds of agents among them; with more they are written at once. */
export const OPENINGS_TOGETHER_MAX = 500
/** Whoever was to write them has died when they are still there after this. */
export const OPENINGS_LATE_MS = 10_000
