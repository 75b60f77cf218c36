// Bounds of the billing API's own calls, asked of us.

export const INVOICE_DESCRIPTION_CHARS_MAX = 2_000
export const INVOICE_METADATA_LEVELS_MAX = 32
/** Of its JSON, in UTF-16 units. */
export const INVOICE_METADATA_CHARS_MAX = 16_384
/** Of a body of `POST /customers/batch`: a hundred customers with all that is known of them. */
export const BATCH_BODY_BYTES_MAX = 1_048_576
/** Somebody else is at the same invoice: looked for after so long each, about 25 s in all. */
export const INVOICE_WAITS_MS: readonly number[] = [
  250, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 5_000, 6_000,
]
/** Who has waited that long asks again after this. */
export const INVOICE_RETRY_SECONDS = 5
/** The same call again tries at once, so often; from then on the clock does. */
export const INVOICE_ATTEMPTS_ASKED_MAX = 10
