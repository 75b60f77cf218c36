// Gorgias: HTTP integrations (docs.gorgias.com, "HTTP integrations"). Gorgias signs nothing: it sends
// the headers that the admin chose, so the body is not proven, and `unsigned: 'accept'` has to be said.
// There is no id, no type and no time but what the admin's template holds.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import { headerProblems } from './header-name.ts'
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

export const gorgiasSource: Source = {
  name: 'gorgias',
  title: 'Gorgias',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    return [
      {
        ownId: null,
        type: textOf(body.kind) ?? textOf(body.event) ?? 'ticket',
        occurredAt: occurredAtOf(body.updated_at) ?? occurredAtOf(body.updated_datetime),
        mode: null,
        data: body,
      },
    ]
  },
  accepted: { status: 200, content: null },
}

type GorgiasOptions = EndpointOptions &
  ModeOption &
  UnsignedOption & {
    /** Of the header that repeats the secret, in small letters; by default `x-webhook-secret`. */
    readonly header?: string
  }

/** `secret`: the name of the secret that holds the header's value. `mode`: is it live? */
export const gorgias = (options: GorgiasOptions): Endpoint => {
  const header = options.header ?? 'x-webhook-secret'
  const place = { in: 'header', header } as const
  return endpointOf(gorgiasSource, [{ kind: 'secret', place }], options, {
    own: ['header'],
    problems: headerProblems(header),
  })
}
