// Customers: list with externalId, get, create, update. An external id belongs to one customer:
// the vendor resolves a customer by it, so a second one is refused as `duplicate`.
import * as z from 'zod'
import type { Customer, Timezone } from '@commet/node'
import type { Result } from '../../src/domain/result.ts'
import { err, ok } from '../../src/domain/result.ts'
import { created, list, pageOf, refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input } from './call.ts'
import { invalid, metadata, page, parse, text } from './parse.ts'
import { documents, isoTime, newId } from './store.ts'
import type { Store } from './store.ts'
import { emit } from './webhook-events.ts'

/** The zones that the SDK's type `Timezone` lists. */
const TIMEZONES = [
  'UTC',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'America/Mexico_City',
  'America/Buenos_Aires',
  'America/Santiago',
  'America/Bogota',
  'America/Lima',
  'America/Asuncion',
  'Europe/London',
  'Europe/Paris',
  'Europe/Berlin',
  'Europe/Madrid',
  'Asia/Tokyo',
  'Asia/Shanghai',
  'Asia/Singapore',
  'Asia/Dubai',
  'Australia/Sydney',
] as const satisfies readonly Timezone[]

/** Labels that the vendor's webhook types name; another country's document has none here. */
const DOCUMENT_TYPES: Readonly<Record<string, string>> = { AR: 'CUIT', MX: 'RFC', CL: 'RUT' }

const addressSchema = z.object({
  line1: text,
  line2: text.exactOptional(),
  city: text,
  state: text.exactOptional(),
  postalCode: text,
  country: text,
  region: text.exactOptional(),
})

export type Address = z.infer<typeof addressSchema>

const details = z.object({
  externalId: text.exactOptional(),
  fullName: text.exactOptional(),
  taxDocument: text.exactOptional(),
  timezone: z.enum(TIMEZONES).exactOptional(),
  metadata: metadata.exactOptional(),
  address: addressSchema.exactOptional(),
})
export const newCustomer = details.extend({ id: text.exactOptional(), email: z.email() })
const changes = details.extend({ email: z.email().exactOptional() })
const listQuery = page.extend({ externalId: text.exactOptional() })

export type NewCustomer = z.infer<typeof newCustomer>

export function findCustomer(store: Store, id: string): Customer | null {
  const [found] = documents<Customer>(store, 'SELECT document FROM customers WHERE id = ?', id)
  return found ?? null
}

export function findAddress(store: Store, id: string): Address | null {
  const select = 'SELECT address AS document FROM customers WHERE id = ? AND address IS NOT NULL'
  return documents<Address>(store, select, id)[0] ?? null
}

function findByExternalId(store: Store, externalId: string): Customer | null {
  const select = 'SELECT document FROM customers WHERE external_id = ?'
  return documents<Customer>(store, select, externalId)[0] ?? null
}

function documentType(taxDocument: string | undefined | null, country: string | undefined) {
  if (!taxDocument || country === undefined) return null
  return DOCUMENT_TYPES[country.toUpperCase()] ?? null
}

export type Taken = { readonly reason: 'external_id_taken'; readonly message: string }

function taken(externalId: string): Taken {
  const message = `Another customer has the external id ${externalId}`
  return { reason: 'external_id_taken', message }
}

function duplicate({ message }: Taken): Answer {
  return refusal('duplicate', message, [{ field: 'externalId', message }])
}

/** Adds a customer, or answers the one that has the given id: creating is idempotent by id. */
export function addCustomer(
  store: Store,
  wanted: NewCustomer,
  now: number,
): Result<Customer, Taken> {
  const { id, externalId } = wanted
  const existing = id === undefined ? null : findCustomer(store, id)
  if (existing !== null) return ok(existing)
  if (externalId !== undefined && findByExternalId(store, externalId) !== null) {
    return err(taken(externalId))
  }
  const customer: Customer = {
    object: 'customer',
    livemode: store.livemode,
    id: id ?? newId('cus'),
    externalId: externalId ?? null,
    fullName: wanted.fullName ?? null,
    email: wanted.email,
    taxDocument: wanted.taxDocument ?? null,
    documentType: documentType(wanted.taxDocument, wanted.address?.country),
    timezone: wanted.timezone ?? null,
    metadata: wanted.metadata ?? null,
    createdAt: isoTime(now),
    updatedAt: isoTime(now),
  }
  store.sql.exec(
    'INSERT INTO customers (id, external_id, address, document) VALUES (?, ?, ?, ?)',
    customer.id,
    customer.externalId,
    wanted.address === undefined ? null : JSON.stringify(wanted.address),
    JSON.stringify(customer),
  )
  emit(store, 'customer.created', customerData(customer), now)
  return ok(customer)
}

function customerData(customer: Customer) {
  const { object: _object, livemode: _livemode, ...data } = customer
  return data
}

export function createCustomer(store: Store, input: Input): Answer {
  const wanted = parse(newCustomer, input.body)
  if (!wanted.ok) return wanted.error
  const added = addCustomer(store, wanted.value, input.now)
  return added.ok ? created(added.value) : duplicate(added.error)
}

export function getCustomer(store: Store, input: Input): Answer {
  const customer = findCustomer(store, input.id)
  return customer === null ? customerNotFound(input.id) : success(customer)
}

export function customerNotFound(id: string): Answer {
  return refusal('customer_not_found', `There is no customer ${id}`)
}

export function updateCustomer(store: Store, input: Input): Answer {
  const wanted = parse(changes, input.body)
  if (!wanted.ok) return wanted.error
  const before = findCustomer(store, input.id)
  if (before === null) return customerNotFound(input.id)
  const { address, ...fields } = wanted.value
  const { externalId } = fields
  const other = externalId === undefined ? null : findByExternalId(store, externalId)
  if (externalId !== undefined && other !== null && other.id !== before.id) {
    return duplicate(taken(externalId))
  }
  const home = address ?? findAddress(store, before.id)
  const after: Customer = {
    ...before,
    ...fields,
    documentType: documentType(fields.taxDocument ?? before.taxDocument, home?.country),
    updatedAt: isoTime(input.now),
  }
  store.sql.exec(
    'UPDATE customers SET external_id = ?, address = ?, document = ? WHERE id = ?',
    after.externalId,
    home === null ? null : JSON.stringify(home),
    JSON.stringify(after),
    after.id,
  )
  emit(store, 'customer.updated', customerData(after), input.now)
  return success(after)
}

export function listCustomers(store: Store, input: Input): Answer {
  const query = parse(listQuery, input.query)
  if (!query.ok) return query.error
  const { externalId, cursor, limit } = query.value
  const before = cursor === undefined ? null : findSequence(store, cursor)
  if (cursor !== undefined && before === null) return invalid('cursor', 'is no cursor of this list')
  const rows = documents<Customer>(
    store,
    `SELECT document FROM customers WHERE (?1 IS NULL OR external_id = ?1)
       AND (?2 IS NULL OR sequence < ?2) ORDER BY sequence DESC LIMIT ?3`,
    externalId ?? null,
    before,
    limit + 1,
  )
  return list(pageOf(rows, query.value, ({ id }) => id, input.listing))
}

function findSequence(store: Store, id: string): number | null {
  const select = 'SELECT sequence FROM customers WHERE id = ?'
  return store.sql.exec<{ sequence: number }>(select, id).toArray()[0]?.sequence ?? null
}
