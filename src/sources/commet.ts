// Commet: the billing system's own webhooks (npm `@commet/node` 7.10.0; the vendor's page on webhooks).
// The body is signed with the whole `whsec_…` text, without a time: only the event's id stops a replay.
// The headers with id, type and time are not signed, and the body has all three.

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
    headers: { signature: 'x-commet-signature' },
    form: { kind: 'plain' },
    encoding: 'hex',
    timestamp: 'none',
    signed: ['body'],
  },
]

export const commetSource: Source = {
  name: 'commet',
  title: 'Commet',
  saysMode: true,
  unsignedIdHeader: 'x-commet-event-id',
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.event)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        // Older API versions send no id; then the body's hash is it, as in the vendor's example.
        ownId: textOf(body.id),
        type,
        occurredAt: occurredAtOf(body.timestamp),
        mode: body.mode === 'live' ? 'live' : body.mode === 'sandbox' ? 'test' : null,
        data: body,
      },
    ]
  },
  accepted: { status: 200, content: null },
}

/** `secret`: the name of the secret that holds the webhook's `whsec_…`, which is shown only once. */
export const commet = (options: EndpointOptions): Endpoint =>
  endpointOf(commetSource, SCHEMES, options)
