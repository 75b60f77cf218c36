// Pipedrive: webhooks v2 (pipedrive.readme.io, "Guide for Webhooks v2"). Pipedrive signs nothing: it
// repeats a user and a password, so the body is not proven, and `unsigned: 'accept'` has to be said.
// That `meta.id` is a text, and the same over retries, is unverified. Webhooks v1 are unreadable here:
// their `meta.id` is the deal's own.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
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

export const pipedriveSource: Source = {
  name: 'pipedrive',
  title: 'Pipedrive',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const meta = isObject(body.meta) ? body.meta : {}
    const [action, entity] = [textOf(meta.action), textOf(meta.entity)]
    if (action === null || entity === null) return [{ unreadable: 'no_event_type' }]
    // `meta.attempt` counts in the body, so the id alone stays the same over retries.
    return [
      {
        ownId: textOf(meta.id),
        type: `${action}.${entity}`,
        occurredAt: occurredAtOf(meta.timestamp),
        mode: null,
        data: body,
      },
    ]
  },
}

/** `secret`: the name of the secret that holds `user:password`. `mode`: is the company live? */
export const pipedrive = (options: EndpointOptions & ModeOption & UnsignedOption): Endpoint =>
  endpointOf(pipedriveSource, [{ kind: 'secret', place: { in: 'basic' } }], options)
