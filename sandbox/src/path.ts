// Paths of calls and the patterns that they are matched with.

/** The variable parts of the path where the pattern matches it; null where it does not. */
export function matchSegments(pattern: string, path: string): readonly string[] | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  const isOpen = wanted.at(-1) === '**'
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return null
  const found: string[] = []
  for (const [index, part] of (isOpen ? wanted.slice(0, -1) : wanted).entries()) {
    const segment = given[index] ?? ''
    if (part === '*' && segment !== '') found.push(decoded(segment))
    else if (part !== segment) return null
  }
  return found
}

/** The last variable part, or the empty string where there is none; null where nothing matches. */
export function matchPath(pattern: string, path: string): string | null {
  const found = matchSegments(pattern, path)
  return found === null ? null : (found.at(-1) ?? '')
}

/** Commet's calls are named below /api/v1; those of the other services by their whole path. */
export const isFakePath = (path: string): boolean =>
  /^\/(zendesk|slack|stripe|freshdesk|intercom|hubspot|jira)\//.test(path)

/** A segment that is no valid escape stands for itself, and names nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
