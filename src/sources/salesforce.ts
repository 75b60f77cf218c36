// Salesforce: outbound messages, which are SOAP (SOAP API Developer Guide, "Understanding Notifications",
// "Outbound Messaging WSDL"), and HTTP callouts of flows, which are JSON.
// Neither is signed: a secret in the address or in a header proves who called, not what was written. So
// `unsigned: 'accept'` has to be said, and an outbound message must name the organization as well.

import { occurredAtOf, type SourceEvent, type Unreadable } from '../domain/event.ts'
import { NOTIFICATIONS_PER_MESSAGE_MAX } from '../domain/limits.ts'
import { headerProblems } from './header-name.ts'
import { parseMessage } from './salesforce-message.ts'
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

/** Without exactly this, a 200 counts as a failure, and all is sent again. */
const ACK =
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>' +
  '</notificationsResponse></soapenv:Body></soapenv:Envelope>'

export const salesforceSource: Source = {
  name: 'salesforce',
  title: 'Salesforce',
  saysMode: false,
  unsignedIdHeader: null,
  hidesBody: true,
  parse: parseMessage,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body) || !Array.isArray(body.notifications)) {
      return [{ unreadable: 'not_an_object' }]
    }
    const data: unknown[] = body.notifications
    if (data.length === 0) return [{ unreadable: 'no_events', data }]
    if (data.length > NOTIFICATIONS_PER_MESSAGE_MAX) {
      return [{ unreadable: 'too_many_events', data }]
    }
    return data.map(readNotification)
  },
  accepted: { status: 200, content: { type: 'text/xml; charset=utf-8', text: ACK } },
}

function readNotification(data: unknown): SourceEvent | Unreadable {
  if (!isObject(data)) return { unreadable: 'not_an_object', data }
  const type = textOf(data.type)
  if (type === null) return { unreadable: 'no_event_type', data }
  const changedAt = isObject(data.fields) ? data.fields.LastModifiedDate : null
  return { ownId: textOf(data.id), type, occurredAt: occurredAtOf(changedAt), mode: null, data }
}

/** A flow's body is whatever its admin composed; it has no id, so its bytes identify it. */
export const salesforceFlowSource: Source = {
  name: 'salesforce',
  title: 'Salesforce',
  saysMode: false,
  unsignedIdHeader: null,
  read(body): readonly (SourceEvent | Unreadable)[] {
    if (!isObject(body)) return [{ unreadable: 'not_an_object' }]
    const type = textOf(body.kind) ?? 'flow'
    return [
      { ownId: null, type, occurredAt: occurredAtOf(body.updated_at), mode: null, data: body },
    ]
  },
  accepted: { status: 200, content: { type: 'application/json', text: '{"accepted":true}' } },
}

type OutboundMessageOptions = {
  readonly kind?: 'outbound-message'
  /** Of 15 or 18 characters. */
  readonly organizationId: string
}

type FlowOptions = {
  readonly kind: 'flow'
  /** Of the header that repeats the secret, in small letters; by default `x-webhook-secret`. */
  readonly header?: string
}

const ORGANIZATION_ID = /^00D[0-9A-Za-z]{12}([0-9A-Za-z]{3})?$/

/** The last three of 18 characters only repeat which of the first 15 are capitals. */
const isSameOrganization = (given: unknown, expected: string): boolean =>
  [given, expected].every((id) => typeof id === 'string' && ORGANIZATION_ID.test(id)) &&
  String(given).slice(0, 15) === expected.slice(0, 15)

/** `secret`: the name of the secret that stands in the address, or in a flow's header. */
export const salesforce = (
  options: EndpointOptions & ModeOption & UnsignedOption & (OutboundMessageOptions | FlowOptions),
): Endpoint => {
  if (options.kind === 'flow') {
    const header = options.header ?? 'x-webhook-secret'
    const place = { in: 'header', header } as const
    return endpointOf(salesforceFlowSource, [{ kind: 'secret', place }], options, {
      own: ['kind', 'header'],
      problems: headerProblems(header),
    })
  }
  const { organizationId } = options
  const problem = `organizationId: "${organizationId}" is not 00D and 12 or 15 characters more`
  return endpointOf(salesforceSource, [{ kind: 'secret', place: { in: 'path' } }], options, {
    own: ['kind', 'organizationId'],
    admits: (body) =>
      isObject(body) && isSameOrganization(body.organizationId, organizationId)
        ? null
        : { reason: 'body_not_admitted', field: 'OrganizationId' },
    problems: ORGANIZATION_ID.test(organizationId) ? [] : [problem],
  })
}
