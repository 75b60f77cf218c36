// An outbound message of Salesforce: SOAP, as JSON of the same content (SOAP API Developer Guide,
// "Outbound Messaging WSDL"). Read by npm `@rgrove/parse-xml`, which is strict and expands no entity
// but XML's own five. All values stay text: nothing here knows which of them is money.

import { parseXml, XmlElement } from '@rgrove/parse-xml'
import type { UnreadableReason } from '../domain/event.ts'
import { err, ok, type Result } from '../domain/result.ts'

export type OutboundMessage = {
  readonly organizationId: string | null
  readonly notifications: readonly {
    readonly id: string | null
    readonly organizationId: string | null
    /** As Salesforce writes it: `sf:Case`. */
    readonly type: string | null
    readonly fields: Readonly<Record<string, string | null>>
  }[]
}

/** What of a message is kept: not its SessionId, which would let its reader in at Salesforce. */
export function parseMessage(text: string): Result<OutboundMessage, UnreadableReason> {
  const envelope = rootOf(text)
  const message = onlyChild(onlyChild(envelope, 'Body'), 'notifications')
  if (envelope?.name.endsWith('Envelope') !== true || message === null) return err('not_xml')
  const organizationId = textIn(onlyChild(message, 'OrganizationId'))
  const notifications = elementsOf(message)
    .filter(({ name }) => localName(name) === 'Notification')
    .map((notification) => {
      const object = onlyChild(notification, 'sObject')
      return {
        id: textIn(onlyChild(notification, 'Id')),
        organizationId,
        type: object?.attributes['xsi:type'] ?? null,
        fields: fieldsOf(object),
      }
    })
  return ok({ organizationId, notifications })
}

/** Null where it is not well-formed, has a DOCTYPE, or an entity other than XML's own five. */
function rootOf(text: string): XmlElement | null {
  try {
    const { children, root } = parseXml(text, { preserveDocumentType: true })
    return children.some((child) => child.type === 'doctype') ? null : root
  } catch {
    return null
  }
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const elementsOf = (parent: XmlElement | null): XmlElement[] =>
  (parent?.children ?? []).filter((child) => child instanceof XmlElement)

/** What stands there twice is as missing as what doesn't: neither says which one counts. */
function onlyChild(parent: XmlElement | null, name: string): XmlElement | null {
  const [child, ...more] = elementsOf(parent).filter((each) => localName(each.name) === name)
  return child === undefined || more.length > 0 ? null : child
}

/** Null where there is more inside than text. */
const textIn = (element: XmlElement | null): string | null =>
  element === null || elementsOf(element).length > 0 ? null : element.text

/** By their API names, as text; null where one is there twice. */
function fieldsOf(object: XmlElement | null): Readonly<Record<string, string | null>> {
  const fields = new Map<string, string | null>()
  for (const element of elementsOf(object)) {
    const name = localName(element.name)
    fields.set(name, fields.has(name) ? null : textIn(element))
  }
  return Object.fromEntries(fields)
}
