/**
 * Canonical JSON (RFC 8785) of a JSON value: names sorted by their UTF-16 units, no blanks. Half of a surrogate pair,
 * which the RFC refuses, is escaped as JSON escapes it, so that no entry can keep the log from being sealed.
 */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
