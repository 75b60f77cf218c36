// Salesforce: what an outbound message becomes, what of it is refused, and the form of its answer.

import { describe, expect, it } from 'vitest'
import { NOTIFICATIONS_PER_MESSAGE_MAX } from '../../src/domain/limits.ts'
import { salesforce } from '../../src/sources/index.ts'
import { openDelivery, type Opened } from '../../src/sources/open-delivery.ts'
import type { Refusal } from '../../src/sources/refusal.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import flow from '../fixtures/salesforce/flow.json'
import flowCase from '../fixtures/salesforce/makegood.case.json'
import caseClosed from '../fixtures/salesforce/sf.Case.xml?raw'
import opportunitiesLost from '../fixtures/salesforce/sf.Opportunity.xml?raw'
import { ADDRESS } from './sign-as.ts'

const NOW_MS = 1_793_000_000_000
const SECRET = 'tok_sf_9f8e7d6c5b4a39281706'
const ORGANIZATION_ID = '00D5g00000ACMEzEAO'
const unsigned = { secret: 'A_SECRET', mode: 'test', unsigned: 'accept' } as const
const messages = salesforce({ ...unsigned, organizationId: ORGANIZATION_ID })

type Sent = {
  readonly endpoint?: Endpoint
  readonly pathToken?: string | null
  readonly headers?: Record<string, string>
}

async function open(body: string, sent: Sent = {}): Promise<Opened | Refusal> {
  const { endpoint = messages, pathToken = SECRET, headers = {} } = sent
  const bytes = new TextEncoder().encode(body)
  const request = { method: 'POST', url: ADDRESS, headers: new Headers(headers), body: bytes }
  const opened = await openDelivery(endpoint, [SECRET], { ...request, pathToken }, NOW_MS)
  return opened.ok ? opened.value : opened.error
}

/** The Case's message with another part. */
function message(part: string, instead: string): string {
  if (!caseClosed.includes(part)) throw new Error(`no ${part} in the message`)
  return caseClosed.replace(part, instead)
}

const NOTIFICATION = /<Notification>[^]*<\/Notification>/.exec(caseClosed)?.[0] ?? ''
const AMOUNT = '<sf:Credit_Amount__c>42.5</sf:Credit_Amount__c>'
const fieldsWith = (amount: string) => open(message(AMOUNT, amount))
const amountIs = (value: string | null) => ({
  events: [{ data: { fields: { Credit_Amount__c: value } } }],
})

