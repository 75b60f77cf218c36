// What every source makes of a delivery. The source owns the envelope (id, type, time, mode);
// `data` is the event as its sender wrote it, and each rule reads the few fields that it declares.

export const MODES = ['live', 'test'] as const
export type Mode = (typeof MODES)[number]

/** What became of an event. */
export const FATES = [
  'adjusted',
  'duplicate',
  'conflict',
  'ignored',
  'shadow',
  'undecided',
  'dismissed',
] as const
export type Fate = (typeof FATES)[number]

/** What waits for a person, who may say that nothing is to be done. */
export const isDismissable = (fate: Fate): boolean => fate === 'conflict' || fate === 'undecided'

/** How a payload's bytes are kept. */
export const ENCODINGS = ['utf8', 'base64'] as const
export type Encoding = (typeof ENCODINGS)[number]

export type SourceEvent = {
  /** The event's own id, from authenticated bytes only; null where the sender gives none. */
  readonly ownId: string | null
  readonly type: string
  /** Milliseconds since 1970; null where the sender does not say. */
  readonly occurredAt: number | null
  /** What the event itself says; null leaves it to the endpoint's declared mode. */
  readonly mode: Mode | null
  readonly data: unknown
}

/** A part of a delivery that can't be read is kept and shown; it is never lost. */
export type Unreadable = { readonly unreadable: UnreadableReason; readonly data?: unknown }

export type UnreadableReason =
  | 'not_utf8'
  | 'not_json'
  | 'not_xml'
  | 'not_an_object'
  | 'no_event_type'
  | 'no_events'
  | 'reader_failed'
  | 'too_many_events'
  | 'too_large_to_keep_apart'

export const isUnreadable = (parsed: SourceEvent | Unreadable): parsed is Unreadable =>
  'unreadable' in parsed

/** Type under which an unreadable part of a delivery is recorded. */
export const UNREADABLE_TYPE = 'unreadable'

/** ISO 8601 text, or seconds since 1970, in milliseconds; anything else is null. */
export function occurredAtOf(value: unknown): number | null {
  if (typeof value === 'number') return wholeMs(value * 1_000)
  // Senders write more digits than milliseconds have (Zendesk: nanoseconds); Date takes three.
  if (typeof value === 'string' && ISO_8601.test(value)) {
    return wholeMs(Date.parse(value.replace(/(\.\d{3})\d+/, '$1')))
  }
  return null
}

/** Milliseconds since 1970, as a number or as its digits; anything else is null. */
export function occurredAtOfMs(value: unknown): number | null {
  if (typeof value === 'number') return wholeMs(value)
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? wholeMs(Number(value)) : null
}

// Date.parse alone takes almost any text for a time: "ticket 42" is the year 2042.
const ISO_8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)?)?$/

const YEAR_9999_MS = 253_402_300_799_999

function wholeMs(ms: number): number | null {
  return ms >= 0 && ms <= YEAR_9999_MS ? Math.trunc(ms) : null
}
