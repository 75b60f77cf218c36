// The billing client: every call of Commet's API that Makegood knows, as a Result. It never throws, never
// retries and never sleeps: who calls it has a queue for that. See trouble.ts for what an error means.

import { assert } from '../domain/assert.ts'
import { BILLING_DEADLINE_MS } from '../domain/limits.ts'
import { type Asker, type BillingResult, createAsker, type WriteOptions } from './ask.ts'
import * as features from './contract-features.ts'
import * as webhooks from './contract-webhooks.ts'
import * as contract from './contract.ts'
import { forward, type Forwarding } from './forward.ts'

export type { BillingAnswer, BillingResult, WriteOptions } from './ask.ts'
export type { BillingError, BillingMeaning } from './trouble.ts'

export type BillingClient = ReturnType<typeof createBillingClient>

export type BillingClientOptions = {
  /** Where the API is, without `/api/v1`: `https://commet.co`. */
  readonly baseUrl: string
  /** `ck_…`; sent as `x-api-key`, found in no error and no answer of this client. */
  readonly apiKey: string
  readonly fetch?: typeof fetch
  /** For the whole call, headers and body. */
  readonly deadlineMs?: number
}

/** Options that can't work (an address that is none, a key that no header can carry) crash here, at once. */
export function createBillingClient(options: BillingClientOptions) {
  assert(isAddress(options.baseUrl), 'the billing address is an http address without /api/v1')
  assert(/^[\x21-\x7e]+$/.test(options.apiKey), 'the billing key is printable ASCII')
  const connection = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    apiKey: options.apiKey,
    // Looked up at each call, and called without an object: workerd refuses another `this`.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    deadlineMs: options.deadlineMs ?? BILLING_DEADLINE_MS,
  }
  const ask = createAsker(connection)
  return {
    /** For somebody else: what it answers is not read. */
    forward: (forwarding: Forwarding) => forward(connection, forwarding),
    invoices: invoiceCalls(ask),
    customers: customerCalls(ask),
    features: featureCalls(ask),
    webhooks: webhookCalls(ask),
  }
}

function isAddress(text: string): boolean {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || /\s/.test(text)) return false
  const isPlain = url.username === '' && url.search === '' && url.hash === ''
  return isPlain && !/\/api\/v1\/?$/.test(url.pathname)
}

function invoiceCalls(ask: Asker) {
  const path = '/invoices/{id}'
  return {
    createAdjustment: (
      body: contract.AdjustmentRequest,
      options: WriteOptions,
    ): BillingResult<contract.CreatedInvoice> =>
      ask.write({
        method: 'POST',
        path: '/invoices',
        body,
        request: contract.adjustmentRequest,
        answer: contract.createdInvoice,
        ...options,
      }),
    /** One page. Filters that are left out don't filter. */
    list: (query: contract.InvoicesQuery = {}): BillingResult<contract.Invoice[]> =>
      ask.page({ path: '/invoices', query, row: contract.invoice }),
    /** The same page where a row that can't be read doesn't make it useless: nothing is posted on its word. */
    listLoosely: (query: contract.InvoicesQuery): BillingResult<contract.ListedInvoice[]> =>
      ask.page({ path: '/invoices', query, row: contract.listedInvoice }),
    get: (id: string): BillingResult<contract.Invoice> =>
      ask.read({ path, id, answer: contract.invoice }),
    getDownloadUrl: (id: string): BillingResult<contract.InvoiceDownload> =>
      ask.read({ path: `${path}/download`, id, answer: contract.invoiceDownload }),
    /** Mails the invoice to its customer. */
    send: (id: string, options: WriteOptions): BillingResult<contract.SentInvoice> =>
      ask.write({
        method: 'POST',
        path: `${path}/send`,
        id,
        body: {},
        answer: contract.sentInvoice,
        ...options,
      }),
    /** Only an `outstanding` invoice may change. */
    updateStatus: (
      id: string,
      status: contract.SettableStatus,
      options: WriteOptions,
    ): BillingResult<contract.InvoiceStatus> =>
      ask.write({
        method: 'PUT',
        path: `${path}/status`,
        id,
        body: { status },
        request: contract.statusRequest,
        answer: contract.invoiceStatus,
        ...options,
      }),
  }
}

