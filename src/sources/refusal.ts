// Why a delivery is refused. The log gets all of it, the sender nothing but a 401.

export type Refusal =
  | { readonly reason: 'header_missing'; readonly header: string }
  | { readonly reason: 'header_malformed'; readonly header: string }
  | { readonly reason: 'too_many_signatures'; readonly max: number }
  | { readonly reason: 'timestamp_unreadable' }
  | { readonly reason: 'timestamp_stale'; readonly ageSeconds: number }
  | { readonly reason: 'timestamp_ahead'; readonly aheadSeconds: number }
  | { readonly reason: 'signature_mismatch' }
  | { readonly reason: 'secret_mismatch' }
  /** A claim of a token: `iss`, `aud`, `exp`, `iat`, `alg`, `kid`. */
  | { readonly reason: 'token_claim_wrong'; readonly claim: string }
  /** Authenticated, but by its content not for this endpoint, or without what proves its age. */
  | { readonly reason: 'body_not_admitted'; readonly field: string }
  /** The operator's trouble, not the sender's: no secret is of the form that the scheme needs. */
  | { readonly reason: 'secret_unusable' }
