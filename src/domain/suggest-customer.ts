// Whom a name may mean that nobody is known by: those who are known by the same, by an address of the same company, or by
// a name that begins alike. A person chooses; nothing does by itself.

import { SUGGESTED_NAME_CHARS_MIN, SUGGESTIONS_MAX } from './limits.ts'

export type Sought = {
  /** As it is written, and in small letters. */
  readonly values: readonly string[]
  /** Of an e-mail address of a company. */
  readonly domain: string | null
  /** What its name begins with. */
  readonly name: string | null
}

/** Everybody has an address there: it says nothing of who somebody is. */
const PUBLIC_MAIL: ReadonlySet<string> = new Set(
  'gmail googlemail yahoo ymail outlook hotmail live msn icloud me mac aol gmx web proton protonmail pm mail zoho yandex qq 163 126 fastmail hey tutanota mailbox t-online orange free'.split(
    ' ',
  ),
)

export function soughtBy(reference: string): Sought {
  const text = reference.toLowerCase()
  const domain = /^[^@\s]+@([^@\s]+\.[^@\s]+)$/.exec(text)?.[1] ?? null
  const label = domain?.split('.').at(0) ?? ''
  const isOwn = domain !== null && !domain.split('.').some((each) => PUBLIC_MAIL.has(each))
  const stem = /^\p{L}+/u.exec(domain === null ? text : label)?.[0] ?? ''
  const mayName = (domain === null || isOwn) && stem.length >= SUGGESTED_NAME_CHARS_MIN
  return {
    values: [...new Set([reference, text])],
    domain: isOwn ? domain : null,
    name: mayName ? stem : null,
  }
}

export type KnownAs = {
  readonly account: string
  readonly value: string
  readonly customerId: string
}

export type Suggestion = KnownAs & { readonly by: 'same' | 'domain' | 'name' }

/** Each customer once, by the strongest that speaks for him. */
export function suggestionsOf(
  { values, domain, name }: Sought,
  known: readonly KnownAs[],
): readonly Suggestion[] {
  const byOf = ({ value }: KnownAs): Suggestion['by'] | null => {
    if (values.includes(value)) return 'same'
    if (domain !== null && (value === domain || value.endsWith(`@${domain}`))) return 'domain'
    return name !== null && value.toLowerCase().startsWith(name) ? 'name' : null
  }
  const fitting = known.flatMap((each): Suggestion[] => {
    const by = byOf(each)
    return by === null ? [] : [{ ...each, by }]
  })
  const ordered = (['same', 'domain', 'name'] as const).flatMap((by) =>
    fitting.filter((each) => each.by === by),
  )
  const first = ordered.filter(
    ({ customerId }, at) => ordered.findIndex((each) => each.customerId === customerId) === at,
  )
  return first.slice(0, SUGGESTIONS_MAX)
}