function customerCalls(ask: Asker) {
  const path = '/customers/{id}'
  return {
    list: (query: contract.CustomersQuery = {}): BillingResult<contract.Customer[]> =>
      ask.page({ path: '/customers', query, row: contract.customer }),
    get: (id: string): BillingResult<contract.Customer> =>
      ask.read({ path, id, answer: contract.customer }),
    create: (
      body: contract.CustomerRequest,
      options: WriteOptions,
    ): BillingResult<contract.Customer> =>
      ask.write({
        method: 'POST',
        path: '/customers',
        body,
        request: contract.customerRequest,
        answer: contract.customer,
        ...options,
      }),
    update: (
      id: string,
      body: contract.CustomerChange,
      options: WriteOptions,
    ): BillingResult<contract.Customer> =>
      ask.write({
        method: 'PUT',
        path,
        id,
        body,
        request: contract.customerChange,
        answer: contract.customer,
        ...options,
      }),
    /** Up to `CUSTOMERS_PER_BATCH_MAX`; those that failed are listed in the answer, which is a success. */
    createBatch: (
      body: contract.CustomerBatchRequest,
      options: WriteOptions,
    ): BillingResult<contract.CustomerBatch> =>
      ask.write({
        method: 'POST',
        path: '/customers/batch',
        body,
        request: contract.customerBatchRequest,
        answer: contract.customerBatch,
        ...options,
      }),
  }
}

function featureCalls(ask: Asker) {
  const manage = '/features/{id}/manage'
  return {
    /** The whole catalog: this list takes no cursor. */
    list: (): BillingResult<features.Feature[]> =>
      ask.read({ path: '/features', answer: features.featureList }),
    get: (code: string): BillingResult<features.Feature> =>
      ask.read({ path: '/features/{id}', id: code, answer: features.feature }),
    create: (
      body: features.FeatureRequest,
      options: WriteOptions,
    ): BillingResult<features.Feature> =>
      ask.write({
        method: 'POST',
        path: '/features/manage',
        body,
        request: features.featureRequest,
        answer: features.feature,
        ...options,
      }),
    update: (
      code: string,
      body: features.FeatureChange,
      options: WriteOptions,
    ): BillingResult<features.Feature> =>
      ask.write({
        method: 'PUT',
        path: manage,
        id: code,
        body,
        request: features.featureChange,
        answer: features.feature,
        ...options,
      }),
  }
}

function webhookCalls(ask: Asker) {
  const path = '/webhooks/{id}'
  return {
    list: (query: webhooks.WebhooksQuery = {}): BillingResult<webhooks.WebhookEndpoint[]> =>
      ask.page({ path: '/webhooks', query, row: webhooks.webhookEndpoint }),
    get: (id: string): BillingResult<webhooks.WebhookEndpoint> =>
      ask.read({ path, id, answer: webhooks.webhookEndpoint }),
    create: (
      body: webhooks.WebhookRequest,
      options: WriteOptions,
    ): BillingResult<webhooks.CreatedWebhookEndpoint> =>
      ask.write({
        method: 'POST',
        path: '/webhooks',
        body,
        request: webhooks.webhookRequest,
        answer: webhooks.createdWebhookEndpoint,
        ...options,
      }),
    update: (
      id: string,
      body: webhooks.WebhookChange,
      options: WriteOptions,
    ): BillingResult<webhooks.WebhookEndpoint> =>
      ask.write({
        method: 'PUT',
        path,
        id,
        body,
        request: webhooks.webhookChange,
        answer: webhooks.webhookEndpoint,
        ...options,
      }),
    delete: (id: string, options: WriteOptions): BillingResult<webhooks.DeletedWebhookEndpoint> =>
      ask.write({
        method: 'DELETE',
        path,
        id,
        answer: webhooks.deletedWebhookEndpoint,
        ...options,
      }),
    /** Has Commet deliver a test event to the endpoint. */
    test: (id: string, options: WriteOptions): BillingResult<webhooks.WebhookTest> =>
      ask.write({
        method: 'POST',
        path: `${path}/test`,
        id,
        answer: webhooks.webhookTest,
        ...options,
      }),
  }
}
