// Says on which line of the configuration a problem is. A problem is a line of defineConfig's message:
// the path of the field, a blank or a colon, and why it is refused.

const PATH_OF_FIELD = /^\s+([A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\])*)[\s:]/

/**
 * The message with `file:line: ` before every line that begins with the path of a field which the
 * source names; other lines stay as they are.
 */
export function locateProblems(file: string, source: string, message: string): string {
  const located = message.split('\n').map((line) => {
    const field = PATH_OF_FIELD.exec(line)?.[1]
    const at = field === undefined ? undefined : lineOfField(source, field)
    return at === undefined ? line : `${file}:${at}: ${line.trim()}`
  })
  return located.join('\n')
}

/** The line, counted from 1, of the innermost part of the path that is written out. */
function lineOfField(source: string, field: string): number | undefined {
  let at: number | undefined
  for (const name of field.split(/[.[\]]+/).filter(Boolean)) {
    const from = at ?? 0
    const key = new RegExp(`(?<![\\w.'"])['"]?${name}['"]?\\s*[:,({]`, 'g')
    key.lastIndex = from
    const found = key.exec(source)
    if (found === null) break
    at = found.index
  }
  return at === undefined ? undefined : source.slice(0, at).split('\n').length
}
