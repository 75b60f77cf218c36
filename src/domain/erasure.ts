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

/** Whether something holds one of his texts, as a whole word. `texts`: comparable ones. */
export function holdsText(value: unknown, texts: readonly string[]): boolean {
  if (typeof value === 'string') return texts.some((text) => hasWord(comparable(value), text))
  if (typeof value === 'number') return texts.includes(String(value))
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((each: unknown) => holdsText(each, texts))
  return Object.entries(value).some(
    ([name, each]: [string, unknown]) => holdsText(name, texts) || holdsText(each, texts),
  )
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
