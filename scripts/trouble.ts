/** Trouble that the person at the terminal can end. Its message is one line that says how. */
export class Trouble extends Error {
  override readonly name = 'Trouble'
}

/** The one line for a known trouble, the whole stack for anything else. */
export function tellTrouble(error: unknown): string {
  if (error instanceof Trouble) return `makegood: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
