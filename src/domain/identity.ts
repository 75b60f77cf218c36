// Which customer of the billing API a source's customer is, as a person or a program has said it.

import type { CustomerKind } from './customer.ts'
import { BILLING_ID_CHARS_MAX, CUSTOMER_REFERENCE_CHARS_MAX } from './limits.ts'
import { err, ok, type Result } from './result.ts'
import { oneLine } from './text.ts'

/** The billing API's own id says by itself who it is. */
export const IDENTITY_KINDS = [
  'external_id',
  'source_id',
  'email',
] as const satisfies readonly CustomerKind[]
export type IdentityKind = (typeof IDENTITY_KINDS)[number]

export const isIdentityKind = (kind: string): kind is IdentityKind =>
  IDENTITY_KINDS.some((known) => known === kind)

/** How a source names its customer. With an empty account it holds in every account. */
export type IdentityKey = {
  readonly account: string
  readonly kind: IdentityKind
  readonly value: string
}

export type IdentityFacts = IdentityKey & { readonly customerId: string }

/** Addresses are compared in small letters; blanks around a value are never part of it. */
export const comparedValue = (kind: IdentityKind, value: string): string =>
  kind === 'email' ? value.trim().toLowerCase() : value.trim()

/** The key of an identity as one text: no two keys make the same. */
export const identityKeyText = ({ account, kind, value }: IdentityKey): string =>
  JSON.stringify([account, kind, value])

export type IdentityFault = {
  readonly field: 'account' | 'kind' | 'value' | 'customerId'
  readonly message: string
}

/** As somebody wrote it; blanks around a field don't count. */
export type WrittenIdentity = Readonly<Record<IdentityFault['field'], string>>

/**
 * An identity fit to be kept, or each field that is wrong. `accounts`: those of the configured endpoints;
 * for any other an identity would never be asked.
 */
export function readIdentity(
  written: WrittenIdentity,
  accounts: ReadonlySet<string>,
): Result<IdentityFacts, readonly IdentityFault[]> {
  const account = written.account.trim()
  const kind = written.kind.trim()
  const customerId = written.customerId.trim()
  const value = isIdentityKind(kind) ? comparedValue(kind, written.value) : written.value.trim()
  const checked: readonly [IdentityFault['field'], string | null][] = [
    ['account', account === '' || accounts.has(account) ? null : 'no endpoint has this account'],
    ['kind', isIdentityKind(kind) ? null : `one of ${IDENTITY_KINDS.join(', ')} is wanted`],
    ['value', unusableValue(kind, value)],
    ['customerId', isCustomerId(customerId) ? null : 'an id of the billing API is wanted: cus_…'],
  ]
  const faults = checked.flatMap(([field, message]) =>
    message === null ? [] : [{ field, message }],
  )
  if (faults.length > 0 || !isIdentityKind(kind)) return err(faults)
  return ok({ account, kind, value, customerId })
}

/** An id stands in the audit log: it can't be an address or a sentence. */
export const isCustomerId = (text: string): boolean =>
  /^[\w-]+$/.test(text) && text.length <= BILLING_ID_CHARS_MAX

/** The text by which an event can name somebody is a single printable line. */
function unusableValue(kind: string, value: string): string | null {
  if (value === '') return 'it is empty'
  if (value !== oneLine(value, CUSTOMER_REFERENCE_CHARS_MAX)) {
    return `one printable line of at most ${CUSTOMER_REFERENCE_CHARS_MAX} characters is wanted`
  }
  return kind !== 'email' || /^[^\s@]+@[^\s@]+$/.test(value) ? null : 'it is no e-mail address'
}

/** That there is none, or one; or that it is as one of these versions says. */
export type IdentityCondition = 'any' | 'new' | 'there' | readonly string[]

/** What changes whenever an identity does. */
export const versionOf = ({
  at,
  customerId,
}: {
  readonly at: number
  readonly customerId: string
}): string => `${at}.${customerId}`
