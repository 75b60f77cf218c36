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

/** All payloads as one value and the slices of it: quoting them as JSON could double their size. */
export function packPayloads(
  events: readonly { readonly id: EventId; readonly payload: KeptPayload }[],
): { readonly payloadBytes: ArrayBuffer; readonly payloadSlices: string } {
  const encoder = new TextEncoder()
  const encoded = events.map(({ id, payload: { encoding, body, isWhole, salt } }) => {
    return { eventId: id, encoding, isWhole, salt, bytes: encoder.encode(body) }
  })
  const all = new Uint8Array(encoded.reduce((sum, { bytes }) => sum + bytes.length, 0))
  let offset = 0
  const slices = encoded.map(({ bytes, ...slice }) => {
    const start = offset + 1
    all.set(bytes, offset)
    offset += bytes.length
    return { ...slice, start, length: bytes.length }
  })
  return { payloadBytes: all.buffer, payloadSlices: JSON.stringify(slices) }
}
