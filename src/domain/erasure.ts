// A customer is erased: by what he is found, which texts are his, and what is counted.

import type { CustomerKind } from './customer.ts'
import type { EventId } from './ids.ts'
import { ERASURE_DIGITS_MIN, ERASURE_NUMBER_MIN, ERASURE_TEXT_CHARS_MIN } from './limits.ts'
import { formsOf, withOneBlank } from './text-forms.ts'
import { hasWord } from './whole-word.ts'

export const ERASURE_REASONS = ['customer_request', 'contract_ended', 'test_data', 'other'] as const
export type ErasureReason = (typeof ERASURE_REASONS)[number]

export type ErasedCustomer = {
  /** His ids at the billing API. */
  readonly ids: readonly string[]
  /** What the request calls him, comparable: external ids, e-mails, names. They are his wherever they stand. */
  readonly texts: readonly string[]
  /** What identities and adjustments of these ids call him, and, beside an id, the external id of the request. */
  readonly references: readonly ErasedReference[]
  /** Without ids: whom the texts named when it was asked for; null where they named nobody. Of others no identity goes. */
  readonly named: string | null
  /** What identities give to others: of his references the e-mails, and those that are his in every account. */
  readonly others: readonly ErasedReference[]
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
  /**
   * Of a version that knew no references: then `texts` has what is only his in one account, too. Or of one that knew
   * not whom a request had `named`: then its references for all accounts may be so.
   */
  readonly olderThan?: 'references' | 'named' | undefined
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
  named: null,
  others: [],
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
  ...kept,
  olderThan:
    kept.references === undefined ? 'references' : kept.named === undefined ? 'named' : undefined,
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

/**
 * What names him wherever it stands, comparable: an e-mail is one person's as a rule, an id may be two's. Of what is
 * known to be another customer's only what the request has said: an agency's e-mail is in the tickets of many.
 */
export function namesOf(
  { texts, references, others }: ErasedCustomer,
  { isOthers } = { isOthers: false },
): readonly string[] {
  if (isOthers) return texts
  const shared = emailsOf(others)
  return [...texts, ...emailsOf(references).filter((email) => !shared.includes(email))]
}

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
    : customer.references.filter((each) => account === null || isHisIn(each, account, customer))
  const all = [
    ...customer.ids,
    ...namesOf(customer, { isOthers }),
    ...his.map(({ value }) => value),
  ]
  return [...new Set(all.map((text) => withOneBlank(comparable(text))))].filter(isSearchable)
}

/** What is his in every account is not where an identity says that it is another's there. */
const isHisIn = (each: ErasedReference, account: string, { others }: ErasedCustomer): boolean =>
  each.account === account ||
  (each.account === '' &&
    !others.some(
      (other) => holdsIn(other, account) && comparable(other.value) === comparable(each.value),
    ))

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

/** Whether a person has written one of these texts, also as a part of a word. */
export function namesHim(written: string, names: readonly string[]): boolean {
  const note = comparable(written)
  return names.some((text) => isSearchable(text) && note.includes(text))
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
