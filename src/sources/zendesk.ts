// Zendesk: webhooks of triggers, with the body template of docs/sources/zendesk.md, and of event subscriptions
// (developer.zendesk.com, "Verifying webhook authenticity", "Anatomy of a webhook request").
// `<timestamp><body>` is signed with the secret's text, which looks like base64 and is not decoded.
// Zendesk names no tolerance; ours is five minutes.

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
    headers: {
      signature: 'x-zendesk-webhook-signature',
      timestamp: 'x-zendesk-webhook-signature-timestamp',
    },
    form: { kind: 'plain' },
    encoding: 'base64',
    timestamp: 'rfc3339',
    signed: ['timestamp', 'body'],
  },
]

/** How the types of event subscriptions begin. */
const SUBSCRIBED = 'zen:event-type:'

/** Signs what "Test webhook" sends before the webhook exists; it stands in Zendesk's own pages. */
const PUBLIC_TEST_SECRET = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='

export const zendeskSource: Source = {
  name: 'zendesk',
  title: 'Zendesk',
  saysMode: false,
  unsignedIdHeader: 'x-zendesk-webhook-invocation-id',
  publicSecrets: [PUBLIC_TEST_SECRET],
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.type)
    // A template may have a `type` of its own, which says nothing of how it came.
    if (type?.startsWith(SUBSCRIBED)) {
      return [
        {
          ownId: textOf(body.id),
          type,
          occurredAt: occurredAtOf(body.time),
          mode: null,
          data: body,
        },
      ]
    }
    // A trigger's body is whatever its admin wrote; it has no id, so its bytes identify it.
    const kind = textOf(body.kind)
    if (kind === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: null,
        type: kind,
        occurredAt: occurredAtOf(body.updated_at),
        mode: null,
        data: body,
      },
    ]
  },
}

/** `secret`: the name of the secret that holds the webhook's signing secret. `mode`: is it live? */
export const zendesk = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(zendeskSource, SCHEMES, options)
