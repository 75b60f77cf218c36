// Failures: refusals in Commet's envelope, conflicts, server trouble, and the limiter.

import { RETRY_AFTER_SECONDS_MAX } from '../../../src/domain/limits.ts'
import { failure, page, partial, SENT } from '../answers.ts'
import { definite, type Reply, type Row, unknown, wait } from './row.ts'

const date = (ms: number) => new Date(ms).toUTCString()

const limited = (headers: Record<string, string>) => () => failure(429, 'rate_limited', { headers })

export const refusals: Row[] = [
  definite(
    '400 validation_error with details',
    () =>
      failure(400, 'validation_error', {
        error: { details: [{ field: 'amount', message: 'Expected integer' }] },
      }),
    'validation_error',
    400,
    'amount',
  ),
  definite(
    '422 validation_error with param',
    () => failure(422, 'validation_error', { error: { param: 'customerId', details: [] } }),
    'validation_error',
    422,
    'customerId',
  ),
  definite('400 invalid_json', () => failure(400, 'invalid_json'), 'invalid_json', 400),
  definite('401 unauthorized', () => failure(401, 'unauthorized'), 'unauthorized', 401),
  unknown('401 of a proxy', () => page(401), 'not_json', 401),
  definite('403 forbidden', () => failure(403, 'forbidden'), 'forbidden', 403),
  unknown('403 of a firewall', () => page(403), 'not_json', 403),
  definite(
    '404 customer_not_found',
    () => failure(404, 'customer_not_found'),
    'customer_not_found',
    404,
  ),
  definite('405', () => failure(405, 'method_not_allowed'), 'method_not_allowed', 405),
  definite('410', () => failure(410, 'endpoint_deprecated'), 'endpoint_deprecated', 410),
  definite(
    'a code that is a sentence',
    () => failure(400, 'ada@example.com is not known'),
    'unknown',
    400,
  ),
]

export const conflicts: Row[] = [
  unknown(
    '409 idempotency_key_mismatch',
    () => failure(409, 'idempotency_key_mismatch'),
    'idempotency_key_mismatch',
    409,
  ),
  ...[403, 429].map((status) =>
    unknown(
      `${status} idempotency_unavailable`,
      () => failure(status, 'idempotency_unavailable'),
      'idempotency_unavailable',
      status,
    ),
  ),
  unknown(
    '429 idempotency_in_progress, with a delay',
    () => failure(429, 'idempotency_in_progress', { headers: { 'retry-after': '3' } }),
    'idempotency_in_progress',
    429,
    3,
  ),
  unknown(
    '409 idempotency_in_progress',
    () => failure(409, 'idempotency_in_progress'),
    'idempotency_in_progress',
    409,
  ),
  [
    '409 duplicate',
    () => failure(409, 'duplicate'),
    ['ambiguous', 'duplicate', 409],
    ['permanent', 'duplicate', 409],
  ],
]

export const serverTrouble: Row[] = [
  unknown('408', () => failure(408, 'request_timeout'), 'request_timeout', 408),
  unknown('500 internal_error', () => failure(500, 'internal_error'), 'internal_error', 500),
  unknown(
    '500 idempotency_unavailable',
    () => failure(500, 'idempotency_unavailable'),
    'idempotency_unavailable',
    500,
  ),
  unknown(
    'idempotency_unavailable as a 400',
    () => failure(400, 'idempotency_unavailable'),
    'idempotency_unavailable',
    400,
  ),
  unknown('501', () => failure(501, 'internal_error'), 'internal_error', 501),
  unknown('502', () => failure(502, 'internal_error'), 'internal_error', 502),
  unknown(
    '503 with Retry-After',
    () => failure(503, 'internal_error', { headers: { 'retry-after': '12' } }),
    'internal_error',
    503,
    12,
  ),
  unknown('504', () => failure(504, 'internal_error'), 'internal_error', 504),
]

/** Not the limiter's 429: definite for a write; a read is asked again later. */
const refusedWrite = (answer: string, reply: Reply): Row => [
  answer,
  reply,
  ['permanent', 'rate_limited', 429, null],
  ['transient', 'rate_limited', 429, null],
]

export const limits: Row[] = [
  wait('429, 17 seconds', limited({ 'retry-after': '17' }), 'rate_limited', 17),
  wait('429, 1.2 seconds', limited({ 'retry-after': '1.2' }), 'rate_limited', 2),
  wait('429, zero seconds', limited({ 'retry-after': '0' }), 'rate_limited', 1),
  wait(
    '429, thirty years',
    limited({ 'retry-after': '946080000' }),
    'rate_limited',
    RETRY_AFTER_SECONDS_MAX,
  ),
  wait(
    '429 until a date, 90 seconds after the answer was sent',
    limited({ 'retry-after': date(SENT + 90_000), date: date(SENT) }),
    'rate_limited',
    90,
  ),
  wait(
    '429 until a date that has passed',
    limited({ 'retry-after': date(SENT - 90_000), date: date(SENT) }),
    'rate_limited',
    1,
  ),
  unknown(
    '429 of a proxy, with a delay',
    () => page(429, { 'retry-after': '5' }),
    'not_json',
    429,
    5,
  ),
  unknown(
    '429 with a delay, whose body never ends',
    () => partial(429, 'hangs', { 'retry-after': '5' }),
    'timeout',
    429,
    5,
  ),
  refusedWrite('429 without Retry-After', limited({})),
  refusedWrite('429, minus five', limited({ 'retry-after': '-5' })),
  refusedWrite('429, soon', limited({ 'retry-after': 'soon', date: date(SENT) })),
  refusedWrite('429, a year as a date', limited({ 'retry-after': '2099-11-22', date: date(SENT) })),
  refusedWrite(
    '429 until a date, by an answer without one',
    limited({ 'retry-after': date(SENT) }),
  ),
]
