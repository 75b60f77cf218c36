// A row of the table: a kind of answer, and the verdict on it for a write and for a read.

import type { BillingError } from '../../../src/commet/client.ts'

export type Kind = 'write' | 'read'

/** meaning, code, status, seconds to wait (null: none said), name of the field */
export type Verdict = readonly [
  BillingError['meaning'],
  string,
  number | null,
  (number | null | undefined)?,
  (string | null | undefined)?,
]

export type Reply = (kind: Kind) => Response | Promise<Response>

export type Row = readonly [answer: string, reply: Reply, write: Verdict, read: Verdict]

/** The rows whose outcome nobody knows: the same word for each, by kind alone. */
export const unknown = (
  answer: string,
  reply: Reply,
  ...[code, status, seconds, field]: [string, number | null, (number | null)?, (string | null)?]
): Row => [
  answer,
  reply,
  ['ambiguous', code, status, seconds, field],
  ['transient', code, status, seconds, field],
]

/** The rows that are a definite no to both. */
export const definite = (
  answer: string,
  reply: Reply,
  ...[code, status, field]: [string, number | null, (string | null)?]
): Row => [
  answer,
  reply,
  ['permanent', code, status, null, field],
  ['permanent', code, status, null, field],
]

export const wait = (answer: string, reply: Reply, code: string, seconds: number): Row => [
  answer,
  reply,
  ['transient', code, 429, seconds],
  ['transient', code, 429, seconds],
]
