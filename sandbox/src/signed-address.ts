// The address of an invoice's PDF: it works without a key, for 7 days by the organization's clock, and
// only byte for byte as it was given out. The signature covers mode, invoice and end of life.
import type { InvoiceDownload } from '@commet/node'
import { success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input, Mode } from './call.ts'
import { invoiceNotFound } from './invoices.ts'
import { findInvoice } from './ledger.ts'
import { ADDRESS_MS } from './limits.ts'
import { isoTime, nowMs, readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'

const FILES_PATH = '/files'

/** Why an address is refused; the answer on the wire tells the two apart, as object stores do. */
export type AddressRefusal = { readonly reason: 'address_changed' } | { readonly reason: 'expired' }

/** The key is drawn once for each organization, so that addresses survive a restart but not a reset. */
function signingSecret(store: Store): string {
  const known = readSetting(store.sql, 'address_secret')
  if (known !== null) return known
  const drawn = crypto.getRandomValues(new Uint8Array(32)).toHex()
  writeSetting(store.sql, 'address_secret', drawn)
  return drawn
}

async function signatureOf(store: Store, signed: string): Promise<string> {
  const secret = new TextEncoder().encode(signingSecret(store))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed))
  return new Uint8Array(signature).toHex()
}

/** The path and query that this invoice's address has until it expires. */
async function signedPath(store: Store, invoiceId: string, expiresAt: number): Promise<string> {
  const mode: Mode = store.livemode ? 'live' : 'sandbox'
  const path = `${FILES_PATH}/${mode}/${invoiceId}.pdf?expires=${expiresAt}`
  return `${path}&signature=${await signatureOf(store, path)}`
}

/** A path and query that open the invoice's PDF for the next seven days. */
export async function freshPath(store: Store, invoiceId: string): Promise<string> {
  return signedPath(store, invoiceId, nowMs(store) + ADDRESS_MS)
}

export async function downloadAddress(store: Store, input: Input, origin: string): Promise<Answer> {
  const invoice = findInvoice(store, input.id)
  if (invoice === null) return invoiceNotFound(input.id)
  const expiresAt = input.now + ADDRESS_MS
  const answer: InvoiceDownload = {
    object: 'invoice',
    livemode: store.livemode,
    url: origin + (await signedPath(store, invoice.id, expiresAt)),
    expiresAt: isoTime(expiresAt),
  }
  return success(answer)
}

export type Asked = {
  readonly invoiceId: string
  /** Milliseconds, as the query's text says; NaN where it is no number. */
  readonly expiresAt: number
  /** Path and query as they came. */
  readonly pathAndQuery: string
}

/** Null where the address is whole and alive. The comparison takes the same time wherever it differs. */
export async function refuseAddress(
  store: Store,
  asked: Asked,
  now: number,
): Promise<AddressRefusal | null> {
  const expected = new TextEncoder().encode(
    await signedPath(store, asked.invoiceId, asked.expiresAt),
  )
  const actual = new TextEncoder().encode(asked.pathAndQuery)
  const sameLength = expected.byteLength === actual.byteLength
  const whole = sameLength && crypto.subtle.timingSafeEqual(expected, actual)
  if (!whole) return { reason: 'address_changed' }
  return now < asked.expiresAt ? null : { reason: 'expired' }
}
