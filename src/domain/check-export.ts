// The whole way from the bytes of an export to what is to be said of it, in the command as on the page: no more of it
// is in memory than a line and a piece.

import { EXPORT_LINE_BYTES_MAX } from './limits-audit.ts'
import { err, ok, type Result } from './result.ts'
import type { PublicKey } from './signed-note.ts'
import {
  finishVerification,
  openExport,
  takeLine,
  type ExportReport,
  type Verification,
} from './verify-export.ts'

/** `older`: a signed note that was kept; `formerKeys` are for it alone. The error is a sentence about the export. What `pieces` throws is thrown. */
export async function checkExport(
  pieces: AsyncIterable<Uint8Array>,
  keys: readonly PublicKey[],
  older: string | null,
  formerKeys: readonly PublicKey[] = [],
): Promise<Result<ExportReport, string>> {
  let state: Verification | null = null
  for await (const lines of linesOf(pieces)) {
    if (lines === null) return err('it has a line that is longer than any entry')
    for (const line of lines) {
      if (state !== null) takeLine(state, line)
      else {
        const opened = await openExport(line, keys, older, formerKeys)
        if (!opened.ok) return opened
        state = opened.value
      }
    }
  }
  return state === null ? err('it is empty') : ok(finishVerification(state))
}

const LINE_BREAK = 10

/** Without their line breaks, those of a piece at a time; null where one is longer than any entry's. */
async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Uint8Array[] | null> {
  let rest = new Uint8Array(0)
  for await (const piece of pieces) {
    const bytes = joined(rest, piece)
    const lines: Uint8Array[] = []
    let start = 0
    for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, start)) {
      lines.push(bytes.subarray(start, end))
      start = end + 1
    }
    // A copy: a reader may use the memory of a piece again.
    rest = bytes.slice(start)
    yield rest.length > EXPORT_LINE_BYTES_MAX ? null : lines
  }
  if (rest.length > 0) yield [rest]
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  const bytes = new Uint8Array(one.length + other.length)
  bytes.set(one)
  bytes.set(other, one.length)
  return bytes
}
