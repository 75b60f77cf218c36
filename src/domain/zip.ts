// A ZIP file as a stream, in constant memory: its files are stored as they are, and their lengths stand behind them
// (data descriptors), since nobody knows them before. APPNOTE.TXT 4.3; no ZIP64.

import { assert } from './assert.ts'
import { crc32 } from './crc32.ts'
import { ZIP_BYTES_MAX } from './limits.ts'

export type ZipFile = { readonly name: string; readonly content: AsyncIterable<Uint8Array> }

type Written = { readonly name: Uint8Array; crc: number; length: number; readonly start: number }

const encoder = new TextEncoder()

/** `at`: milliseconds since 1970, the time of each file. Throws where it would have more than `bytesMax`. */
export async function* zip(
  files: readonly ZipFile[],
  at: number,
  bytesMax: number = ZIP_BYTES_MAX,
): AsyncGenerator<Uint8Array> {
  const written: Written[] = []
  const head = fixedHead(at)
  let position = 0
  const counted = (bytes: Uint8Array): Uint8Array => {
    position += bytes.length
    assert(position <= bytesMax, 'a ZIP that is too large')
    return bytes
  }
  for (const { name, content } of files) {
    const file = { name: encoder.encode(name), crc: 0, length: 0, start: position }
    yield counted(record(LOCAL, [...head, [4, 0], [4, 0], [4, 0], [2, file.name.length], [2, 0]]))
    yield counted(file.name)
    for await (const bytes of content) {
      file.crc = crc32(file.crc, bytes)
      file.length += bytes.length
      yield counted(bytes)
    }
    yield counted(record(DESCRIPTOR, measures(file)))
    written.push(file)
  }
  const start = position
  for (const file of written) {
    const { name } = file
    const lengths: Field[] = [
      [2, name.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
    ]
    const fields: Field[] = [[2, MADE_BY], ...head, ...measures(file), ...lengths]
    yield counted(record(CENTRAL, [...fields, [4, MODE], [4, file.start]]))
    yield counted(name)
  }
  const count = written.length
  const end: Field[] = [
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, position - start],
    [4, start],
  ]
  yield counted(record(END, [...end, [2, 0]]))
}

const LOCAL = 0x04034b50
const DESCRIPTOR = 0x08074b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
/** Unix, version 2.0; a plain file that its owner can write. */
const MADE_BY = 0x0314
const MODE = 0o100644 * 65_536
const VERSION = 20
/** Lengths behind the content, names in UTF-8. */
const FLAGS = 0x0808
const STORED = 0

/** How many bytes, and the number in them, the smallest first. */
type Field = readonly [2 | 4, number]

const measures = ({ crc, length }: Written): Field[] => [
  [4, crc],
  [4, length],
  [4, length],
]

/** What a file's two heads have in common. DOS knows two seconds, and no time before 1980. */
function fixedHead(at: number): Field[] {
  const time = new Date(at)
  const clock =
    time.getUTCHours() * 2_048 + time.getUTCMinutes() * 32 + Math.floor(time.getUTCSeconds() / 2)
  const day =
    (time.getUTCFullYear() - 1_980) * 512 + (time.getUTCMonth() + 1) * 32 + time.getUTCDate()
  return [
    [2, VERSION],
    [2, FLAGS],
    [2, STORED],
    [2, clock],
    [2, day],
  ]
}

function record(signature: number, fields: readonly Field[]): Uint8Array {
  const all: readonly Field[] = [[4, signature], ...fields]
  const view = new DataView(new ArrayBuffer(all.reduce((sum, [width]) => sum + width, 0)))
  let place = 0
  for (const [width, value] of all) {
    if (width === 2) view.setUint16(place, value, true)
    else view.setUint32(place, value, true)
    place += width
  }
  return new Uint8Array(view.buffer)
}
