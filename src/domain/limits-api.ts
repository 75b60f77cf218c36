// Bounds of who calls the operator's API: people by Cloudflare Access, how often, and what is asked twice.

/** E-mails and domains with a role, and applications whose logins count, such as production's and staging's. */
export const ACCESS_ROLES_MAX = 500
export const ACCESS_AUDIENCES_MAX = 4
/** How far Access's clock may be ahead of ours. */
export const ACCESS_AHEAD_SECONDS_MAX = 60

/** As wrangler.toml says: so many calls of one key or login within so many seconds. */
export const API_CALLS_MAX = 300
export const API_CALLS_SECONDS = 10
/** The same: of one network, by whoever this isolate has not let in lately. */
export const API_STRANGERS_MAX = 60
export const API_STRANGERS_SECONDS = 60
/** So long, and so many of those whom it has let in, an isolate remembers. */
export const CALLER_KNOWN_MS = 60_000
export const CALLERS_KNOWN_MAX = 1_000

/** When a key was last used is written at most so often. */
export const KEY_USE_EVERY_MS = 3_600_000
/** Of one isolate: if that was to be written and is not there, it is tried again. */
export const KEY_USE_AGAIN_MS = 60_000

/** From the request on; an hour more than is promised, since the answer comes later. */
export const IDEMPOTENCY_KEPT_SECONDS = 25 * 3_600
/** Longer than any call takes: whoever has not answered by then has died. */
export const IDEMPOTENCY_LEASE_SECONDS = 120
/** Of one operator at a time; with more, nothing is done. */
export const IDEMPOTENCY_KEYS_MAX = 10_000
/** Of an answer that is kept; of a larger one only the status is. */
export const IDEMPOTENCY_ANSWER_BYTES_MAX = 16_384
/** The largest body that any call takes. */
export const IDEMPOTENT_BODY_BYTES_MAX = 1_048_576

/** Of the tags of one If-Match. */
export const ETAGS_PER_REQUEST_MAX = 10

/** Of what is sealed: an address, an answer. */
export const SEAL_IV_BYTES = 12
