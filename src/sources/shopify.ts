// Shopify: webhooks of a shop or an app, and the newer Events, whose headers have no `X-` (npm
// `@shopify/shopify-api` 13.1.0, webhooks/validate, which prefers Events). The body is signed by
// HMAC-SHA-256; there is no time in the signature. The type (topic) and the ids stand only in headers
// that are not signed: the body's bytes identify an event.

import { occurredAtOf, type Mode, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Scheme, Schemes } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

const signedIn = (signature: string): Scheme => ({
  kind: 'signature',
  algorithm: 'HMAC-SHA-256',
  secret: { as: 'utf8' },
  headers: { signature },
  form: { kind: 'plain' },
  encoding: 'base64',
  timestamp: 'none',
  signed: ['body'],
})

const SCHEMES: Schemes = [signedIn('shopify-hmac-sha256'), signedIn('x-shopify-hmac-sha256')]

export const shopifySource: Source = {
  name: 'shopify',
  title: 'Shopify',
  saysMode: false,
  unsignedIdHeader: 'x-shopify-webhook-id',
  typeSeparator: '/',
  // Shopify speaks of 200, and removes subscriptions that fail eight times in a row.
  accepted: { status: 200, content: null },
  read(body, { unsignedHeader }): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const isEvents = unsignedHeader('shopify-hmac-sha256') !== null
    const topic = textOf(unsignedHeader(isEvents ? 'shopify-topic' : 'x-shopify-topic'))
    if (topic === null) return [{ unreadable: 'no_event_type' }]
    const changedAt = body.updated_at ?? body.created_at ?? body.initiated_at
    return [
      {
        ownId: null,
        type: topic,
        occurredAt: occurredAtOf(changedAt),
        mode: modeOf(body),
        data: body,
      },
    ]
  },
}

/** Of an order, or of a refund's transactions: one test among them makes it a test. */
function modeOf({ test, transactions }: Readonly<Record<string, unknown>>): Mode | null {
  const listed: unknown[] = Array.isArray(transactions) ? transactions : []
  const said = [test, ...listed.map((each) => (isObject(each) ? each.test : null))]
  if (said.includes(true)) return 'test'
  return said.includes(false) ? 'live' : null
}

/**
 * `secret`: the name of the secret that holds the app's client secret, or the shop's notification
 * secret. `mode`: what an event is that does not say it.
 */
export const shopify = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(shopifySource, SCHEMES, options)
