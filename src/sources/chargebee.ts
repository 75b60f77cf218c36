// Chargebee: webhooks of a site (npm `chargebee` 3.33.0, its webhook handler and types). Chargebee signs
// nothing: it repeats a user and a password. So the body is not proven, and `unsigned: 'accept'` has to
// be said. A test site writes as a live one does; which of both it is, is declared.

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
  type UnsignedOption,
} from './source.ts'

const SCHEMES: Schemes = [{ kind: 'secret', place: { in: 'basic' } }]

export const chargebeeSource: Source = {
  name: 'chargebee',
  title: 'Chargebee',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.event_type)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    return [
      {
        ownId: textOf(body.id),
        type,
        occurredAt: occurredAtOf(body.occurred_at),
        mode: null,
        data: body,
      },
    ]
  },
  accepted: { status: 200, content: null },
}

/** `secret`: the name of the secret that holds `user:password`. `mode`: is the site live? */
export const chargebee = (options: EndpointOptions & ModeOption & UnsignedOption): Endpoint =>
  endpointOf(chargebeeSource, SCHEMES, options)
