// Stripe: snapshot events of an account (docs.stripe.com/webhooks; npm `stripe` 23.1.0, Webhooks.js).
// Stripe signs `<t>.<body>` with the endpoint's whole `whsec_…` text. `v0` is a test-mode leftover that
// is never accepted. Future timestamps are refused too, which Stripe's own library does not do.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Schemes } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type Source,
} from './source.ts'

const SCHEMES: Schemes = [
  {
    kind: 'signature',
    algorithm: 'HMAC-SHA-256',
    secret: { as: 'utf8' },
    headers: { signature: 'stripe-signature' },
    form: { kind: 'pairs', separator: ',', timestamp: 't', signature: 'v1' },
    encoding: 'hex',
    timestamp: 'seconds',
    signed: ['timestamp', { text: '.' }, 'body'],
  },
]

export const stripeSource: Source = {
  name: 'stripe',
  title: 'Stripe',
  saysMode: true,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.type)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: textOf(body.id),
        type,
        occurredAt: occurredAtOf(body.created),
        mode: body.livemode === true ? 'live' : body.livemode === false ? 'test' : null,
        data: body,
      },
    ]
  },
}

/** `secret`: the name of the environment's secret that holds the endpoint's `whsec_…`. */
export const stripe = (options: EndpointOptions): Endpoint =>
  endpointOf(stripeSource, SCHEMES, options)
