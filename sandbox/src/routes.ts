// The API's calls: method and path below /api/v1, and what answers them.
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall, Input } from './call.ts'
import { createCustomers } from './customer-batch.ts'
import { createCustomer, getCustomer, listCustomers, updateCustomer } from './customers.ts'
import { createFeature, getFeature, listFeatures, updateFeature } from './features.ts'
import { createAdjustment, getInvoice, listInvoices } from './invoices.ts'
import { sendInvoice, updateInvoiceStatus } from './invoices.ts'
import { matchPath } from './path.ts'
import { downloadAddress } from './signed-address.ts'
import type { Store } from './store.ts'
import { NEWER_VERSION } from './version.ts'
import { testWebhook } from './webhook-deliveries.ts'
import { createWebhook, deleteWebhook, getWebhook, listWebhooks } from './webhooks.ts'
import { updateWebhook } from './webhooks.ts'

/** Most calls are one synchronous step, which is what makes check and write atomic. */
type Step = (store: Store, input: Input) => Answer
/** Signing and sending need to wait; these calls write nothing of their own that could race. */
type Wait = (store: Store, input: Input, origin: string) => Promise<Answer>

type Place = {
  readonly method: string
  readonly path: string
  /** Version 2026-07-31 has another path in its place. */
  readonly replaced?: true
}

export type Route = Place & ({ readonly step: Step } | { readonly wait: Wait })

/** A path's `*` stands for one segment. The first route that matches answers. */
const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/invoices', step: createAdjustment },
  { method: 'GET', path: '/invoices', step: listInvoices },
  { method: 'GET', path: '/invoices/*', step: getInvoice },
  { method: 'GET', path: '/invoices/*/download', wait: downloadAddress, replaced: true },
  { method: 'POST', path: '/invoices/*/send', step: sendInvoice },
  { method: 'PUT', path: '/invoices/*/status', step: updateInvoiceStatus, replaced: true },
  { method: 'POST', path: '/invoices/*/download-links', step: notInThisVersion },
  { method: 'PATCH', path: '/invoices/*', step: notInThisVersion },
  { method: 'PATCH', path: '/invoices/*/status', step: notInThisVersion },
  { method: 'GET', path: '/customers', step: listCustomers },
  { method: 'POST', path: '/customers', step: createCustomer },
  { method: 'POST', path: '/customers/batch', step: createCustomers },
  { method: 'GET', path: '/customers/*', step: getCustomer },
  { method: 'PUT', path: '/customers/*', step: updateCustomer },
  { method: 'GET', path: '/features', step: listFeatures },
  { method: 'POST', path: '/features/manage', step: createFeature },
  { method: 'GET', path: '/features/*', step: getFeature },
  { method: 'PUT', path: '/features/*/manage', step: updateFeature },
  { method: 'GET', path: '/webhooks', step: listWebhooks },
  { method: 'POST', path: '/webhooks', step: createWebhook },
  { method: 'GET', path: '/webhooks/*', step: getWebhook },
  { method: 'PUT', path: '/webhooks/*', step: updateWebhook },
  { method: 'DELETE', path: '/webhooks/*', step: deleteWebhook },
  { method: 'POST', path: '/webhooks/*/test', wait: testWebhook },
]

/** The paths that version 2026-07-31 brought, and under its header those that it replaced. */
function notInThisVersion(): Answer {
  return refusal('endpoint_not_available', 'This endpoint is not available in your API version')
}

export type Matched = { readonly route: Route; readonly id: string }

export function matchRoute({ method, path, version }: ApiCall): Matched | null {
  for (const route of ROUTES) {
    const id = route.method === method ? matchPath(route.path, path) : null
    if (id === null) continue
    const gone = route.replaced === true && version === NEWER_VERSION
    return { route: gone ? { method, path, step: notInThisVersion } : route, id }
  }
  return null
}
