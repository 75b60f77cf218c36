// Close: webhook subscriptions (developer.close.com/api/resources/webhooks, "Webhook delivery"; the
// scheme as four independent implementations have it). `<timestamp><body>` is signed with the
// `signature_key`, whose text is hex. Close names no tolerance; ours is five minutes. Whether a retry
// is signed anew is unverified: one that is not comes too late, and is refused.

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
    secret: { as: 'hex' },
    headers: { signature: 'close-sig-hash', timestamp: 'close-sig-timestamp' },
    form: { kind: 'plain' },
    encoding: 'hex',
    timestamp: 'seconds',
    signed: ['timestamp', 'body'],
  },
]

export const closeSource: Source = {
  name: 'close',
  title: 'Close',
  saysMode: false,
  unsignedIdHeader: null,
  // Which answers count as delivered is unverified; 200 is one everywhere.
  accepted: { status: 200, content: null },
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body) || !isObject(body.event)) return [{ unreadable: 'not_an_object' }]
    const { event } = body
    const [kind, action] = [textOf(event.object_type), textOf(event.action)]
    if (kind === null || action === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: textOf(event.id),
        type: `${kind}.${action}`,
        occurredAt: occurredAtOf(inUtc(event.date_created)),
        mode: null,
        data: body,
      },
    ]
  },
}

/** Close writes UTC without saying so, and such a text would be read as local time. */
const inUtc = (value: unknown): unknown =>
  typeof value === 'string' && /T[\d:.]+$/.test(value) ? `${value}Z` : value

/** `secret`: the name of the secret that holds the subscription's `signature_key`. `mode`: is it live? */
export const close = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(closeSource, SCHEMES, options)
