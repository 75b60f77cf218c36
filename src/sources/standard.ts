// Standard Webhooks 1.0.0 (npm `standardwebhooks` 1.1.1), also under Svix's header names (npm `svix`
// 1.99.1, which prefers its own names where both are there). `<id>.<timestamp>.<body>` is signed with
// the base64 text behind `whsec_`. The signed `webhook-id` is the event's id; its timestamp is the attempt's.

import { occurredAtOf, type Mode, type SourceEvent, type Unreadable } from '../domain/event.ts'
import {
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type SignatureHeaders,
  type SignatureScheme,
  type Source,
} from './source.ts'

const schemeWith = (headers: SignatureHeaders): SignatureScheme => ({
  hash: 'SHA-256',
  secret: { as: 'base64', prefix: 'whsec_' },
  headers,
  form: { kind: 'versions', version: 'v1' },
  encoding: 'base64',
  timestamp: 'seconds',
  signed: ['id', '.', 'timestamp', '.', 'body'],
})

export const standardSource: Source = {
  name: 'standard',
  title: 'Standard Webhooks',
  schemes: [
    schemeWith({ signature: 'svix-signature', timestamp: 'svix-timestamp', id: 'svix-id' }),
    schemeWith({
      signature: 'webhook-signature',
      timestamp: 'webhook-timestamp',
      id: 'webhook-id',
    }),
  ],
  saysMode: false,
  unsignedIdHeader: null,
  read(body, signed): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.type)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: signed.id,
        type,
        occurredAt: occurredAtOf(body.timestamp),
        mode: null,
        data: body,
      },
    ]
  },
}

/** `secret`: the name of the secret that holds `whsec_…`. `mode`: whether its senders are live. */
export const standard = (options: EndpointOptions & { readonly mode: Mode }): Endpoint => ({
  source: standardSource,
  secret: options.secret,
  mode: options.mode,
  account: options.account ?? null,
})
