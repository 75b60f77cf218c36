// Whether a text holds a word as a whole one: where a word ends depends on what it is, a name, an id, a number or an
// e-mail.

type Borders = { readonly before: RegExp; readonly behind: RegExp }

/** What goes on with a letter or digit, or with one of these and then a letter or digit, is the same word. */
const goingOn = (before: string, behind: string): Borders => ({
  before: new RegExp(`[\\p{L}\\p{N}](?:${before})?$`, 'u'),
  behind: new RegExp(`^(?:${behind})?[\\p{L}\\p{N}]`, 'u'),
})
const OF_WORD = goingOn('', '')
const OF_EMAIL = goingOn("[.%+'-]|_+", '[.-]|_+')
const OF_NUMBER = { before: /\p{L}$|\p{N}[.-]?$/u, behind: /^\p{L}|^[.-]?\p{N}/u }
const OF_ID = goingOn('-|_+', '-|_+')
const BORDER_CHARS = 16

/** By the word's own alphabet: a name may stand beside a hyphen, an id such as `acme-42` goes on with it. */
function bordersOf(word: string): Borders {
  if (word.includes('@')) return OF_EMAIL
  if (!/\p{L}/u.test(word)) return OF_NUMBER
  return /[-_]/.test(word) && !word.includes(' ') ? OF_ID : OF_WORD
}

/** `jo@acme.example` is none of `mojo@acme.example`, `mary-jo@acme.example` and `jo@acme.example.net`. */
export function hasWord(text: string, word: string): boolean {
  let at = text.indexOf(word)
  if (at < 0) return false
  const { before, behind } = bordersOf(word)
  for (; at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length
    const isApart =
      !before.test(text.slice(Math.max(0, at - BORDER_CHARS), at)) &&
      !behind.test(text.slice(end, end + BORDER_CHARS))
    if (isApart) return true
  }
  return false
}
