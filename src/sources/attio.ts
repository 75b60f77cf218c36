// Attio: webhooks, a list of events each (docs.attio.com/rest-api/guides/webhooks). The body is signed by
// HMAC-SHA-256, in `Attio-Signature` and once more in `X-Attio-Signature`. There is no time and no id in
// it, and no value: an event says what changed, not to what. The id of the delivery is in a header only.

import type { SourceEvent, Unreadable } from '../domain/event.ts'
import type { Scheme, Schemes } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
} from './source.ts'

const signedIn = (signature: string): Scheme => ({
  kind: 'signature',
  algorithm: 'HMAC-SHA-256',
  secret: { as: 'utf8' },
  headers: { signature },
  form: { kind: 'plain' },
  encoding: 'hex',
  timestamp: 'none',
  signed: ['body'],
})

const SCHEMES: Schemes = [signedIn('attio-signature'), signedIn('x-attio-signature')]

export const attioSource: Source = {
  name: 'attio',
  title: 'Attio',
  saysMode: false,
  unsignedIdHeader: 'idempotency-key',
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    return Array.isArray(body.events) ? body.events.map(readOne) : [{ unreadable: 'no_events' }]
  },
}

/** Nothing in it tells one change of a field from the next, so its bytes identify it. */
function readOne(event: unknown): SourceEvent | Unreadable {
  if (!isObject(event)) return { unreadable: 'not_an_object', data: event }
  const type = textOf(event.event_type)
  if (type === null) return { unreadable: 'no_event_type', data: event }
  return { ownId: null, type, occurredAt: null, mode: null, data: event }
}

/** `secret`: the name of the secret that holds the webhook's secret. `mode`: is the workspace live? */
export const attio = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(attioSource, SCHEMES, options)
