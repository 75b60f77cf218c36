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
  canonical({ ...row, data: dataOf(data) })

/** The text of the data as the line has it. */
export const dataText = (data: string): string => canonical(dataOf(data))

/**
 * What a stored text says, if it is an object written in the one way that Makegood and SQLite write it; else the text.
 * A name that stands there twice, a blank or a number beyond its precision would leave no trace in a value, and
 * the row could be changed without another hash. What isn't JSON somebody has written who was past the tables' checks.
 */
export function dataOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null
    return isObject && JSON.stringify(value) === text ? value : text
  } catch {
    return text
  }
}

export const lineHash = (line: string): Uint8Array => leafHash(encoder.encode(line))

/** Of entry `seq`, which is leaf `seq - 1`. */
export const entryHash = (row: EntryRow): Uint8Array => lineHash(entryLine(row))
