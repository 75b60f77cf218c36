// What is taken out of a delivery before it is kept: card numbers in any text, the values of fields that
// are named like secrets, and what the configuration names. Names stay, so that a reader sees that
// something was there. Pure; it throws a RangeError where data is nested too deep.

import { BODY_PATH_CHARS_MAX, REDACTED_PATHS_MAX } from './limits.ts'

export const REDACTED = '[redacted]'

export type Redacted = {
  /** The very data where nothing was taken out. */
  readonly data: unknown
  /** Where something was, each a place of its own such as `items.0.token`. */
  readonly places: readonly string[]
}

export type RedactOptions = {
  /** Of the configuration: the name of a field anywhere, or the last steps of its path. */
  readonly named: readonly string[]
  /** Places that keep what they hold; never one that the configuration names. */
  readonly spared?: ReadonlySet<string>
}

export function redactData(data: unknown, { named, spared = NONE }: RedactOptions): Redacted {
  const places: string[] = []
  const paths = named.map((path) => path.split('.'))
  const take = (place: readonly string[], kept: unknown, taken: unknown, isNamed: boolean) => {
    const at = place.join('.')
    if (Object.is(kept, taken) || (!isNamed && spared.has(at))) return kept
    places.push(at)
    return taken
  }
  // A list's elements have the name of the list.
  const walk = (value: unknown, place: readonly string[], names: readonly string[]): unknown => {
    if (isEmpty(value)) return value
    if (paths.some((path) => endsWith(names, path))) return take(place, value, REDACTED, true)
    if (typeof value === 'string' || typeof value === 'number') {
      return take(place, value, isSecretName(names) ? REDACTED : withoutCards(value), false)
    }
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) {
      return changed(
        value,
        value.map((each: unknown, nth) => walk(each, [...place, String(nth)], names)),
      )
    }
    const entries = Object.entries(value)
    const walked = entries.map(([name, each]: [string, unknown]): [string, unknown] => [
      name,
      walk(each, [...place, name], [...names, name]),
    ])
    return walked.every(([, each], nth) => Object.is(each, entries[nth]?.[1]))
      ? value
      : Object.fromEntries(walked)
  }
  return { data: walk(data, [], []), places }
}

const NONE: ReadonlySet<string> = new Set()

const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''

const changed = (before: readonly unknown[], after: readonly unknown[]): readonly unknown[] =>
  after.every((each, nth) => Object.is(each, before[nth])) ? before : after

const endsWith = (names: readonly string[], path: readonly string[]): boolean =>
  path.length <= names.length &&
  path.every((step, nth) => step === names[names.length - path.length + nth])

const SECRET =
  'token|secret|passw(?:or)?d|passphrase|passcode|api_?-?key|access_?-?key|private_?-?key|authorization|credentials?|cookie'
const PAYMENT = 'cvc2?|cvv2?|csc|pan|card_?-?num(?:ber)?|iban|account_?-?num(?:ber)?|ssn'
/** A secret's name may have any beginning (`client_secret`), a payment's may not (`japan`). */
const SECRET_NAME = new RegExp(`(?:${SECRET})$|^(?:${PAYMENT})$`, 'i')

function isSecretName(names: readonly string[]): boolean {
  const name = names.at(-1) ?? ''
  const isOfCard = /^(?:num(?:ber)?)$/i.test(name) && /card$/i.test(names.at(-2) ?? '')
  return isOfCard || SECRET_NAME.test(name)
}

/** Fourteen digits or more, in groups or not. */
const DIGITS = /(?<!\d)\d(?:[ -]?\d){13,}/g
/** As the large card networks begin, each with its own lengths: many senders have ids as long. */
const CARD =
  /^(?:3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|(?:2[2-7]|35|4\d|5\d|6\d)\d{14}|4\d{18}|62\d{15,17})$/
const CARD_DIGITS_MAX = 19

function withoutCards<Value extends string | number>(value: Value): Value | string {
  if (typeof value === 'number') return isCardNumber(value) ? REDACTED : value
  const kept = value.replace(DIGITS, withoutCardsIn)
  return kept === value ? value : kept
}

