// Zoho Desk: webhooks, a list of events each (desk.zoho.com/support/WebhookDocument.do, read second hand).
// A token in `X-ZDesk-JWT`, signed by RS256 with keys that Zoho publishes, proves who called. It does
// not cover the body: `unsigned: 'accept'` has to be said, and a person decides about everything. No id
// is documented. Zoho looks by GET whether the address is there, wants 200, and stops after a 410.

import { occurredAtOfMs, type SourceEvent, type Unreadable } from '../domain/event.ts'
import type { Schemes } from './scheme.ts'
import {
  endpointOf,
  isObject,
  textOf,
  type Answer,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type Source,
  type UnsignedOption,
} from './source.ts'

/** Where each data centre is; only `com` was seen in use. */
const HOSTS = {
  com: 'desk.zoho.com',
  eu: 'desk.zoho.eu',
  in: 'desk.zoho.in',
  'com.au': 'desk.zoho.com.au',
  'com.cn': 'desk.zoho.com.cn',
  jp: 'desk.zoho.jp',
  sa: 'desk.zoho.sa',
  ca: 'desk.zohocloud.ca',
} as const

const schemesAt = (host: string): Schemes => [
  {
    kind: 'jwt',
    header: 'x-zdesk-jwt',
    keysAddress: `https://${host}/.well-known/jwks.json`,
  },
]

const OK: Answer = { status: 200, content: null }

export const zohodeskSource: Source = {
  name: 'zohodesk',
  title: 'Zoho Desk',
  saysMode: false,
  unsignedIdHeader: null,
  probes: ['GET'],
  accepted: OK,
  /** Where GET did not do, Zoho tries the address by POST, without an event. */
  handshake: (body) => (isEmpty(body) ? OK : null),
  read: (body): readonly (SourceEvent | Unreadable)[] =>
    Array.isArray(body) ? body.map(readOne) : [{ unreadable: 'no_events' }],
}

const isEmpty = (body: unknown): boolean =>
  Array.isArray(body) ? body.length === 0 : isObject(body) && Object.keys(body).length === 0

function readOne(event: unknown): SourceEvent | Unreadable {
  if (!isObject(event)) return { unreadable: 'not_an_object', data: event }
  const type = textOf(event.eventType)
  if (type === null) return { unreadable: 'no_event_type', data: event }
  const occurredAt = occurredAtOfMs(event.eventTime)
  return { ownId: null, type, occurredAt, mode: null, data: event }
}

type ZohodeskOptions = EndpointOptions &
  ModeOption &
  UnsignedOption & {
    /** By default `com`. */
    readonly dataCentre?: keyof typeof HOSTS
  }

/** `secret`: the name of the secret that holds `orgId:<id>|webhookId:<id>`. `mode`: is it live? */
export const zohodesk = (options: ZohodeskOptions): Endpoint =>
  endpointOf(zohodeskSource, schemesAt(HOSTS[options.dataCentre ?? 'com']), options, {
    own: ['dataCentre'],
    holdsAll: true,
  })
