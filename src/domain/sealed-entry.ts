// An entry of the audit log as the tree has it: one line of canonical JSON, whose hash is its leaf.

import { canonical } from './canonical.ts'
import { leafHash } from './merkle.ts'

/** A row of the log; `data` as it is stored, JSON text. `at`: milliseconds since 1970. */
export type EntryRow = {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly data: string
}

const encoder = new TextEncoder()

export const entryLine = ({ data, ...row }: EntryRow): string =>
  canonical({ ...row, data: parsed(data) })

/** What isn't JSON, which only somebody has written who was past the tables' checks, is text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const lineHash = (line: string): Uint8Array => leafHash(encoder.encode(line))

/** Of entry `seq`, which is leaf `seq - 1`. */
export const entryHash = (row: EntryRow): Uint8Array => lineHash(entryLine(row))
