// A call of the billing API that is handed on with our key. A read is that alone. Of a write the log says that
// it was asked for, before it is made, and what came of it, after that: only the first is there if this dies.

import type { BillingError } from '../commet/client.ts'
import type { Forwarded } from '../commet/forward.ts'
import { commitEntry } from '../db/commit.ts'
import { findEvent } from '../db/read-events.ts'
import { sha256, type EventId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'
import { invoiceEventId } from './record-invoice-request.ts'

export type ForwardTrouble =
  | { readonly reason: 'not_configured' }
  /** `write`: with or without a key of the caller's it may have been done; null of a read. */
  | {
      readonly reason: 'unanswered'
      readonly error: BillingError
      readonly write: 'keyed' | 'keyless' | null
    }
  | { readonly reason: 'key_mismatch'; readonly event: EventId }

type ForwardedRead = {
  /** Below `/api/v1`, in which `{id}` stands for the id. */
  readonly path: string
  readonly id?: string
  readonly query?: Readonly<Record<string, string>>
}

export async function forwardRead(
  { billing }: Pick<Deps, 'billing'>,
  read: ForwardedRead,
): Promise<Result<Forwarded, ForwardTrouble>> {
  if (billing === null) return err({ reason: 'not_configured' })
  const answer = await billing.forward({ method: 'GET', ...read })
  return answer.ok ? answer : err({ reason: 'unanswered', error: answer.error, write: null })
}

type ForwardedWrite = {
  readonly method: 'POST' | 'PUT'
  readonly path: string
  readonly id?: string
  readonly body: unknown
  /** What the log files it under; nothing that a caller wrote but an id of ours or of the billing API. */
  readonly subject: string
  /** The caller's idempotency key. */
  readonly key: string | null
  /** What the log says of the body: words and names of the billing API's own, nothing that a caller wrote. */
  readonly wanted: Readonly<Record<string, string | readonly string[]>>
}

/** Throws where the intent could not be written down: then nothing was asked. */
export async function forwardWrite(
  deps: Deps,
  operator: Operator,
  { subject, key, wanted, ...write }: ForwardedWrite,
): Promise<Result<Forwarded, ForwardTrouble>> {
  const { billing, db } = deps
  if (billing === null) return err({ reason: 'not_configured' })
  if (key !== null) {
    const event = await invoiceEventId(key)
    if ((await findEvent(db, event)) !== null) return err({ reason: 'key_mismatch', event })
  }
  const call = { call: `${write.method} ${write.path}`, sent: deps.newId(), ...wanted }
  const actor = `operator:${operator.name}` as const
  const requested = { action: 'billing.call_requested', actor, subject } as const
  await commitEntry(db, { ...requested, at: deps.now(), data: { ...call, keyed: key !== null } })
  const answer = await billing.forward({ ...write, key: await handedOn(key ?? call.sent) })
  await noteEnd(deps, { ...call, ...endOf(answer) }, { actor, subject })
  if (answer.ok) return ok(answer.value)
  const isKeyed = key !== null
  return err({ reason: 'unanswered', error: answer.error, write: isKeyed ? 'keyed' : 'keyless' })
}

/** Ours are made of other words, so no caller's key is one of them. */
const handedOn = async (key: string): Promise<string> =>
  `call_${(await sha256(new TextEncoder().encode(key))).toHex()}`

function endOf(answer: Awaited<ReturnType<Billing['forward']>>) {
  if (!answer.ok) {
    const { status, code, requestId, meaning } = answer.error
    return { outcome: meaning === 'ambiguous' ? 'unknown' : 'refused', status, code, requestId }
  }
  const { status, code, requestId } = answer.value
  return { outcome: code === null ? 'done' : 'refused', status, code, requestId }
}

/** It was done or refused, whatever becomes of this entry: the caller hears the answer all the same. */
async function noteEnd(
  { db, now, log }: Deps,
  data: { readonly call: string; readonly sent: string },
  by: { readonly actor: `operator:${string}`; readonly subject: string },
): Promise<void> {
  try {
    await commitEntry(db, { ...by, action: 'billing.call_ended', at: now(), data })
  } catch (error) {
    log({ event: 'alarm.call_unrecorded', ...by, ...data, ...thrownFields(error) })
  }
}
