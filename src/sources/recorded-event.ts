// A recorded event as the rules saw it when it came: from its row and what was kept of its delivery.
// What no body says (a signed id, a type in a header) the row says.

import { isUnreadable, UNREADABLE_TYPE, type SourceEvent } from '../domain/event.ts'
import { EVENT_TYPE_CHARS_MAX, NATIVE_ID_CHARS_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneLine } from '../domain/text.ts'
import { parseBody, type RawBody } from './open-delivery.ts'
import type { Source } from './source.ts'

/** Of the event's row; the id and the type as they were kept, on one line and cut. */
export type EventRecord = Pick<SourceEvent, 'ownId' | 'type' | 'occurredAt'>

/** What was kept of the delivery: its whole body, or the event's own part of it, written as JSON. */
export type RecordedPayload = RawBody & { readonly isWhole: boolean }

export type RecordTrouble =
  | { readonly reason: 'payload_forgotten' }
  /** The source's bodies hold a secret, so the bytes of what it couldn't read were never kept. */
  | { readonly reason: 'body_hidden' }
  /** No rule ever saw it; or its source's page reads another event in it now. */
  | { readonly reason: 'not_readable'; readonly detail: string }

/** Pure, and it never throws. `payload`: null once it was forgotten. */
export function eventOfRecord(
  source: Source,
  record: EventRecord,
  payload: RecordedPayload | null,
): Result<SourceEvent, RecordTrouble> {
  if (payload === null) return err({ reason: 'payload_forgotten' })
  const wasUnreadable = record.type === UNREADABLE_TYPE
  if (wasUnreadable && source.hidesBody === true) return err({ reason: 'body_hidden' })
  if (wasUnreadable) return err({ reason: 'not_readable', detail: UNREADABLE_TYPE })
  return payload.isWhole ? ofWhole(source, record, payload) : ofPart(source, record, payload)
}

function ofWhole(
  source: Source,
  record: EventRecord,
  payload: RecordedPayload,
): Result<SourceEvent, RecordTrouble> {
  const parsed = parseBody(source, payload)
  if (!parsed.ok) return err({ reason: 'not_readable', detail: parsed.error })
  const event = readAgain(source, record, parsed.value)
  return event === null ? err({ reason: 'not_readable', detail: 'another_type' }) : ok(event)
}

/** Its own part has all that it is; the source is asked once more for what only the event says. */
function ofPart(
  source: Source,
  record: EventRecord,
  payload: RecordedPayload,
): Result<SourceEvent, RecordTrouble> {
  const parsed = parseBody({}, payload)
  if (!parsed.ok) return err({ reason: 'not_readable', detail: parsed.error })
  const { ownId, type, occurredAt } = record
  const fromRow = { ownId, type, occurredAt, mode: null, data: parsed.value }
  const again = readAgain(source, record, [parsed.value])
  return ok(again !== null && again.data === parsed.value ? again : fromRow)
}

/** Null where the source reads no event of this type in it. */
function readAgain(source: Source, record: EventRecord, body: unknown): SourceEvent | null {
  for (const header of headersFor(record.type)) {
    const read = readWith(source, record, body, header).find(
      ({ type }) => oneLine(type, EVENT_TYPE_CHARS_MAX) === record.type,
    )
    if (!read) continue
    const isKept = read.ownId !== null && oneLine(read.ownId, NATIVE_ID_CHARS_MAX) === record.ownId
    return isKept ? read : { ...read, ownId: record.ownId }
  }
  return null
}

/** A header has the whole type, or its first words where the body has the others (GitHub). */
const headersFor = (type: string): string[] => [
  type,
  ...type.split('.').map((_, words, all) => all.slice(0, words + 1).join('.')),
]

function readWith(
  source: Source,
  { ownId }: EventRecord,
  body: unknown,
  header: string,
): SourceEvent[] {
  const facts = { signed: { id: ownId, timestamp: null }, unsignedHeader: () => header }
  try {
    return source.read(body, facts).flatMap((event) => (isUnreadable(event) ? [] : [event]))
  } catch {
    return []
  }
}
