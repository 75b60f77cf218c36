// A customer is erased: by what he is found, which texts are his, and what is counted.

import { ERASURE_TEXT_CHARS_MIN } from './limits.ts'

export const ERASURE_REASONS = ['customer_request', 'contract_ended', 'test_data', 'other'] as const
export type ErasureReason = (typeof ERASURE_REASONS)[number]

export type ErasedCustomer = {
  /** His ids at the billing API. */
  readonly ids: readonly string[]
  /** What sources, identities and texts know him by: external ids, e-mails, names. */
  readonly texts: readonly string[]
}

/** In this order, from the first again while an adjustment of his goes on. */
export const ERASURE_PHASES = ['adjustments', 'payloads', 'rest'] as const
export type ErasurePhase = (typeof ERASURE_PHASES)[number]

export type ErasureCounts = {
  readonly adjustments: number
  readonly payloads: number
  readonly identities: number
  readonly notes: number
  /** Adjustments whose subject, or events whose own id, holds a text of his: these are never changed. */
  readonly unchangeable: number
}

export const NOTHING_ERASED: ErasureCounts = {
  adjustments: 0,
  payloads: 0,
  identities: 0,
  notes: 0,
  unchangeable: 0,
}

/** Texts are compared without regard to case and to how an accent is written. */
export const comparable = (text: string): string => text.normalize('NFC').toLowerCase()

/** A text too short to be looked for among others would be found in everybody's. */
export const isSearchable = (text: string): boolean => text.length >= ERASURE_TEXT_CHARS_MIN

/**
 * Whether something holds one of his texts, as a whole word. `texts`: comparable ones. However deep it is
 * nested: one payload that can't be walked would keep every erasure from its end.
 */
export function holdsText(value: unknown, texts: readonly string[]): boolean {
  const left: unknown[] = [value]
  while (left.length > 0) {
    const each = left.pop()
    if (typeof each === 'string' && hasOneOf(each, texts)) return true
    if (typeof each === 'number' && texts.includes(String(each))) return true
    if (typeof each !== 'object' || each === null) continue
    for (const [name, inner] of Object.entries(each)) {
      if (!Array.isArray(each)) left.push(name)
      left.push(inner)
    }
  }
  return false
}

function hasOneOf(written: string, texts: readonly string[]): boolean {
  const forms = ESCAPED.test(written) ? [written, unescaped(written)] : [written]
  return forms.map(comparable).some((form) => texts.some((text) => hasWord(form, text)))
}

const ESCAPED = /\\u|&/
const ESCAPES = /\\u([\da-f]{4})|&#x([\da-f]{1,6});|&#(\d{1,7});|&(amp|lt|gt|quot|apos);/gi
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const CODE_POINT_MAX = 0x10_ff_ff

/** As JSON, XML and HTML write a letter by its number or name, also within a text that was escaped already. */
const unescaped = (text: string): string =>
  text.replace(ESCAPES, (all: string, unit?: string, hex?: string, decimal?: string, name = '') => {
    const digits = unit ?? hex
    const code = digits === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(digits, 16)
    return code <= CODE_POINT_MAX ? String.fromCodePoint(code) : (NAMED[name.toLowerCase()] ?? all)
  })

/** Whether a person has written one of his texts, also as a part of a word. */
export function namesHim(written: string, { texts }: ErasedCustomer): boolean {
  const note = comparable(written)
  return texts.some((text) => isSearchable(text) && note.includes(text))
}

const WORD = /[\p{L}\p{N}]/u

/** `jo@acme.example` is none of `mojo@acme.example`. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text.slice(0, at).at(-1) ?? ''
    const behind = text.charAt(at + word.length)
    if (!WORD.test(before) && !WORD.test(behind)) return true
  }
  return false
}

/**
 * What a text surely has in it if it holds this one, in whatever way JSON writes it: its longest part of
 * plain ASCII. Empty where that is too short to tell anything.
 */
export function plainPart(text: string): string {
  const parts = text.toLowerCase().split(/[^\x20-\x7e]|["\\/<>&']/)
  const [longest = ''] = parts.toSorted((one, other) => other.length - one.length)
  return longest.length >= PLAIN_PART_CHARS_MIN ? longest : ''
}

const PLAIN_PART_CHARS_MIN = 3

/** How one of his texts may stand in a note, after SQLite's lower(), which knows the letters of ASCII only. */
export const spellings = (text: string): string[] => {
  const titled = text.replace(/(?<![\p{L}\p{N}])\p{L}/gu, (letter) => letter.toUpperCase())
  const all = [text, titled, text.toUpperCase()].flatMap((each) => [each, each.normalize('NFD')])
  return [...new Set(all.map((each) => each.replace(/[A-Z]/g, (letter) => letter.toLowerCase())))]
}
