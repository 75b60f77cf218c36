// Linear: webhooks of a workspace or a team (npm `@linear/sdk` 98.0.0, LinearWebhookClient). The body is
// signed by HMAC-SHA-256. Its time stands inside it, `webhookTimestamp`, and may be a minute off, as in
// the SDK, which ignores the `linear-timestamp` header too. The delivery's id is in a header only.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import { ageRefusal } from './read-signatures.ts'
import type { Refusal } from './refusal.ts'
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

const WINDOW_SECONDS = 60

const SCHEMES: Schemes = [
  {
    kind: 'signature',
    algorithm: 'HMAC-SHA-256',
    secret: { as: 'utf8' },
    headers: { signature: 'linear-signature' },
    form: { kind: 'plain' },
    encoding: 'hex',
    timestamp: 'none',
    signed: ['body'],
  },
]

export const linearSource: Source = {
  name: 'linear',
  title: 'Linear',
  saysMode: false,
  unsignedIdHeader: 'linear-delivery',
  // Anything but 200 is sent again (developers.linear.app, "Webhooks").
  accepted: { status: 200, content: null },
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const [family, action] = [textOf(body.type), textOf(body.action)]
    if (family === null || action === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: ownIdOf(body),
        type: `${family}.${action}`,
        occurredAt: occurredAtOf(body.createdAt),
        mode: null,
        data: body,
      },
    ]
  },
}

/**
 * What was done to which object, and when, as the signed body says. Its hash would not do: the body
 * is written anew with the `webhookTimestamp` of each attempt. An object may have no `updatedAt`.
 */
function ownIdOf(body: Readonly<Record<string, unknown>>): string | null {
  const { webhookId, type, action, createdAt } = body
  const object = isObject(body.data) ? body.data : body.issueData
  if (!isObject(object)) return null
  const parts = [webhookId, type, action, object.id, createdAt]
  if (parts.some((part) => textOf(part) === null)) return null
  return JSON.stringify([...parts, textOf(object.updatedAt)])
}

function admits(body: unknown, nowMs: number): Refusal | null {
  const sentAt = isObject(body) ? body.webhookTimestamp : null
  return typeof sentAt === 'number'
    ? ageRefusal(sentAt, nowMs, WINDOW_SECONDS)
    : { reason: 'body_not_admitted', field: 'webhookTimestamp' }
}

/** `secret`: the name of the secret that holds the webhook's `lin_wh_…`. `mode`: is it live? */
export const linear = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(linearSource, SCHEMES, options, { admits })
