// One line of NDJSON, of which nothing is known yet.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What an object of this one name holds. */
export function memberOf(value: unknown, name: string): Fields | null {
  if (!isFields(value) || Object.keys(value).length !== 1) return null
  const member = value[name]
  return isFields(member) ? member : null
}

/** A whole number of this name. */
export function numberOf(value: unknown, name: string): number | null {
  const number = isFields(value) ? value[name] : null
  return Number.isSafeInteger(number) && typeof number === 'number' ? number : null
}

/** Null where it is no JSON in UTF-8. */
export function parsedLine(line: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(line))
  } catch {
    return null
  }
}
