// Every fault that the sandbox can have, but those that only slow it down or spoil a list.

export type FaultSetting = { readonly kind: string; readonly [setting: string]: unknown }

/** Before the write, and after it. */
const either = (fault: FaultSetting): FaultSetting[] =>
  [true, false].map((applied) => ({ ...fault, applied }))

export const POSTING = { path: '/invoices', method: 'POST' }

/** By kind and settings. The answer of a wrong currency or sum stops its rule until a person looks. */
export const EVERY_FAULT: readonly FaultSetting[] = [
  { kind: 'rate_limited', retryAfterSeconds: 1 },
  { kind: 'rate_limited', retryAfterSeconds: null },
  ...[408, 500, 502, 503, 504].flatMap((status) => either({ kind: 'server_error', status })),
  ...either({ kind: 'idempotency_unavailable' }),
  ...either({ kind: 'timeout', ms: 400 }),
  { kind: 'reset_body' },
  ...[200, 403, 502, 503].flatMap((status) => either({ kind: 'html', status })),
  { kind: 'truncated_json' },
  { kind: 'wrong_shape' },
  { kind: 'other_answer', data: { currency: 'eur' }, ...POSTING },
  { kind: 'other_answer', data: { total: -1 }, ...POSTING },
]
