// Paddle Billing: notifications (developer.paddle.com, "Respond to webhooks"; npm
// `@paddle/paddle-node-sdk` 3.10.0). `<ts>:<body>` is signed with the destination's whole secret. The SDK
// takes a time 5 s old at most and only the last `h1`; ours is five minutes both ways, and any of them.

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
    headers: { signature: 'paddle-signature' },
    form: { kind: 'pairs', separator: ';', timestamp: 'ts', signature: 'h1' },
    encoding: 'hex',
    timestamp: 'seconds',
    signed: ['timestamp', { text: ':' }, 'body'],
  },
]

export const paddleSource: Source = {
  name: 'paddle',
  title: 'Paddle',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.event_type)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        // `notification_id` is another one for each destination and is not the event's.
        ownId: textOf(body.event_id),
        type,
        occurredAt: occurredAtOf(body.occurred_at),
        mode: null,
        data: body,
      },
    ]
  },
  accepted: { status: 200, content: null },
}

/** `secret`: the name of the secret that holds `pdl_ntfset_…`. `mode`: is it the live account? */
export const paddle = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(paddleSource, SCHEMES, options)
