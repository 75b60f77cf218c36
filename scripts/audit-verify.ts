// Reads an export line by line, whatever its size: no more of it is in memory than a line and a piece of the file.

import * as fs from 'node:fs'
import type { PublicKey } from '../src/domain/signed-note.ts'
import {
  finishVerification,
  openExport,
  takeLine,
  type ExportReport,
  type Verification,
} from '../src/domain/verify-export.ts'
import { Trouble } from './trouble.ts'

const PIECE_BYTES = 1_048_576
/** An entry is at most what D1 keeps in a row. */
const LINE_BYTES_MAX = 4_194_304
const LINE_BREAK = 10

/** `older`: a signed note. Throws Trouble where the file can't be read, or is no export that these keys have signed. */
export async function verifyFile(
  file: string,
  keys: readonly PublicKey[],
  older: string | null,
): Promise<ExportReport> {
  let state: Verification | null = null
  for await (const lines of linesOf(file)) {
    for (const line of lines) {
      if (state !== null) takeLine(state, line)
      else {
        const opened = await openExport(line, keys, older)
        if (!opened.ok) throw new Trouble(`${file}: ${opened.error}`)
        state = opened.value
      }
    }
  }
  if (state === null) throw new Trouble(`${file} is empty`)
  return finishVerification(state)
}

/** Without their line breaks, a piece of the file at a time. */
async function* linesOf(file: string): AsyncGenerator<readonly Uint8Array[]> {
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const piece of fs.createReadStream(file, { highWaterMark: PIECE_BYTES })) {
      const bytes: Buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      const lines: Uint8Array[] = []
      let start = 0
      for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, start)) {
        lines.push(bytes.subarray(start, end))
        start = end + 1
      }
      rest = bytes.subarray(start)
      if (rest.length > LINE_BYTES_MAX) throw new Trouble(`${file} has a line that is no entry's`)
      yield lines
    }
  } catch (error) {
    if (error instanceof Trouble) throw error
    throw new Trouble(`${file} can not be read`)
  }
  if (rest.length > 0) yield [rest]
}
