// GitHub: webhooks of a repository, an organization or an app, content type `application/json` (npm
// `@octokit/webhooks-methods` 6.0.0). The body is signed by HMAC-SHA-256; the SHA-1 header beside it is
// ignored. There is no time in it. The type's first half stands only in a header, which is not signed.

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
    algorithm: 'HMAC-SHA-256',
    secret: { as: 'utf8' },
    headers: { signature: 'x-hub-signature-256' },
    form: { kind: 'plain', prefix: 'sha256=' },
    encoding: 'hex',
    timestamp: 'none',
    signed: ['body'],
  },
]

export const githubSource: Source = {
  name: 'github',
  title: 'GitHub',
  saysMode: false,
  unsignedIdHeader: 'x-github-delivery',
  read(body, { unsignedHeader }): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const family = unsignedHeader('x-github-event')
    if (family === null || family === '') return [{ unreadable: 'no_event_type' }]
    const action = textOf(body.action)
    return [
      {
        ownId: null,
        type: action === null ? family : `${family}.${action}`,
        occurredAt: changedAt(body),
        mode: null,
        data: body,
      },
    ]
  },
}

/** The body has no time of its own, but the object that it is about has. */
function changedAt(body: Readonly<Record<string, unknown>>): number | null {
  const { comment, issue, sponsorship, effective_date: effectiveDate } = body
  if (isObject(comment)) return occurredAtOf(comment.updated_at)
  if (isObject(issue)) return occurredAtOf(issue.updated_at)
  if (isObject(sponsorship)) return occurredAtOf(sponsorship.created_at)
  return occurredAtOf(effectiveDate)
}

/** `secret`: the name of the secret that holds the webhook's secret. `mode`: is it live? */
export const github = (options: EndpointOptions & ModeOption): Endpoint =>
  endpointOf(githubSource, SCHEMES, options)