describe('an outbound message', () => {
  it('is a notification with the fields that the admin ticked, as text', async () => {
    expect(await open(caseClosed)).toMatchObject({
      kind: 'events',
      isWhole: false,
      events: [
        {
          ownId: '04l5g00000NOTIF01AAA',
          type: 'sf:Case',
          occurredAt: Date.parse('2026-10-26T07:33:11Z'),
          mode: null,
          data: {
            id: '04l5g00000NOTIF01AAA',
            organizationId: ORGANIZATION_ID,
            type: 'sf:Case',
            fields: {
              Id: '5005g00000CASE1AAI',
              AccountId: '0015g00000ACCT01AAO',
              CaseNumber: '00001026',
              Credit_Amount__c: '42.5',
              CurrencyIsoCode: 'USD',
              Customer_External_Id__c: 'acme-42',
              LastModifiedDate: '2026-10-26T07:33:11.000Z',
              Status: 'Closed',
              Subject: 'Outage & double billing',
            },
          },
        },
      ],
    })
  })

  it('is as many events as it has notifications', async () => {
    expect(await open(opportunitiesLost)).toMatchObject({
      events: [
        { ownId: '04l5g00000NOTIF02AAA', type: 'sf:Opportunity' },
        { ownId: '04l5g00000NOTIF03AAA', type: 'sf:Opportunity' },
      ],
    })
  })

  it('keeps no session id', async () => {
    const sent = message('<SessionId xsi:nil="true"/>', '<SessionId>00D!secret</SessionId>')
    const opened = await open(sent)
    expect('events' in opened && JSON.stringify(opened.events)).not.toContain('secret')
    const crowded = sent.replace(NOTIFICATION, NOTIFICATION.repeat(101))
    expect(await open(crowded)).toMatchObject({ isWhole: false })
    expect(await open(sent.replace(NOTIFICATION, ''))).toMatchObject({ isWhole: false })
  })

  it('with a notification that has no type loses no other', async () => {
    const broken = NOTIFICATION.replace('xsi:type="sf:Case"', '')
    expect(await open(message(NOTIFICATION, broken + NOTIFICATION))).toMatchObject({
      events: [{ unreadable: 'no_event_type' }, { type: 'sf:Case' }],
    })
  })

  it.each([
    [1, undefined],
    [NOTIFICATIONS_PER_MESSAGE_MAX, undefined],
    [0, 'no_events'],
    [NOTIFICATIONS_PER_MESSAGE_MAX + 1, 'too_many_events'],
  ])('of %i notifications', async (count, unreadable) => {
    const opened = await open(message(NOTIFICATION, NOTIFICATION.repeat(count)))
    const events = 'events' in opened ? opened.events : []
    expect(events.length).toBe(unreadable ? 1 : count)
    expect(events[0]).toMatchObject(unreadable ? { unreadable } : { type: 'sf:Case' })
  })

  it('is answered with an Ack, and with nothing else', () => {
    const content = messages.source.accepted?.content
    expect(content?.type).toBe('text/xml; charset=utf-8')
    expect(content?.text).toBe(
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
        '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>' +
        '</notificationsResponse></soapenv:Body></soapenv:Envelope>',
    )
    expect(messages.source.accepted?.status).toBe(200)
  })
})

describe('a field', () => {
  it.each([
    ['with XML’s own entities', '&lt;4&#50;&gt;', '<42>'],
    ['of character data', '<![CDATA[42.5]]>', '42.5'],
    ['that is empty', '', ''],
    ['with elements inside', '<sf:Whole>42</sf:Whole>', null],
  ])('%s', async (_, inside, value) => {
    const field = `<sf:Credit_Amount__c>${inside}</sf:Credit_Amount__c>`
    expect(await fieldsWith(field)).toMatchObject(amountIs(value))
  })

  it('that is there twice says nothing', async () => {
    expect(await fieldsWith(AMOUNT + AMOUNT.replace('42.5', '4250'))).toMatchObject(amountIs(null))
  })

  it('named like a part of the language is a field', async () => {
    const opened = await fieldsWith(`${AMOUNT}<sf:__proto__>42</sf:__proto__>`)
    expect('events' in opened && JSON.stringify(opened.events)).toContain('"__proto__":"42"')
  })
})

