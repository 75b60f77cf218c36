// One JSON line per request, message and alarm. Codes, ids and numbers only: never a secret, a
// slug, a signed address, or text from outside.

export type LogLine = {
  readonly event: string
  readonly [field: string]: string | number | boolean | null | readonly string[]
}

export type Log = (line: LogLine) => void

export const log: Log = (line) => {
  console.log(JSON.stringify(line))
}

/**
 * What may be logged of something thrown: its kind, and of a database error the cause. The message of
 * Drizzle's own error holds the bound parameters, so it is never read.
 */
export function thrownFields(error: unknown): { error: string; message: string } {
  if (!(error instanceof Error)) return { error: 'not an Error', message: '' }
  const root = error.cause instanceof Error ? error.cause : error
  const isQuery = error.name === 'DrizzleQueryError' || error.message.startsWith('Failed query')
  return { error: root.name, message: isQuery && root === error ? '' : root.message.slice(0, 300) }
}
