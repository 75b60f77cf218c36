// Deliveries that were not taken in. They are counted by endpoint, reason and hour, so that a person sees that they come;
// nothing else of them is kept.

/** Why: what a sender could not prove, and what keeps an endpoint from taking anything. */
export const REJECTION_REASONS = [
  'header_missing',
  'header_malformed',
  'too_many_signatures',
  'timestamp_unreadable',
  'timestamp_stale',
  'timestamp_ahead',
  'signature_mismatch',
  'secret_mismatch',
  'token_claim_wrong',
  'body_not_admitted',
  'secret_unusable',
  'endpoint_off',
  'keys_unavailable',
  'body_too_large',
] as const
export type RejectionReason = (typeof REJECTION_REASONS)[number]

export type Rejections = {
  readonly endpoint: string
  readonly reason: RejectionReason
  /** Counted since 1970. */
  readonly hour: number
  readonly count: number
  /** Milliseconds since 1970. */
  readonly lastAt: number
}
