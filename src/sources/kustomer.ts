// Kustomer: outbound webhooks (developer.kustomer.com, "Delivery and retries", "Outbound webhooks";
// the body's details are unverified). The body is signed by HMAC-SHA-256 with the webhook's token.
// There is no time in it. The type stands in the body as `name`; the header beside it is not signed.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Schemes } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

const SCHEMES: Schemes = [
  {
    kind: 'signature',
    algorithm: 'HMAC-SHA-256',
    secret: { as: 'utf8' },
    headers: { signature: 'x-kustomer-webhook-signature' },
    form: { kind: 'plain' },
    encoding: 'hex',
    timestamp: 'none',
    signed: ['body'],
  },
]

export const kustomerSource: Source = {
  name: 'kustomer',
  title: 'Kustomer',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.name)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: textOf(body.id),
        type,
        occurredAt: occurredAtOf(body.createdAt),
        mode: null,
        data: body,
      },
    ]
  },
}

/** `secret`: the name of the secret that holds the webhook's `token`. `mode`: is it live? */
export const kustomer = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(kustomerSource, SCHEMES, options)
