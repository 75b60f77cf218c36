// Any sender that signs by HMAC, described in the configuration: the header, the hash, what is signed,
// and where in the body an event's id, type and time stand. The algorithm is what is configured here;
// nothing in a request chooses it. A type that is read from a header is not signed.

import { SIGNATURE_TOLERANCE_SECONDS_MAX } from '../domain/limits.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { pathProblems, sourceByPaths, type BodyPaths } from './body-paths.ts'
import { isHeaderName } from './header-name.ts'
import type { SignatureEncoding, SignatureForm, SignatureScheme, SignedPart } from './scheme.ts'
import {
  endpointOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type UnsignedOption,
} from './source.ts'

export type GenericSignature = {
  /** Of the signature; all names of headers in small letters. */
  readonly header: string
  /** What stands before the signature in its header, such as `sha256=`. */
  readonly prefix?: string
  /** Instead of a prefix, where time and signatures share the header: `t=1793000000,v1=…`. */
  readonly pairs?: Omit<Extract<SignatureForm, { kind: 'pairs' }>, 'kind'>
  /** By default SHA-256. */
  readonly hash?: 'SHA-1' | 'SHA-256' | 'SHA-512'
  /** By default hex, in small letters or in capitals. */
  readonly encoding?: SignatureEncoding
  /** By default the secret's text is the key. */
  readonly secretAs?: 'text' | 'hex' | 'base64'
  /** In the order in which the sender puts them together; by default the body alone. */
  readonly signed?: readonly SignedPart[]
  /** The signed time: how it is written and, unless `pairs` has it, in which header. */
  readonly time?: {
    readonly header?: string
    readonly form: 'seconds' | 'milliseconds' | 'rfc3339'
    /** How far it may be off, both ways; by default 300. */
    readonly toleranceSeconds?: number
  }
  /**
   * Of an id that is signed. It is the event's id, unless `event.id` says where another stands, or
   * the body is a list.
   */
  readonly idHeader?: string
}

const SIGNATURE_FIELDS: readonly (keyof GenericSignature)[] = [
  'header',
  'prefix',
  'pairs',
  'hash',
  'encoding',
  'secretAs',
  'signed',
  'time',
  'idHeader',
]

export type GenericOptions = EndpointOptions &
  ModeOption &
  Partial<UnsignedOption> & {
    readonly signature: GenericSignature
    readonly event: BodyPaths
    /** Of an id of the delivery that is not signed: stored, to find it again at the sender. */
    readonly unsignedIdHeader?: string
  }

/** `secret`: the name of the secret that the sender signs with. `mode`: where the body doesn't say. */
export const generic = (options: GenericOptions): Endpoint =>
  endpointOf(
    sourceByPaths(
      {
        name: 'generic',
        title: 'Generic HMAC',
        unsignedIdHeader: options.unsignedIdHeader ?? null,
      },
      options.event,
    ),
    [schemeOf(options.signature)],
    options,
    {
      own: ['signature', 'event', 'unsignedIdHeader'],
      problems: [
        ...unknownFields(options.signature, SIGNATURE_FIELDS, 'signature.'),
        ...signatureProblems(options.signature),
        ...pathProblems(options.event),
      ],
    },
  )

const schemeOf = (signature: GenericSignature): SignatureScheme => ({
  kind: 'signature',
  algorithm: `HMAC-${signature.hash ?? 'SHA-256'}`,
  secret: secretForm(signature.secretAs),
  headers: {
    signature: signature.header,
    ...(signature.time?.header === undefined ? {} : { timestamp: signature.time.header }),
    ...(signature.idHeader === undefined ? {} : { id: signature.idHeader }),
  },
  form: signature.pairs
    ? { kind: 'pairs', ...signature.pairs }
    : { kind: 'plain', ...(signature.prefix === undefined ? {} : { prefix: signature.prefix }) },
  encoding: signature.encoding ?? 'hex',
  capitals: true,
  timestamp: signature.time?.form ?? 'none',
  ...(signature.time?.toleranceSeconds === undefined
    ? {}
    : { toleranceSeconds: signature.time.toleranceSeconds }),
  signed: signature.signed ?? ['body'],
})

function secretForm(form: GenericSignature['secretAs']): SignatureScheme['secret'] {
  if (form === 'base64') return { as: 'base64', prefix: '' }
  return { as: form === 'hex' ? 'hex' : 'utf8' }
}

/** What would leave something unchecked that looks as if it were checked. */
function signatureProblems(signature: GenericSignature): string[] {
  const { header, prefix, pairs, signed = ['body'], time, idHeader } = signature
  const tolerance = time?.toleranceSeconds ?? 1
  const headers = [header, time?.header, idHeader].filter((name) => name !== undefined)
  const requirements: readonly [boolean, string][] = [
    [headers.every(isHeaderName), 'names of headers are small letters, digits and hyphens'],
    [!(prefix && pairs), 'a header has either a prefix or pairs'],
    [signed.includes('timestamp') === (time !== undefined), 'a time is checked if it is signed'],
    [
      (time === undefined ? 0 : 1) === (pairs ? 1 : 0) + (time?.header ? 1 : 0),
      'a time stands either in the pairs or in a header of its own',
    ],
    [signed.includes('id') === (idHeader !== undefined), 'an id counts only if it is signed'],
    [isIdApart(signed), 'a text stands between a signed id and each part beside it'],
    [
      Number.isInteger(tolerance) && tolerance >= 1 && tolerance <= SIGNATURE_TOLERANCE_SECONDS_MAX,
      `a tolerance is whole seconds from 1 to ${SIGNATURE_TOLERANCE_SECONDS_MAX}`,
    ],
  ]
  return requirements.filter(([isMet]) => !isMet).map(([, problem]) => `signature: ${problem}`)
}

/** What touches an id could pass for a part of it. A time's end is known: it is near to now. */
function isIdApart(signed: readonly SignedPart[]): boolean {
  const at = signed.indexOf('id')
  if (at === -1) return true
  if (signed.lastIndexOf('id') !== at) return false
  return [signed[at - 1], signed[at + 1]].every(
    (part) => part === undefined || (typeof part === 'object' && part.text !== ''),
  )
}
