// Paths below /api/v1 and the patterns that they are matched with.

/** The variable part of the path where the pattern matches it; null where it does not. */
export function matchPath(pattern: string, path: string): string | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  let id = ''
  for (const [index, part] of wanted.entries()) {
    const segment = given[index] ?? ''
    if (part === '*' && segment !== '') id = decoded(segment)
    else if (part !== segment) return null
  }
  return id
}

/** A segment that is no valid escape stands for itself, and names nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
