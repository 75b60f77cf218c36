import type { PackedDelivery, ReceivedEvent } from './write-delivery.ts'

/** All payloads as one value and the slices of it: quoting them as JSON could double their size. */
export function packPayloads(
  events: readonly ReceivedEvent[],
): Pick<PackedDelivery, 'payloadBytes' | 'payloadSlices'> {
  const encoder = new TextEncoder()
  const encoded = events.map(({ id, payload: { encoding, body, isWhole } }) => {
    return { eventId: id, encoding, isWhole, bytes: encoder.encode(body) }
  })
  const all = new Uint8Array(encoded.reduce((sum, { bytes }) => sum + bytes.length, 0))
  let offset = 0
  const slices = encoded.map(({ eventId, encoding, isWhole, bytes }) => {
    const start = offset + 1
    all.set(bytes, offset)
    offset += bytes.length
    return { eventId, encoding, isWhole, start, length: bytes.length }
  })
  return { payloadBytes: all.buffer, payloadSlices: JSON.stringify(slices) }
}
