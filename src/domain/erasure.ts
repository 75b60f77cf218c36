// A customer is erased: by what he is found, which texts are his, and what is counted.

import type { CustomerKind } from './customer.ts'
import type { EventId } from './ids.ts'
import { ERASURE_DIGITS_MIN, ERASURE_NUMBER_MIN, ERASURE_TEXT_CHARS_MIN } from './limits.ts'
import { formsOf, withOneBlank } from './text-forms.ts'

export const ERASURE_REASONS = ['customer_request', 'contract_ended', 'test_data', 'other'] as const
export type ErasureReason = (typeof ERASURE_REASONS)[number]

export type ErasedCustomer = {
  /** His ids at the billing API. */
  readonly ids: readonly string[]
  /** What the request calls him, comparable: external ids, e-mails, names. They are his wherever they stand. */
  readonly texts: readonly string[]
  /** What identities and adjustments of these ids call him, and, beside an id, the external id of the request. */
  readonly references: readonly ErasedReference[]
  /** E-mails among these, comparable, which identities give to others as well: his in their accounts only. */
  readonly shared: readonly string[]
  /** Whether one was found late: then what was looked at before is looked at again. */
  readonly hasGrown: boolean
  /** References that were taken out, and were too many to be looked for. */
  readonly cut: number
  /** Of what this round waits for: events that a person has to decide about. */
  readonly undecided: readonly EventId[]
  /** Of what this round waits for, as many as are remembered. */
  readonly open: ErasureSeqs
  /** What this round looks at, with the adjustments behind `through`; null: at all. */
  readonly only: (ErasureSeqs & { readonly through: number }) | null
  /** How often it has waited. */
  readonly waited: number
  /** Of a version that knew no references: then `texts` has what is only his in one account, too. */
  readonly isOlder?: boolean
}

export type ErasureSeqs = {
  readonly adjustments: readonly number[]
  readonly events: readonly number[]
}

/** As it was written. It is his in this account only, of an empty one in all: two may number from 1. */
export type ErasedReference = {
  readonly account: string
  readonly kind: CustomerKind
  readonly value: string
}

export const erasedCustomer = (
  ids: readonly string[],
  texts: readonly string[],
  references: readonly ErasedReference[] = [],
): ErasedCustomer => ({
  ids,
  texts,
  references,
  shared: [],
  hasGrown: false,
  cut: 0,
  undecided: [],
  open: { adjustments: [], events: [] },
  only: null,
  waited: 0,
})

/** As it was kept, also by a version that knew less. */
export const readErasedCustomer = (kept: Partial<ErasedCustomer>): ErasedCustomer => ({
  ...erasedCustomer([], []),
  isOlder: kept.references === undefined,
  ...kept,
})

/** In this order, from the first again while something of his goes on. */
export const ERASURE_PHASES = ['adjustments', 'payloads', 'rest'] as const
export type ErasurePhase = (typeof ERASURE_PHASES)[number]

export type ErasureCounts = {
  readonly adjustments: number
  readonly payloads: number
  readonly identities: number
  readonly notes: number
  /** Adjustments whose subject or hold, or events whose own id, holds a text of his: these are never changed. */
  readonly unchangeable: number
  /** Once it has ended: texts of his that no payload was searched for. */
  readonly notSearched: number
}

export const NOTHING_ERASED: ErasureCounts = {
  adjustments: 0,
  payloads: 0,
  identities: 0,
  notes: 0,
  unchangeable: 0,
  notSearched: 0,
}

/** Texts are compared without regard to case and to how an accent is written. */
export const comparable = (text: string): string => text.normalize('NFC').toLowerCase()

/** A text too short, or a number too small, would be found in everybody's payloads. */
export const isSearchable = (text: string): boolean =>
  text.length >= ERASURE_TEXT_CHARS_MIN &&
  (/\p{L}/u.test(text) || text.replace(/\D/g, '').length >= ERASURE_DIGITS_MIN)

