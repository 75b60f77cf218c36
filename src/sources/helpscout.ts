// Help Scout: webhooks of the Webhooks app, payload v2 (developer.helpscout.com/webhooks; repository
// helpscout/helpscout-api-php, Webhooks/IncomingWebhook.php). The body is signed by HMAC-SHA-1. It has
// no id and no time of its own. The type stands only in a header, which is not signed.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Schemes } from './scheme.ts'
import {
  endpointOf,
  isObject,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

const SCHEMES: Schemes = [
  {
    kind: 'signature',
    algorithm: 'HMAC-SHA-1',
    secret: { as: 'utf8' },
    headers: { signature: 'x-helpscout-signature' },
    form: { kind: 'plain' },
    encoding: 'base64',
    timestamp: 'none',
    signed: ['body'],
  },
]

export const helpscoutSource: Source = {
  name: 'helpscout',
  title: 'Help Scout',
  saysMode: false,
  unsignedIdHeader: null,
  read(body, { unsignedHeader }): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = unsignedHeader('x-helpscout-event')
    if (type === null || type === '') return [{ unreadable: 'no_event_type' }]
    // When a conversation last changed; other objects only say when they were made.
    const occurredAt = occurredAtOf(body.userUpdatedAt) ?? occurredAtOf(body.createdAt)
    return [{ ownId: null, type, occurredAt, mode: null, data: body }]
  },
  accepted: { status: 200, content: null },
}

/** `secret`: the name of the secret that holds the webhook's secret key. `mode`: is it live? */
export const helpscout = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(helpscoutSource, SCHEMES, options)
