// The billing API's shapes: Commet's reference, version 2026-07-11, and the types of @commet/node 7.10.0.
// Answers are parsed with what Makegood needs to be right about: presence, kind, whole numbers of money.
// Words that the vendor may add to (a status, an invoice type) are plain strings; unknown fields are ignored.

import * as z from 'zod/mini'
import { CUSTOMERS_PER_BATCH_MAX } from '../domain/limits.ts'

/** The one place that says which version of the API is spoken; sent with every request. */
export const COMMET_VERSION = '2026-07-11'

const name = z.string().check(z.minLength(1))
const metadata = z.record(z.string(), z.unknown())
const livemode = z.boolean()
const time = z.string()
export const webAddress = z.string().check(z.refine((text) => URL.canParse(text)))

/** Whole units of the settlement scale (100 is $1.00), never beyond 2^53. */
const money = z.int()

// `z.catch` itself reaches for all of zod's utilities by their namespace, which costs the bundle 2 KiB gzip.
const orElse = <Shape extends z.core.$ZodType>(innerType: Shape, value: z.output<Shape>) =>
  new z.ZodMiniCatch({ type: 'catch', innerType, catchValue: () => value }) as z.ZodMiniCatch<Shape>

/** A field by which nothing is decided: where it is missing, or of another form, no money stops. */
const unread = <Field extends z.core.$ZodType>(field: Field) => orElse(z.nullish(field), null)

// Invoices

const lineItem = z.object({
  lineType: z.string(),
  featureName: z.nullable(z.string()),
  description: z.string(),
  quantity: z.number(),
  unitAmount: z.number(),
  amount: money,
  includedAmount: z.nullable(z.number()),
  usedAmount: z.nullable(z.number()),
  overageAmount: z.nullable(z.number()),
  discountType: z.nullable(z.string()),
  discountValue: z.nullable(z.number()),
  discountName: z.nullable(z.string()),
  chargeType: z.string(),
})

/** Answer of `POST /invoices`. A status the vendor adds later is kept as it came, and acted on by nobody. */
export const createdInvoice = z.object({
  object: z.literal('invoice'),
  livemode,
  id: name,
  customerId: name,
  invoiceNumber: z.string(),
  status: name,
  invoiceType: unread(name),
  currency: name,
  subtotal: money,
  taxAmount: money,
  total: money,
  issueDate: unread(time),
  dueDate: unread(time),
  memo: unread(z.string()),
  metadata,
  createdAt: time,
  updatedAt: unread(time),
})
export type CreatedInvoice = z.infer<typeof createdInvoice>

/** Answer of `GET /invoices/{id}`, and each row of `GET /invoices`. */
export const invoice = z.extend(createdInvoice, {
  subscriptionId: unread(z.string()),
  discountAmount: unread(money),
  creditApplied: unread(money),
  periodStart: unread(time),
  periodEnd: unread(time),
  planName: unread(z.string()),
  poNumber: unread(z.string()),
  reference: unread(z.string()),
  lineItems: unread(z.array(lineItem)),
})
export type Invoice = z.infer<typeof invoice>

/** What can be read of a row that isn't as the reference says: whether it carries our mark. */
const unreadableInvoice = z.object({
  id: orElse(z.nullable(name), null),
  createdAt: orElse(z.nullable(time), null),
  metadata: orElse(z.nullable(metadata), null),
})
export type UnreadableInvoice = z.infer<typeof unreadableInvoice>

/** A row of `GET /invoices` of which none may hide the others. */
export const listedInvoice = z.union([
  invoice,
  orElse(unreadableInvoice, { id: null, createdAt: null, metadata: null }),
])
export type ListedInvoice = z.infer<typeof listedInvoice>

/** The address is signed and dies after 7 days: it is never logged. */
export const invoiceDownload = z.object({
  object: z.literal('invoice'),
  livemode,
  url: webAddress,
  expiresAt: unread(time),
})
export type InvoiceDownload = z.infer<typeof invoiceDownload>

export const sentInvoice = z.object({
  object: z.literal('invoice'),
  livemode,
  sent: z.boolean(),
  sentAt: unread(time),
})
export type SentInvoice = z.infer<typeof sentInvoice>

export const invoiceStatus = z.object({
  object: z.literal('invoice'),
  livemode,
  id: name,
  status: name,
  updatedAt: unread(time),
})
export type InvoiceStatus = z.infer<typeof invoiceStatus>

/** Body of `POST /invoices`. A negative amount is a credit; zero is refused here, before anything is sent. */
export const adjustmentRequest = z.object({
  customerId: name,
  amount: money.check(z.refine((amount) => amount !== 0, 'an adjustment is never zero')),
  description: name,
  metadata: z.exactOptional(metadata),
})
export type AdjustmentRequest = z.infer<typeof adjustmentRequest>

export const statusRequest = z.object({ status: z.enum(['paid', 'void']) })
export type SettableStatus = z.infer<typeof statusRequest>['status']

export type InvoicesQuery = {
  readonly customerId?: string
  readonly status?: 'draft' | 'outstanding' | 'paid' | 'void' | 'uncollectible'
  readonly subscriptionId?: string
  readonly cursor?: string
  readonly limit?: number
}

// Customers

/** Commet's timezones; its SDK lists them as a closed union. */
const timezone = z.enum([
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
])

const address = z.object({
  line1: z.string(),
  line2: z.exactOptional(z.string()),
  city: z.string(),
  state: z.exactOptional(z.string()),
  postalCode: z.string(),
  country: z.string(),
  region: z.exactOptional(z.string()),
})

export const customer = z.object({
  object: z.literal('customer'),
  livemode,
  id: name,
  externalId: z.nullable(z.string()),
  fullName: unread(z.string()),
  email: unread(z.string()),
  taxDocument: unread(z.string()),
  documentType: unread(z.string()),
  timezone: unread(z.string()),
  metadata: unread(metadata),
  createdAt: unread(time),
  updatedAt: unread(time),
})
export type Customer = z.infer<typeof customer>

const customerFields = {
  fullName: z.exactOptional(z.string()),
  taxDocument: z.exactOptional(z.string()),
  externalId: z.exactOptional(z.string()),
  timezone: z.exactOptional(timezone),
  metadata: z.exactOptional(metadata),
  address: z.exactOptional(address),
}

/** Body of `POST /customers`; idempotent by itself when `id` is given. */
export const customerRequest = z.object({
  ...customerFields,
  id: z.exactOptional(name),
  email: name,
  addressId: z.exactOptional(z.string()),
})
export type CustomerRequest = z.infer<typeof customerRequest>

export const customerChange = z.object({ ...customerFields, email: z.exactOptional(name) })
export type CustomerChange = z.infer<typeof customerChange>

const batchedCustomer = z.object({ ...customerFields, id: z.exactOptional(name), email: name })

export const customerBatchRequest = z.object({
  customers: z.array(batchedCustomer).check(z.minLength(1), z.maxLength(CUSTOMERS_PER_BATCH_MAX)),
})
export type CustomerBatchRequest = z.infer<typeof customerBatchRequest>

export const customerBatch = z.object({
  object: z.literal('customer'),
  livemode,
  successful: z.array(
    z.object({ id: name, externalId: z.nullable(z.string()), email: z.string() }),
  ),
  failed: z.array(
    z.object({
      index: z.int().check(z.nonnegative()),
      error: z.string(),
      data: z.looseObject({ email: z.string() }),
    }),
  ),
})
export type CustomerBatch = z.infer<typeof customerBatch>

export type CustomersQuery = {
  readonly externalId?: string
  readonly cursor?: string
  readonly limit?: number
}
