// One JSON line per request, message and alarm. Codes, ids and numbers only: never a secret, a
// slug, a signed address, or text from outside.

import { LOG_MESSAGE_CHARS_MAX } from './domain/limits.ts'

export type LogLine = {
  readonly event: string
  readonly [field: string]: string | number | boolean | null | readonly string[]
}

export type Log = (line: LogLine) => void

export const log: Log = (line) => {
  console.log(JSON.stringify(line))
}

/** Errors whose messages name code and columns, and never what was in them. */
const SPEAKING = new Set(['TypeError', 'RangeError', 'ReferenceError'])

/**
 * What may be logged of something thrown: its kind; its message only where that can't hold what came
 * from outside. Drizzle's own message holds the bound parameters, so its cause is read instead.
 */
export function thrownFields(error: unknown): { error: string; message: string } {
  if (!(error instanceof Error)) return { error: 'not an Error', message: '' }
  const root = !isSafe(error) && error.cause instanceof Error ? error.cause : error
  const message = isSafe(root) ? root.message.slice(0, LOG_MESSAGE_CHARS_MAX) : ''
  return { error: root.name, message }
}

/** D1's own error is read before its cause, which says the same without the mark that shows it. */
const isSafe = ({ name, message }: Error): boolean =>
  SPEAKING.has(name) || /^(D1_ERROR|assertion failed): /.test(message)
