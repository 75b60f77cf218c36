// Intercom: webhooks of an app (developers.intercom.com, "Webhook topics", "Signed notifications").
// The body is signed by HMAC-SHA-1 with the app's client secret, without a time: only the
// notification's id stops a replay. Whether the HEAD request of the set-up is sent is unverified.

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
} from './source.ts'

const SCHEMES: Schemes = [
  {
    kind: 'signature',
    algorithm: 'HMAC-SHA-1',
    secret: { as: 'utf8' },
    headers: { signature: 'x-hub-signature' },
    form: { kind: 'plain', prefix: 'sha1=' },
    encoding: 'hex',
    timestamp: 'none',
    signed: ['body'],
  },
]

const WORKSPACE_ID = /^[a-z0-9_]{1,64}$/

export const intercomSource: Source = {
  name: 'intercom',
  title: 'Intercom',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.topic)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    // `delivery_attempts` counts in the body, so the id alone stays the same over retries.
    return [
      {
        ownId: textOf(body.id),
        type,
        occurredAt: occurredAtOf(body.created_at),
        mode: null,
        data: body,
      },
    ]
  },
  accepted: { status: 200, content: null },
  probes: ['HEAD'],
}

type IntercomOptions = EndpointOptions &
  ModeOption & {
    /** The one workspace that is listened to, Intercom's `app_id`. Without it, all that have the app. */
    readonly workspaceId?: string
  }

/** `secret`: the name of the secret that holds the app's client secret. `mode`: is it live? */
export const intercom = (options: IntercomOptions): Endpoint => {
  const { workspaceId } = options
  const own = ['workspaceId']
  if (workspaceId === undefined) return endpointOf(intercomSource, SCHEMES, options, { own })
  const problem = `workspaceId: "${workspaceId}" is not small letters and digits such as a1b2c3d4`
  return endpointOf(intercomSource, SCHEMES, options, {
    own,
    // All workspaces that have installed the app are signed for with its one secret.
    admits: (body) =>
      isObject(body) && body.app_id === workspaceId
        ? null
        : { reason: 'body_not_admitted', field: 'app_id' },
    problems: WORKSPACE_ID.test(workspaceId) ? [] : [problem],
  })
}
