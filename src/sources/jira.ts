// Jira Service Management: webhooks that an administrator makes, with a secret (developer.atlassian.com,
// Jira Cloud, "Webhooks", as others quote it). The body is signed by HMAC-SHA-256; its time is in it and
// is not checked. Other methods than `sha256` are unverified and refused. The identifier of the delivery
// is not signed. Webhooks of apps (OAuth) and the rule action "Send web request" sign otherwise.

import { occurredAtOfMs, type SourceEvent, type Unreadable } from '../domain/event.ts'
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
    algorithm: 'HMAC-SHA-256',
    secret: { as: 'utf8' },
    headers: { signature: 'x-hub-signature' },
    form: { kind: 'plain', prefix: 'sha256=' },
    encoding: 'hex',
    timestamp: 'none',
    signed: ['body'],
  },
]

export const jiraSource: Source = {
  name: 'jira',
  title: 'Jira',
  saysMode: false,
  unsignedIdHeader: 'x-atlassian-webhook-identifier',
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.webhookEvent)
    if (type === null) return [{ unreadable: 'no_event_type' }]
    const occurredAt = occurredAtOfMs(body.timestamp)
    return [{ ownId: null, type, occurredAt, mode: null, data: body }]
  },
}

/** `secret`: the name of the secret that holds the webhook's secret. `mode`: is the site live? */
export const jira = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(jiraSource, SCHEMES, options)
