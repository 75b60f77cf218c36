// In which forms a text may stand in what was delivered.

/** A name may be broken over two lines, or have an unbreakable blank in it. */
export const withOneBlank = (text: string): string => text.replace(/\s{2,}|[^\S ]/g, ' ')

/** As it is written and, where something in it is escaped, as it reads then. */
export const formsOf = (written: string): readonly string[] =>
  ESCAPED.test(written) ? [written, unescaped(written)] : [written]

const ESCAPED = /[\\&]/
const ESCAPES =
  /\\+(?:u([\da-f]{4})|([nrtbf])|(["/\\]))|&#x([\da-f]{1,6});|&#(\d{1,7});|&(amp|lt|gt|quot|apos|nbsp);/gi
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}
const CODE_POINT_MAX = 0x10_ff_ff

/** As JSON, XML and HTML write a letter by its number or name, also within a text that was escaped already. */
const unescaped = (text: string): string =>
  text.replace(ESCAPES, (all: string, ...groups: (string | undefined)[]) => {
    const [unit, blank, itself, hex, decimal, name = ''] = groups
    if (blank !== undefined) return ' '
    if (itself !== undefined) return itself
    const digits = unit ?? hex
    const code = digits === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(digits, 16)
    return code <= CODE_POINT_MAX ? String.fromCodePoint(code) : (NAMED[name.toLowerCase()] ?? all)
  })
