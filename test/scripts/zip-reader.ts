// Reads a ZIP as APPNOTE.TXT says, for the tests: by its central directory, and each file's own head must agree.
// Nothing of src/ is used.

import { crc32 } from 'node:zlib'

export type Unzipped = ReadonlyMap<string, Uint8Array>

/** Throws where anything in it doesn't fit. */
export function unzip(bytes: Uint8Array): Unzipped {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [u16, u32] = [
    (at: number) => view.getUint16(at, true),
    (at: number) => view.getUint32(at, true),
  ]
  const expectAt = (at: number, signature: number) => {
    if (u32(at) !== signature) throw new Error(`no ${signature.toString(16)} at ${at}`)
  }
  const end = bytes.length - 22
  expectAt(end, 0x06054b50)
  const [count, length, start] = [u16(end + 10), u32(end + 12), u32(end + 16)]
  if (start + length !== end || u16(end + 8) !== count) throw new Error('its end is wrong')
  const files = new Map<string, Uint8Array>()
  let [at, behind] = [start, 0]
  for (let each = 0; each < count; each++) {
    expectAt(at, 0x02014b50)
    const [method, crc, packed, size] = [u16(at + 10), u32(at + 16), u32(at + 20), u32(at + 24)]
    const [nameLength, local] = [u16(at + 28), u32(at + 42)]
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    expectAt(local, 0x04034b50)
    if (local !== behind || method !== 0 || packed !== size) throw new Error(`${name}: not stored`)
    const from = local + 30 + u16(local + 26) + u16(local + 28)
    const content = bytes.slice(from, from + size)
    expectAt(from + size, 0x08074b50)
    const told = [u32(from + size + 4), u32(from + size + 8), u32(from + size + 12)]
    if (told.join() !== [crc, size, size].join()) throw new Error(`${name}: its descriptor differs`)
    if (crc32(content) !== crc) throw new Error(`${name}: its CRC is wrong`)
    files.set(name, content)
    behind = from + size + 16
    at += 46 + nameLength + u16(at + 30) + u16(at + 32)
  }
  if (at !== end || behind !== start) throw new Error('there is something between its parts')
  return files
}
