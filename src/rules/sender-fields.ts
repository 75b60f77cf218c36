// Fields that many senders have alike: ids, and who the customer is.

import * as z from 'zod/mini'
import type { CustomerReference } from '../domain/customer.ts'

/** An id as text or as a whole number that JSON has not rounded. */
export const nativeId = z.pipe(
  z.union([z.string().check(z.minLength(1)), z.int()]),
  z.transform(String),
)

/** Of an object with many fields those that a rule reads, which are all that is ever shown of it. */
export const onlyFields = (names: readonly (string | undefined)[]) =>
  z.pipe(
    z.record(z.string(), z.unknown()),
    z.transform((all): Readonly<Record<string, unknown>> =>
      Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))),
    ),
  )

/** What a template renders for an empty field is no text. */
export const textOrNull = (value: unknown): string | null =>
  (typeof value === 'string' && value.trim()) || null

const reference =
  (kind: CustomerReference['kind']) =>
  (value: unknown): CustomerReference | null => {
    const text = textOrNull(value)
    return text === null ? null : { kind, value: text }
  }

/** The user's own number of him, which the billing API knows as external id. */
export const externalCustomer = reference('external_id')
/** The source's own id of him: people say once whose it is. */
export const sourceCustomer = reference('source_id')
/** Known by the identities only. */
export const emailCustomer = reference('email')
