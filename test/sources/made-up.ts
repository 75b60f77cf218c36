// Senders that don't exist, one for each kind of proof that no source of ours has yet or that would
// else be proven by one source only: the framework is tested by its data, not by who uses it.

import type { Scheme, SignatureScheme } from '../../src/sources/scheme.ts'
import { ageRefusal } from '../../src/sources/read-signatures.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type Source,
} from '../../src/sources/source.ts'
import type { Entry } from './entries.ts'

export const madeUpSource: Source = {
  name: 'made-up',
  title: 'Made up',
  saysMode: false,
  unsignedIdHeader: 'x-delivery',
  read: (body) =>
    (Array.isArray(body) ? body : [body]).map((each: unknown) =>
      isObject(each)
        ? {
            ownId: textOf(each.id),
            type: textOf(each.type) ?? 'none',
            occurredAt: null,
            mode: null,
            data: each,
          }
        : { unreadable: 'not_an_object' as const, data: each },
    ),
}

const hmac = (parts: Partial<SignatureScheme>): SignatureScheme => ({
  kind: 'signature',
  algorithm: 'HMAC-SHA-256',
  secret: { as: 'utf8' },
  headers: { signature: 'x-signature' },
  form: { kind: 'plain' },
  encoding: 'hex',
  timestamp: 'none',
  signed: ['body'],
  ...parts,
})

export const madeUp = (scheme: Scheme, more?: Parameters<typeof endpointOf>[3]): Endpoint =>
  endpointOf(
    madeUpSource,
    [scheme],
    {
      secret: 'MADE_UP_SECRET',
      mode: 'test',
      ...(scheme.kind === 'signature' ? {} : { unsigned: 'accept' as const }),
    },
    more,
  )

const KINDS: Readonly<Record<string, Scheme>> = {
  'HMAC-SHA-1 behind a prefix': hmac({
    algorithm: 'HMAC-SHA-1',
    form: { kind: 'plain', prefix: 'sha1=' },
  }),
  'HMAC-SHA-512, pairs apart by semicolons': hmac({
    algorithm: 'HMAC-SHA-512',
    form: { kind: 'pairs', separator: ';', timestamp: 'ts', signature: 'h1' },
    timestamp: 'seconds',
    signed: ['timestamp', { text: ':' }, 'body'],
  }),
  'a key in hex, a time in milliseconds': hmac({
    secret: { as: 'hex' },
    headers: { signature: 'x-signature', timestamp: 'x-time' },
    timestamp: 'milliseconds',
    toleranceSeconds: 60,
    signed: ['timestamp', { text: ':' }, 'body'],
  }),
  'a bearer token': { kind: 'secret', place: { in: 'bearer' } },
  'a segment of the address': { kind: 'secret', place: { in: 'path' } },
  'a field of the body': { kind: 'secret', place: { in: 'body', field: 'token' } },
  'a signed token': {
    kind: 'jwt',
    header: 'x-token',
    keysAddress: 'https://sender.example/keys',
  },
}

const BODY = { id: 'made_1', type: 'made.up', at: 1_793_000_000_000 }

export const MADE_UP: readonly Entry[] = [
  ...Object.entries(KINDS).map(([kind, scheme]) => ({
    name: `made up: ${kind}`,
    endpoint: madeUp(scheme),
    body: BODY,
  })),
  {
    name: 'made up: a time in the body',
    endpoint: madeUp(hmac({}), {
      admits: (body, nowMs) => {
        const at = isObject(body) ? body.at : null
        return typeof at === 'number'
          ? ageRefusal(at, nowMs, 60)
          : { reason: 'body_not_admitted', field: 'at' }
      },
    }),
    body: BODY,
    timeInBody: true,
  },
]
