import { openCheckpoint, type Checkpoint, type NoteTrouble, type PublicKey } from './signed-note.ts'

const SIZE = /^(?:0|[1-9]\d*)$/
const ROOT = /^[A-Za-z0-9+/]{43}=$/

/**
 * The signed note in what somebody has kept of it: copied out of a chat or a letter, with other lines around it, other
 * line breaks, or none at its end. It is checked as any other; where there is none the text comes back as it is.
 */
function noteIn(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd())
  const last = lines.findLastIndex((line) => line.startsWith('— '))
  const first = lines.findLastIndex(
    (_, at) => at < last && SIZE.test(lines[at + 1] ?? '') && ROOT.test(lines[at + 2] ?? ''),
  )
  return first < 0 ? text : `${lines.slice(first, last + 1).join('\n')}\n`
}

/** A key that was stolen can sign anything: what a former one has signed is believed where the reader has kept it. */
export const openKept = (
  text: string,
  keys: readonly PublicKey[],
): Promise<Checkpoint | NoteTrouble> => openCheckpoint(noteIn(text), keys)
