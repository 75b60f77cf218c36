// Says on which line of the configuration a problem is. A problem is a line of defineConfig's message:
// the path of the field, a blank or a colon, and why it is refused.

const PATH_OF_FIELD = /^\s+([A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\]| \([^)]*\))*)[\s:]/

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

/** Part of the source, from its first character to before its last. */
type Span = { readonly from: number; readonly to: number }

/** The line, counted from 1, of the innermost part of the path that is written out. */
function lineOfField(source: string, field: string): number | undefined {
  const code = withoutComments(source)
  const shape = withoutTexts(code)
  const start = Math.max(0, code.indexOf('defineConfig('))
  let within: Span = { from: start, to: code.length }
  let at: number | undefined
  // In brackets stands the position in a list; in parentheses a rule's id, which is no key.
  for (const [, key, position] of field.matchAll(/(?:^|\.)([\w-]+)|\[(\d+)\]/g)) {
    const found =
      key === undefined
        ? elementAt(shape, within, Number(position))
        : keyIn(code, shape, within, key)
    if (found === undefined) break
    within = found
    at = found.from
  }
  return at === undefined ? undefined : source.slice(0, at).split('\n').length
}

/** The key and its value, at the least depth at which it is written. */
function keyIn(code: string, shape: string, within: Span, key: string): Span | undefined {
  const pattern = new RegExp(`(?<![\\w.'"-])['"]?${key}['"]?\\s*[:,({}]`, 'g')
  pattern.lastIndex = within.from
  const found: { at: number; depth: number }[] = []
  for (
    let match = pattern.exec(code);
    match && match.index < within.to;
    match = pattern.exec(code)
  ) {
    found.push({ at: match.index, depth: depthAt(shape, within.from, match.index) })
  }
  const [nearest] = found.toSorted((one, other) => one.depth - other.depth || one.at - other.at)
  return nearest && { from: nearest.at, to: endOf(shape, nearest.at) }
}

/** The element of the first list in it, where the list is written out. */
function elementAt(shape: string, within: Span, position: number): Span | undefined {
  const open = shape.indexOf('[', within.from)
  if (open === -1 || open >= within.to) return undefined
  let from = open + 1
  for (let passed = 0; passed < position; passed++) {
    const end = endOf(shape, from)
    if (shape[end] !== ',') return undefined
    from = end + 1
  }
  from += /^\s*/.exec(shape.slice(from))?.[0].length ?? 0
  return shape[from] === ']' ? undefined : { from, to: endOf(shape, from) }
}

const depthOf = (char: string | undefined): number => {
  if (char === '(' || char === '[' || char === '{') return 1
  return char === ')' || char === ']' || char === '}' ? -1 : 0
}

function depthAt(shape: string, from: number, to: number): number {
  let depth = 0
  for (let at = from; at < to; at++) depth += depthOf(shape[at])
  return depth
}

/** Where what begins here ends: before the comma behind it, or before the bracket around it. */
function endOf(shape: string, from: number): number {
  let depth = 0
  for (let at = from; at < shape.length; at++) {
    if (depth === 0 && shape[at] === ',') return at
    depth += depthOf(shape[at])
    if (depth < 0) return at
  }
  return shape.length
}

const TEXT = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

/** Of the same length, so that positions stay. */
const withoutComments = (source: string): string =>
  source.replace(new RegExp(`${TEXT.source}|${COMMENT.source}`, 'g'), (part) =>
    part.startsWith('/') ? blank(part) : part,
  )

const withoutTexts = (code: string): string => code.replace(new RegExp(TEXT.source, 'g'), blank)
