// Front: webhooks of an application (dev.frontapp.com/docs/application-webhooks) and of rules
// (/docs/rule-webhooks). An application signs `<time>:<body>` by HMAC-SHA-256, a rule the body alone by
// HMAC-SHA-1, under the same header: which of them it is, is the endpoint's setting. The names of an
// application's events differ between Front's own pages, and that an event's id is unique is unverified.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import { isVisibleAscii } from './read-signatures.ts'
import type { Scheme } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

const APPLICATION: Scheme = {
  kind: 'signature',
  algorithm: 'HMAC-SHA-256',
  secret: { as: 'utf8' },
  headers: { signature: 'x-front-signature', timestamp: 'x-front-request-timestamp' },
  form: { kind: 'plain' },
  encoding: 'base64',
  timestamp: 'milliseconds',
  signed: ['timestamp', { text: ':' }, 'body'],
}

const RULE: Scheme = {
  kind: 'signature',
  algorithm: 'HMAC-SHA-1',
  secret: { as: 'utf8' },
  headers: { signature: 'x-front-signature' },
  form: { kind: 'plain' },
  encoding: 'base64',
  timestamp: 'none',
  signed: ['body'],
}

/** `event` holds the id and the time; `body` is the event itself at rules, and wraps it elsewhere. */
function read(body: Readonly<Record<string, unknown>>, event: unknown): SourceEvent | Unreadable {
  const type = textOf(body.type)
  if (type === null) return { unreadable: 'no_event_type' }
  const { id, emitted_at: emittedAt } = isObject(event) ? event : {}
  return { ownId: textOf(id), type, occurredAt: occurredAtOf(emittedAt), mode: null, data: body }
}

export const frontRuleSource: Source = {
  name: 'front',
  title: 'Front',
  saysMode: false,
  unsignedIdHeader: null,
  read: (body) => [isObject(body) ? read(body, body) : { unreadable: 'not_an_object' }],
  accepted: { status: 200, content: null },
}

export const frontSource: Source = {
  ...frontRuleSource,
  read: (body) => [isObject(body) ? read(body, body.payload) : { unreadable: 'not_an_object' }],
  /** On every save of the application's settings; answered only once the signature has held. */
  handshake(body, { unsignedHeader }) {
    const challenge = unsignedHeader('x-front-challenge')
    if (!isObject(body) || body.type !== 'sync') return null
    if (challenge === null || !isVisibleAscii(challenge)) return null
    return {
      status: 200,
      content: { type: 'application/json', text: JSON.stringify({ challenge }) },
    }
  },
}

type FrontOptions = EndpointOptions &
  ModeOption & {
    /** By default the webhook of an application. */
    readonly kind?: 'application' | 'rule'
  }

/** `secret`: the name of the secret that holds the application's signing key, or the API secret. */
export const front = (options: FrontOptions): Endpoint =>
  options.kind === 'rule'
    ? endpointOf(frontRuleSource, [RULE], options, { own: ['kind'] })
    : endpointOf(frontSource, [APPLICATION], options, { own: ['kind'] })