/** Other numbers may stand beside it, such as its end: each row of whole groups is looked at. */
function withoutCardsIn(run: string): string {
  const groups = run.split(/(?=[ -])/)
  const digitsOf = groups.map((group) => group.replace(/\D/, ''))
  let kept = ''
  for (let first = 0; first < groups.length; first++) {
    let digits = ''
    let last = first
    for (; last < groups.length; last++) {
      digits += digitsOf[last] ?? ''
      if (digits.length > CARD_DIGITS_MAX || isCard(digits)) break
    }
    const isFound = last < groups.length && digits.length <= CARD_DIGITS_MAX
    const group = groups[first] ?? ''
    kept += isFound ? group.replace(/\d+/, REDACTED) : group
    if (isFound) first = last
  }
  return kept
}

/** Of a number beyond 2^53 the last digits are not those that were sent, so the check digit says nothing. */
function isCardNumber(value: number): boolean {
  const digits = String(Math.abs(value))
  return Number.isSafeInteger(value) ? isCard(digits) : CARD.test(digits)
}

/** By its beginning, its length, and the check digit of Luhn. */
function isCard(digits: string): boolean {
  if (!CARD.test(digits)) return false
  let sum = 0
  for (let nth = 1; nth <= digits.length; nth++) {
    const doubled = Number(digits.at(-nth)) * (nth % 2 === 0 ? 2 : 1)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/**
 * `name=value`, `"name": "value"` and the like. A secret's name may begin with anything, so it is looked for only where
 * its run of letters and hyphens begins: from each hyphen of a run it would take the square of the run's length.
 */
const pairs = (own: readonly string[]): RegExp => {
  const secret = `(?:^|[^\\w-])["']?[\\w-]*(?:${SECRET})`
  const other = `(?:^|[^\\w])["']?(?:${[PAYMENT, ...own].join('|')})`
  const value = `"(?:[^"\\\\]|\\\\.)*"|[^\\s&,;"'<>}\\]]+`
  return new RegExp(`((?:${secret}|${other})["']?\\s*[:=]\\s*)(${value})`, 'gim')
}

/** The same of what is not read as JSON, as well as that can be told from its text. */
export function redactText(text: string, named: readonly string[]): string {
  const own = named.map((path) => (path.split('.').at(-1) ?? '').replaceAll('$', '\\$'))
  return withoutCards(text).replace(pairs(own), (_, before: string, value: string) =>
    value.startsWith('"') ? `${before}"${REDACTED}"` : before + REDACTED,
  )
}

/**
 * A JSON text in whose `data`, as it was read, there was nothing to take out: as it came, or written again where it has
 * more members. Of two of one name only the last was read, so nobody has looked at what the first holds.
 */
export function textAsRead(text: string, data: unknown): string {
  const again = JSON.stringify(data)
  return membersIn(text) === membersIn(again) ? text : again
}

/** Of valid JSON: its colons outside of texts. */
function membersIn(json: string): number {
  let [members, isInText] = [0, false]
  for (let at = 0; at < json.length; at++) {
    const unit = json[at]
    if (unit === '\\') at += 1
    else if (unit === '"') isInText = !isInText
    else if (unit === ':' && !isInText) members += 1
  }
  return members
}

const PATH = /^[\w$-]+(?:\.[\w$-]+)*$/

/** What is wrong with the paths of a configuration; `read`: the paths that its rules declare. */
export function redactProblems(named: unknown, read: () => readonly string[]): string[] {
  if (!Array.isArray(named) || named.length > REDACTED_PATHS_MAX) {
    return [`redact: a list of at most ${REDACTED_PATHS_MAX} names or paths is wanted`]
  }
  return named.flatMap((path: unknown, nth) => {
    if (typeof path !== 'string' || !PATH.test(path) || path.length > BODY_PATH_CHARS_MAX) {
      return [`redact[${nth}]: a name or a path such as customer.phone is wanted`]
    }
    // What is taken out as a whole takes with it what lies in it.
    const rival = read().find((declared) => `.${declared}.`.includes(`.${path}.`))
    return rival === undefined ? [] : [`redact[${nth}]: a rule reads ${rival}, which ${path} takes`]
  })
}