describe('refused is', () => {
  const doctype = (text: string) => message('?>\n', `?>\n<!DOCTYPE e [${text}]>\n`)

  it.each([
    ['a document type', doctype('')],
    ['an entity of its own', doctype('<!ENTITY a "42.5">').replace('>42.5<', '>&a;<')],
    ['an entity that nobody declared', message('>42.5<', '>&nbsp;<')],
    ['a body cut in the middle', caseClosed.slice(0, -40)],
    ['a message in no envelope', '<notifications><Notification/></notifications>'],
    ['two messages', message('</soapenv:Body>', '<notifications/></soapenv:Body>')],
    ['elements a hundred thousand deep', '<a>'.repeat(100_000) + '</a>'.repeat(100_000)],
    ['JSON', JSON.stringify({ organizationId: ORGANIZATION_ID, notifications: [] })],
  ])('%s', async (_, body) => {
    expect(await open(body)).toEqual({ reason: 'body_not_admitted', field: 'not_xml' })
  })

  it.each([
    ['another organization', '00D5g00000OTHERzEAO'],
    ['an organization that differs in a capital', '00D5g00000acmezEAO'],
    ['no organization', ''],
    ['a longer id', `${ORGANIZATION_ID}x`],
  ])('%s', async (_, id) => {
    const sent = message(`>${ORGANIZATION_ID}<`, `>${id}<`)
    expect(await open(sent)).toEqual({ reason: 'body_not_admitted', field: 'OrganizationId' })
  })

  it('an organization that is named twice', async () => {
    const once = `<OrganizationId>${ORGANIZATION_ID}</OrganizationId>`
    const sent = message(once, `${once}<OrganizationId>00D5g00000OTHERz</OrganizationId>`)
    expect(await open(sent)).toEqual({ reason: 'body_not_admitted', field: 'OrganizationId' })
  })

  it.each([
    ['no secret in the address', null, 'header_missing'],
    ['a wrong one', 'guess', 'secret_mismatch'],
    ['an empty one', '', 'secret_mismatch'],
  ])('%s', async (_, pathToken, reason) => {
    expect(await open(caseClosed, { pathToken })).toMatchObject({ reason })
  })

  it('everything, where the endpoint’s own organization is no id', async () => {
    const endpoint = salesforce({ ...unsigned, organizationId: '' })
    const sent = message(`>${ORGANIZATION_ID}<`, '><')
    expect(await open(sent, { endpoint })).toMatchObject({ field: 'OrganizationId' })
    expect(await open(caseClosed, { endpoint })).toMatchObject({ field: 'OrganizationId' })
    expect(endpoint.problems).toEqual([
      'organizationId: "" is not 00D and 12 or 15 characters more',
    ])
    expect(messages.problems).toEqual([])
  })
})

it.each([
  ['00D5g00000ACMEz', '00D5g00000ACMEzEAO'],
  ['00D5g00000ACMEzEAO', '00D5g00000ACMEz'],
])('an organization is the same by 15 or 18 characters: %s and %s', async (sent, configured) => {
  const endpoint = salesforce({ ...unsigned, organizationId: configured })
  const body = message(`>${ORGANIZATION_ID}<`, `>${sent}<`)
  expect(await open(body, { endpoint })).toMatchObject({ events: [{ type: 'sf:Case' }] })
})

describe('a flow', () => {
  const endpoint = salesforce({ ...unsigned, kind: 'flow' })
  const sent = { endpoint, pathToken: null, headers: { 'x-webhook-secret': SECRET } }

  it.each([
    ['makegood.case', flowCase, Date.parse('2026-10-26T07:33:14Z')],
    ['flow', flow, null],
  ])('%s is what its admin composed', async (type, body, occurredAt) => {
    expect(await open(JSON.stringify(body), sent)).toMatchObject({
      isWhole: true,
      events: [{ ownId: null, type, occurredAt, mode: null, data: body }],
      answer: { status: 200, content: { text: '{"accepted":true}' } },
    })
  })

  it('proves itself by its header, not by the address', async () => {
    const body = JSON.stringify(flowCase)
    expect(await open(body, { endpoint })).toMatchObject({ reason: 'header_missing' })
    expect(await open(body, { ...sent, headers: { 'x-webhook-secret': 'nope' } })).toEqual({
      reason: 'secret_mismatch',
    })
    const named = salesforce({ ...unsigned, kind: 'flow', header: 'x-acme' })
    const headers = { 'x-acme': SECRET }
    expect(await open(body, { endpoint: named, headers })).toMatchObject({ kind: 'events' })
    expect([endpoint, named].flatMap(({ problems }) => problems)).toEqual([])
    expect(salesforce({ ...unsigned, kind: 'flow', header: 'X Acme' }).problems).toEqual([
      'header: "X Acme" is not a header\'s name in small letters',
    ])
  })

  it('sends no SOAP', async () => {
    expect(await open(caseClosed, sent)).toMatchObject({ events: [{ unreadable: 'not_json' }] })
  })
})