export function notSearched({ texts, references, cut }: ErasedCustomer): number {
  const all = new Set([...texts, ...references.map(({ value }) => comparable(value))])
  return [...all].filter((text) => !isSearchable(text)).length + cut
}

/** What names him wherever it stands, comparable: an e-mail is one person's as a rule, an id may be two's. */
export const namesOf = ({ texts, references, shared }: ErasedCustomer): string[] => [
  ...texts,
  ...emailsOf(references).filter((email) => !shared.includes(email)),
]

/** Comparable. */
export const emailsOf = (references: readonly ErasedReference[]): string[] =>
  references.flatMap(({ value }) => (isEmail(value) ? [comparable(value)] : []))

export const isEmail = (text: string): boolean => text.includes('@')

/** Whether an account's event or adjustment, by this kind of reference, may mean him. */
export const holdsIn = (reference: ErasedReference, account: string): boolean =>
  reference.account === '' || reference.account === account

/**
 * What is looked for in an event of this account; null: of any. `isOthers`: all that it has made is some other
 * customer's, whom his references may name as well.
 */
export function textsFor(
  customer: ErasedCustomer,
  { account, isOthers }: { readonly account: string | null; readonly isOthers: boolean },
): readonly string[] {
  const his = isOthers
    ? []
    : customer.references.filter((each) => account === null || holdsIn(each, account))
  const all = [...customer.ids, ...namesOf(customer), ...his.map(({ value }) => value)]
  return [...new Set(all.map((text) => withOneBlank(comparable(text))))].filter(isSearchable)
}

/**
 * Whether something holds one of his texts, as a whole word. `texts`: comparable ones. However deep it is
 * nested: one payload that can't be walked would keep every erasure from its end.
 */
export function holdsText(value: unknown, texts: readonly string[]): boolean {
  const left: unknown[] = [value]
  while (left.length > 0) {
    const each = left.pop()
    if (typeof each === 'string' && hasOneOf(each, texts)) return true
    if (typeof each === 'number' && each >= ERASURE_NUMBER_MIN && texts.includes(String(each))) {
      return true
    }
    if (typeof each !== 'object' || each === null) continue
    for (const [name, inner] of Object.entries(each)) {
      if (!Array.isArray(each)) left.push(name)
      left.push(inner)
    }
  }
  return false
}

/**
 * The same of a JSON text as it was sent: only there are the last digits of a number above 2^53, and the first of
 * two fields of one name, as it was kept once.
 */
export const holdsTextAsSent = (body: string, texts: readonly string[]): boolean =>
  hasOneOf(
    body,
    texts.filter((text) => !(Number(text) < ERASURE_NUMBER_MIN)),
  )

function hasOneOf(written: string, texts: readonly string[]): boolean {
  return formsOf(written)
    .map((form) => withOneBlank(comparable(form)))
    .some((form) => texts.some((text) => hasWord(form, text)))
}

/** Whether a person has written one of his texts, also as a part of a word. */
export function namesHim(written: string, customer: ErasedCustomer): boolean {
  const note = comparable(written)
  return namesOf(customer).some((text) => isSearchable(text) && note.includes(text))
}

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
  if (isEmail(word)) return OF_EMAIL
  if (!/\p{L}/u.test(word)) return OF_NUMBER
  return /[-_]/.test(word) && !word.includes(' ') ? OF_ID : OF_WORD
}

/** `jo@acme.example` is none of `mojo@acme.example`, `mary-jo@acme.example` and `jo@acme.example.net`. */
function hasWord(text: string, word: string): boolean {
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

/**
 * What a text surely has in it if it holds this one, in whatever way JSON writes it: its longest part of
 * plain ASCII without a blank. Empty where that is too short to tell anything.
 */
export function plainPart(text: string): string {
  const parts = text.toLowerCase().split(/[^\x21-\x7e]|["\\/<>&']/)
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
