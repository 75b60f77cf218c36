// Text from outside, made fit to be stored and shown.

/**
 * The text on one line: control characters, line and direction marks become blanks, lone
 * surrogates U+FFFD, and what is longer than `charsMax` (UTF-16 units) is cut.
 */
export function oneLine(text: string, charsMax: number): string {
  const plain = text
    .slice(0, charsMax)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
  return plain.trim()
}

/** Such as `refund_pending`: no digits, so that no id, number or address is one. */
export const isCode = (text: string): boolean => /^[a-z][a-z_]{0,63}$/.test(text)

/** Text that can be a key: well-formed, on one line, without leading or trailing blanks. */
export const isIdentifier = (text: unknown, charsMax: number): boolean =>
  typeof text === 'string' &&
  text.length > 0 &&
  text.length <= charsMax &&
  text === oneLine(text, charsMax)
