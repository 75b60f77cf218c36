// The way of every delivery, from bytes to events: verify, decode, parse, admit, handshake, read. One
// pure function, which guards the door and runs the vectors alike. It throws on no request.

import {
  isUnreadable,
  type SourceEvent,
  type Unreadable,
  type UnreadableReason,
} from '../domain/event.ts'
import { EVENT_TYPE_CHARS_MAX, EVENTS_PER_DELIVERY_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneLine } from '../domain/text.ts'
import { textOfBytes } from './bytes.ts'
import type { ProvenRequest } from './proof.ts'
import type { Refusal } from './refusal.ts'
import type { PublicKey } from './scheme.ts'
import type { Answer, DeliveryFacts, Endpoint, Source } from './source.ts'
import { verify } from './verify.ts'

/** The bytes as they came: as text where they are UTF-8 without NUL, which SQLite's texts end at. */
export type RawBody = { readonly encoding: 'utf8' | 'base64'; readonly body: string }

export type Opened =
  /** Only sets the webhook up: nothing is kept. */
  | { readonly kind: 'handshake'; readonly answer: Answer }
  | {
      readonly kind: 'events'
      /** At least one; what can't be read is one too. */
      readonly events: readonly (SourceEvent | Unreadable)[]
      /** The only event is the whole body: then the body's bytes are its payload, and its hash. */
      readonly isWhole: boolean
      readonly raw: RawBody
      readonly unsignedId: string | null
      /** What the sender takes for success; null is ours. */
      readonly answer: Answer | null
    }

/**
 * `secrets`: current first. `nowMs`: the clock to verify at. `keys`: published keys of senders that
 * sign tokens. The refusal is for the log; a sender learns no more than that it was refused.
 */
export async function openDelivery(
  endpoint: Endpoint,
  secrets: readonly string[],
  request: ProvenRequest,
  nowMs: number,
  keys: readonly PublicKey[] = [],
): Promise<Result<Opened, Refusal>> {
  const { source } = endpoint
  const signed = await verify(endpoint.schemes, request, { secrets, nowMs, keys })
  if (!signed.ok) return signed
  const unsignedHeader = (name: string) => request.headers.get(name)
  const facts: DeliveryFacts = { signed: signed.value, unsignedHeader }
  const raw = rawBody(request.body)
  const whole = (reason: UnreadableReason) =>
    ok({ ...opened, events: [{ unreadable: reason }], isWhole: true })
  const opened = {
    kind: 'events',
    raw,
    unsignedId: source.unsignedIdHeader && unsignedHeader(source.unsignedIdHeader),
    answer: source.accepted ?? null,
  } as const

  const parsed = parseBody(source, raw)
  if (!parsed.ok) {
    // Without a body that can be looked into, nothing shows that it is for this endpoint, or fresh.
    if (endpoint.admits) return err({ reason: 'body_not_admitted', field: parsed.error })
    return whole(parsed.error)
  }
  const body = parsed.value
  const refusal = guarded(() => endpoint.admits?.(body, nowMs) ?? null)
  if (refusal === FAILED) return err({ reason: 'body_not_admitted', field: 'reader_failed' })
  if (refusal !== null) return err(refusal)
  const answer = guarded(() => source.handshake?.(body, facts) ?? null)
  if (answer !== FAILED && answer !== null) return ok({ kind: 'handshake', answer })

  const read = readEvents(source, body, facts)
  if (!read.ok) return whole(read.error)
  return ok({ ...opened, events: read.value, isWhole: isWholeBody(read.value, body) })
}

/** The events of a parsed body, at least one; or why the body as a whole can't be read. Never throws. */
export function readEvents(
  source: Pick<Source, 'read'>,
  body: unknown,
  facts: DeliveryFacts,
): Result<readonly (SourceEvent | Unreadable)[], UnreadableReason> {
  const events = guarded(() => source.read(body, facts).map(checked))
  if (events === FAILED) return err('reader_failed')
  if (events.length === 0) return err('no_events')
  return events.length > EVENTS_PER_DELIVERY_MAX ? err('too_many_events') : ok(events)
}

/** One event of a list, even alone in it, is identified by itself: it may come again among others. */
function isWholeBody(events: readonly (SourceEvent | Unreadable)[], body: unknown): boolean {
  const [event] = events
  if (event === undefined || events.length > 1) return false
  return event.data === body || (isUnreadable(event) && event.data === undefined)
}

function rawBody(bytes: Uint8Array): RawBody {
  const text = textOfBytes(bytes)
  return text === null || text.includes('\0')
    ? { encoding: 'base64', body: bytes.toBase64() }
    : { encoding: 'utf8', body: text }
}

/** A body as its source writes it: JSON, unless its page parses another form. */
export function parseBody(
  { parse = parseJson }: Pick<Source, 'parse'>,
  raw: RawBody,
): Result<unknown, UnreadableReason> {
  if (raw.encoding !== 'utf8') return err('not_utf8')
  const parsed = guarded(() => parse(raw.body))
  return parsed === FAILED ? err('reader_failed') : parsed
}

function parseJson(text: string): Result<unknown, UnreadableReason> {
  try {
    // Kept with the bytes, a byte order mark is no part of the JSON.
    return ok(JSON.parse(text.replace(/^\uFEFF/, '')))
  } catch {
    return err('not_json')
  }
}

const FAILED = Symbol('a source failed on a body')

/** A page of a source that throws loses nothing: the delivery is kept as unreadable. */
function guarded<T>(read: () => T): T | typeof FAILED {
  try {
    return read()
  } catch {
    return FAILED
  }
}

/** An event that breaks its type's promises is kept as unreadable, whatever its source says. */
function checked(event: SourceEvent | Unreadable): SourceEvent | Unreadable {
  if (isUnreadable(event)) return event
  const { ownId, type, occurredAt, mode, data } = event
  const isTime = occurredAt === null || (Number.isSafeInteger(occurredAt) && occurredAt >= 0)
  const isId = ownId === null || (typeof ownId === 'string' && ownId !== '')
  const isMode = mode === null || mode === 'live' || mode === 'test'
  if (!isTime || !isId || !isMode || typeof type !== 'string') {
    return { unreadable: 'reader_failed', data }
  }
  return oneLine(type, EVENT_TYPE_CHARS_MAX) === '' ? { unreadable: 'no_event_type', data } : event
}
