// What happened, line by line. The hash of all lines is how two runs are compared.

import { createHash } from 'node:crypto'

export type Trace = {
  readonly line: (text: string) => void
  /** The newest lines, oldest first. */
  readonly last: () => readonly string[]
  /** SHA-256 of every line. */
  readonly hash: () => string
}

const LAST_LINES = 60

/** `print`: gets every line as it is written. */
export function createTrace(now: () => number, print: ((line: string) => void) | null): Trace {
  const hash = createHash('sha256')
  const kept: string[] = []
  const startedAt = now()
  return {
    line: (text) => {
      const line = `+${((now() - startedAt) / 1_000).toFixed(3)} ${text}`
      hash.update(line).update('\n')
      kept.push(line)
      if (kept.length > 2 * LAST_LINES) kept.splice(0, LAST_LINES)
      print?.(line)
    },
    last: () => kept.slice(-LAST_LINES),
    hash: () => hash.copy().digest('hex'),
  }
}
