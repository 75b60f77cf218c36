// Freshdesk: the action "Trigger webhook" of an automation. Freshdesk signs nothing: it repeats a user
// and a password, or a header that the admin chose. So the body is not proven, and `unsigned: 'accept'`
// has to be said. There is no id, no type and no time but what the admin's template holds.

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

export const freshdeskSource: Source = {
  name: 'freshdesk',
  title: 'Freshdesk',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    // "Simple" content is wrapped; "advanced" content is the admin's own JSON.
    const ticket = isObject(body.freshdesk_webhook) ? body.freshdesk_webhook : body
    return [
      {
        ownId: null,
        type: textOf(ticket.kind) ?? 'ticket',
        occurredAt: occurredAtOf(ticket.updated_at),
        mode: null,
        data: body,
      },
    ]
  },
}

type FreshdeskOptions = EndpointOptions &
  ModeOption &
  UnsignedOption & {
    /** Of a custom header, in small letters; without one, the secret is `user:password`. */
    readonly header?: string
  }

/** `secret`: the name of the secret that holds `user:password`, or the custom header's value. */
export const freshdesk = (options: FreshdeskOptions): Endpoint => {
  const { header } = options
  const place =
    header === undefined ? ({ in: 'basic' } as const) : ({ in: 'header', header } as const)
  return endpointOf(freshdeskSource, [{ kind: 'secret', place }], options, {
    own: ['header'],
    problems: headerProblems(header),
  })
}
