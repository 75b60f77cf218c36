// What is kept of each event's delivery, as the door binds it.

import type { Encoding } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'

/** `isWhole`: the delivery's whole body, or the event's own part of it, written as JSON. */
export type Payload = {
  readonly encoding: Encoding
  readonly body: string
  readonly isWhole: boolean
}

/** `commitment`: SHA-256 over the salt and the body in UTF-8; both in hex. */
export type KeptPayload = Payload & { readonly salt: string; readonly commitment: string }

/** Where only the rules are asked: what the event came in is for the door to keep. */
export const NO_PAYLOAD: KeptPayload = {
  encoding: 'utf8',
  body: '',
  isWhole: true,
  salt: '',
  commitment: '',
}

/** What the slices are cut from: D1 carries bytes as a list of numbers, so one payload alone goes as text. */
export type BoundPayloads = ArrayBuffer | string

type Sliced = { readonly id: EventId; readonly payload: KeptPayload }

/** All payloads as one value and the slices of it: quoting them as JSON could double their size. */
export function packPayloads(events: readonly Sliced[]): {
  readonly bound: BoundPayloads
  readonly payloadSlices: string
} {
  const [only, another] = events
  // A text ends at NUL for SQLite's substr; its bytes don't.
  const isOne = only !== undefined && another === undefined
  if (isOne && !only.payload.body.includes('\0')) return packOne(only)
  const encoder = new TextEncoder()
  const encoded = events.map((event) => {
    return { ...sliceOf(event), bytes: encoder.encode(event.payload.body) }
  })
  const all = new Uint8Array(encoded.reduce((sum, { bytes }) => sum + bytes.length, 0))
  let offset = 0
  const slices = encoded.map(({ bytes, ...slice }) => {
    const start = offset + 1
    all.set(bytes, offset)
    offset += bytes.length
    return { ...slice, start, length: bytes.length }
  })
  return { bound: all.buffer, payloadSlices: JSON.stringify(slices) }
}

/** `length` is in UTF-16 units, which are no fewer than the characters that SQLite counts. */
function packOne(event: Sliced): ReturnType<typeof packPayloads> {
  // What TextEncoder would have made of it, and so what was hashed.
  const bound = event.payload.body.toWellFormed()
  const slices = [{ ...sliceOf(event), start: 1, length: bound.length }]
  return { bound, payloadSlices: JSON.stringify(slices) }
}

const sliceOf = ({ id, payload: { encoding, isWhole, salt } }: Sliced) => ({
  eventId: id,
  encoding,
  isWhole,
  salt,
})
