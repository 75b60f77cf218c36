// Standard Webhooks 1.0.0 (npm `standardwebhooks` 1.1.1), also under Svix's header names (npm `svix`
// 1.99.1, which prefers its own names where both are there). `<id>.<timestamp>.<body>` is signed: `v1` by
// HMAC with the base64 text behind `whsec_`, `v1a` by Ed25519, checked with the sender's `whpk_…`. The
// signed `webhook-id` is the event's id; its timestamp is the attempt's.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Scheme, SignatureHeaders, SignatureScheme } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

type Version = Pick<SignatureScheme, 'algorithm' | 'secret' | 'form'>

/** Standard Webhooks 1.0.0, "Signature scheme": a secret is 24 to 64 random bytes. */
const SECRET_BYTES_MIN = 24

const V1: Version = {
  algorithm: 'HMAC-SHA-256',
  secret: { as: 'base64', prefix: 'whsec_', bytesMin: SECRET_BYTES_MIN },
  form: { kind: 'versions', version: 'v1' },
}

/** Its prefix is wanted, so that a public key is never taken for an HMAC's secret, or the reverse. */
const V1A: Version = {
  algorithm: 'Ed25519',
  secret: { as: 'base64', prefix: 'whpk_', prefixed: true },
  form: { kind: 'versions', version: 'v1a' },
}

const SVIX = { signature: 'svix-signature', timestamp: 'svix-timestamp', id: 'svix-id' }
const STANDARD = {
  signature: 'webhook-signature',
  timestamp: 'webhook-timestamp',
  id: 'webhook-id',
}

const schemeWith = (headers: SignatureHeaders, version: Version): Scheme => ({
  kind: 'signature',
  ...version,
  headers,
  encoding: 'base64',
  timestamp: 'seconds',
  signed: ['id', { text: '.' }, 'timestamp', { text: '.' }, 'body'],
})

export const standardSource: Source = {
  name: 'standard',
  title: 'Standard Webhooks',
  saysMode: false,
  unsignedIdHeader: null,
  read(body, { signed }): readonly (SourceEvent | Unreadable)[] {
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

/** `secret`: the name of the secret that holds `whsec_…` or `whpk_…`. `mode`: are its senders live? */
export const standard = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(
    standardSource,
    [
      schemeWith(SVIX, V1),
      schemeWith(SVIX, V1A),
      schemeWith(STANDARD, V1),
      schemeWith(STANDARD, V1A),
    ],
    options,
  )
