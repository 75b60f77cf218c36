// CRC-32 as ZIP has it: polynomial 0xedb88320, reflected.

/** What each byte adds. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0xedb88320)
  return crc
})

/** Of what `crc` is of, followed by `bytes`; `crc` is 0 at first. */
export function crc32(crc: number, bytes: Uint8Array): number {
  let rest = ~crc
  for (let at = 0; at < bytes.length; at++) {
    rest = (rest >>> 8) ^ (TABLE[(rest ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  }
  return ~rest >>> 0
}
