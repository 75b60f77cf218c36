// Zoho CRM: notifications of the "watch" API, and webhooks of workflow rules, whose body the admin
// composes (all of it unverified). Zoho signs nothing: a token that we chose comes back in the body, so
// what is in it is not proven, and `unsigned: 'accept'` has to be said. The token is a secret, and is
// not kept with the event. There is no id; a notification holds no values.

import { occurredAtOf, occurredAtOfMs, type SourceEvent, type Unreadable } from '../domain/event.ts'
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

const SCHEMES: Schemes = [{ kind: 'secret', place: { in: 'body', field: 'token' } }]

export const zohocrmSource: Source = {
  name: 'zohocrm',
  title: 'Zoho CRM',
  saysMode: false,
  unsignedIdHeader: null,
  hidesBody: true,
  accepted: { status: 200, content: null },
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const { token: _, ...data } = body
    const kind = textOf(body.kind)
    if (kind !== null) {
      const occurredAt = occurredAtOf(body.updated_at)
      return [{ ownId: null, type: kind, occurredAt, mode: null, data }]
    }
    const [module, operation] = [textOf(body.module), textOf(body.operation)]
    if (module === null || operation === null) return [{ unreadable: 'no_event_type', data }]
    const occurredAt = occurredAtOfMs(body.server_time)
    return [{ ownId: null, type: `${module}.${operation}`, occurredAt, mode: null, data }]
  },
}

type ZohocrmOptions = EndpointOptions &
  ModeOption &
  UnsignedOption & {
    /** The `channel_id` of the notifications; a body with another one is refused. */
    readonly channelId?: string
  }

/** `secret`: the name of the secret that holds the token. `mode`: is the organization live? */
export const zohocrm = (options: ZohocrmOptions): Endpoint => {
  const { channelId } = options
  return endpointOf(zohocrmSource, SCHEMES, options, {
    own: ['channelId'],
    admits:
      channelId === undefined
        ? null
        : (body) =>
            isObject(body) && body.channel_id === channelId
              ? null
              : { reason: 'body_not_admitted', field: 'channel_id' },
  })
}
