// The billing API's own call `POST /invoices`, asked of Makegood: an adjustment whose words are its caller's.
// It comes as an event of the source that no webhook reaches, as what people make by hand does.

import { OWN_METADATA_PREFIX, type InvoiceWords } from './adjustment.ts'
import { BY_HAND_RULE } from './by-hand.ts'
import { canonical } from './canonical.ts'
import { INVOICE_METADATA_CHARS_MAX, INVOICE_METADATA_LEVELS_MAX } from './limits.ts'
import type { Money } from './money.ts'
import { charge, credit, type Adjust } from './outcome.ts'
import type { ReasonCode } from './reason.ts'

export const INVOICE_CALL_RULE = 'invoice-call'
export const INVOICE_CALL_TYPE = 'invoice.requested'
/** The call has no field for why. */
export const INVOICE_CALL_REASON: ReasonCode = 'correction'

/** Who makes what no rule does, as a sentence begins. */
export const OTHER_MAKERS: ReadonlyMap<string, string> = new Map([
  [BY_HAND_RULE, 'A person made by hand'],
  [INVOICE_CALL_RULE, 'A caller of POST /api/v1/invoices made'],
])

/** `amount`: signed minor units, never zero. */
export type InvoiceRequest = InvoiceWords & {
  readonly customerId: string
  readonly amount: number
}

/** No key of what is made by hand has a blank, so that the same key there is another request. */
export const invoiceOwnId = (key: string): string => `invoice ${key}`

/** `key`: the caller's Idempotency-Key, or drawn. `asker`: the identity of who calls. */
export function adjustAsAsked(
  { customerId, amount }: InvoiceRequest,
  money: Money,
  { key, asker }: { readonly key: string; readonly asker: string },
): Adjust {
  const customer = { kind: 'billing_id', value: customerId } as const
  const fields = { subject: `invoice:${key}`, customer, asker, originalInvoice: null }
  return amount < 0 ? credit(money, fields) : charge(money, fields)
}

/** Its event's payload. */
export const invoiceRequestText = ({
  customerId,
  amount,
  description,
  metadata,
}: InvoiceRequest): string => JSON.stringify({ customerId, amount, description, metadata })

/** What `invoiceRequestText` wrote. */
export function wordsOf(text: string): InvoiceWords {
  const { description, metadata }: InvoiceWords = JSON.parse(text)
  return { description, metadata }
}

/** Equal requests have equal words, in whatever order their fields were written. */
export const areSameWords = (one: InvoiceWords, other: InvoiceWords): boolean =>
  one.description === other.description &&
  canonical(one.metadata ?? {}) === canonical(other.metadata ?? {})

/** The words of a request that was frozen with them. */
export function wordsOfFrozen({ description, metadata }: InvoiceWords): InvoiceWords {
  const own = Object.entries(metadata ?? {}).filter(([name]) => !isOurs(name))
  return { description, metadata: Object.fromEntries(own) }
}

const isOurs = (name: string): boolean => name.startsWith(OWN_METADATA_PREFIX)

/** Why this can be no metadata of a caller's; null where it can. */
export function metadataProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'an object is wanted'
  }
  const names = Object.keys(value)
  if (names.some(isOurs)) return `names that begin with ${OWN_METADATA_PREFIX} are Makegood's own`
  if (names.includes('__proto__')) return '__proto__ is no name for a field'
  if (isDeeper(value, INVOICE_METADATA_LEVELS_MAX)) {
    return `at most ${INVOICE_METADATA_LEVELS_MAX} levels are wanted`
  }
  return JSON.stringify(value).length > INVOICE_METADATA_CHARS_MAX
    ? `at most ${INVOICE_METADATA_CHARS_MAX} characters are wanted, written as JSON`
    : null
}

/** Looks no deeper than that. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
