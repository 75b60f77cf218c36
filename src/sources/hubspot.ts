// HubSpot: webhooks of apps, a list of events each, and of workflows, whose body the admin composes
// (npm `@hubspot/api-client` 13.5.0, utils/signature.js; developers.hubspot.com, "Validating requests").
// v3 is an HMAC of method, address, body and time. v2 and v1 are plain digests of secret and content,
// without a time: only the event's id stops a replay, and a body that is no JSON is refused, because
// such a digest can be made without the secret. Where v3 is there, it must hold.

import { occurredAtOf, occurredAtOfMs, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Scheme, Schemes, SignedPart } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

/** HubSpot decodes these in the query before it signs, and leaves all others (third-party source). */
const ESCAPES_DECODED = '%3A %2F %3F %40 %21 %24 %27 %28 %29 %2A %2C %3B'.split(' ')

const digest = (version: 'v1' | 'v2', signed: readonly SignedPart[]): Scheme => ({
  kind: 'signature',
  algorithm: 'SHA-256',
  secret: { as: 'utf8' },
  headers: { signature: 'x-hubspot-signature' },
  when: { header: 'x-hubspot-signature-version', is: version },
  form: { kind: 'plain' },
  encoding: 'hex',
  timestamp: 'none',
  signed,
})

const SCHEMES: Schemes = [
  {
    kind: 'signature',
    algorithm: 'HMAC-SHA-256',
    secret: { as: 'utf8' },
    headers: {
      signature: 'x-hubspot-signature-v3',
      timestamp: 'x-hubspot-request-timestamp',
    },
    form: { kind: 'plain' },
    encoding: 'base64',
    timestamp: 'milliseconds',
    signed: ['method', 'url', 'body', 'timestamp'],
    urlEscapesDecoded: ESCAPES_DECODED,
  },
  digest('v2', ['method', 'url', 'body']),
  digest('v1', ['body']),
]

export const hubspotSource: Source = {
  name: 'hubspot',
  title: 'HubSpot',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (Array.isArray(body)) return body.map(readSubscribed)
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    // A workflow's body is whatever its admin chose; it has no id, so its bytes identify it.
    return [
      {
        ownId: null,
        type: textOf(body.kind) ?? 'workflow',
        occurredAt: occurredAtOf(body.updated_at) ?? occurredAtOfMs(body.updated_at),
        mode: null,
        data: body,
      },
    ]
  },
}

function readSubscribed(event: unknown): SourceEvent | Unreadable {
  if (!isObject(event)) return { unreadable: 'not_an_object', data: event }
  const type = textOf(event.subscriptionType)
  if (type === null) return { unreadable: 'no_event_type', data: event }
  return {
    ownId: ownIdOf(event),
    type,
    occurredAt: occurredAtOfMs(event.occurredAt),
    mode: null,
    data: event,
  }
}

/**
 * `eventId` alone is not promised to be unique; the number of the attempt is not part of the event.
 * Null where a part can't identify, such as a number that has lost digits: then the bytes do.
 */
function ownIdOf(event: Readonly<Record<string, unknown>>): string | null {
  const always = [event.portalId, event.subscriptionId, event.eventId]
  const { objectId, propertyName, propertyValue, occurredAt } = event
  const perhaps = [objectId, propertyName, propertyValue, occurredAt].map((part) => part ?? null)
  if (!always.every(identifies)) return null
  if (!perhaps.every((part) => part === null || identifies(part))) return null
  return JSON.stringify([...always, ...perhaps])
}

/** A property's value may be an empty text: it was cleared. */
const identifies = (part: unknown): boolean =>
  Number.isSafeInteger(part) || typeof part === 'string'

type HubspotOptions = EndpointOptions &
  ModeOption & {
    /** The one portal that is listened to, by subscriptions only. Without it, all that have the app. */
    readonly portalId?: number
  }

/** `secret`: the name of the secret that holds the app's client secret. `mode`: is the portal live? */
export const hubspot = (options: HubspotOptions): Endpoint => {
  const { portalId } = options
  const own = ['portalId']
  if (portalId === undefined) return endpointOf(hubspotSource, SCHEMES, options, { own })
  const isOurs = (event: unknown) => isObject(event) && event.portalId === portalId
  const isNumber = Number.isSafeInteger(portalId) && portalId > 0
  return endpointOf(hubspotSource, SCHEMES, options, {
    own,
    // All portals that have installed the app are signed for with its one secret. In the body of a
    // workflow the portal would be what its composer wrote, who may be of another one.
    admits: (body) =>
      Array.isArray(body) && body.every(isOurs)
        ? null
        : { reason: 'body_not_admitted', field: 'portalId' },
    problems: isNumber ? [] : [`portalId: ${portalId} is not a number such as 24680135`],
  })
}
