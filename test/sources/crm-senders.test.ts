// Attio, Close, Kustomer, Linear, Shopify, Zoho CRM and Zoho Desk: what becomes of each of their bodies,
// and what is particular to how each proves itself.

import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/sources/bytes.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import type { PublicKey } from '../../src/sources/scheme.ts'
import type { DeliveryFacts, Endpoint, Source } from '../../src/sources/source.ts'
import { attio, attioSource } from '../../src/sources/attio.ts'
import { close, closeSource } from '../../src/sources/close.ts'
import { kustomer, kustomerSource } from '../../src/sources/kustomer.ts'
import { linear, linearSource } from '../../src/sources/linear.ts'
import { shopify, shopifySource } from '../../src/sources/shopify.ts'
import { zohocrm, zohocrmSource } from '../../src/sources/zohocrm.ts'
import { zohodesk, zohodeskSource } from '../../src/sources/zohodesk.ts'
import listEntryUpdated from '../fixtures/attio/list-entry.updated.json'
import noteCreated from '../fixtures/attio/note.created.json'
import recordUpdated from '../fixtures/attio/record.updated.json'
import leadCreated from '../fixtures/close/lead.created.json'
import opportunityCreated from '../fixtures/close/opportunity.created.json'
import opportunityUpdated from '../fixtures/close/opportunity.updated.json'
import conversationCreated from '../fixtures/kustomer/kustomer.conversation.create.json'
import conversationUpdated from '../fixtures/kustomer/kustomer.conversation.update.json'
import customerUpdated from '../fixtures/kustomer/kustomer.customer.update.json'
import commentCreated from '../fixtures/linear/Comment.create.json'
import issueCreated from '../fixtures/linear/Issue.create.json'
import issueUpdated from '../fixtures/linear/Issue.update.json'
import slaBreached from '../fixtures/linear/IssueSLA.breached.json'
import disputesCreated from '../fixtures/shopify/disputes.create.json'
import ordersCancelled from '../fixtures/shopify/orders.cancelled.json'
import ordersUpdated from '../fixtures/shopify/orders.updated.json'
import refundsCreated from '../fixtures/shopify/refunds.create.json'
import dealInserted from '../fixtures/zohocrm/Deals.insert.json'
import dealUpdated from '../fixtures/zohocrm/Deals.update.json'
import dealByWorkflow from '../fixtures/zohocrm/makegood.deal.json'
import ticketAdded from '../fixtures/zohodesk/Ticket_Add.json'
import commentAdded from '../fixtures/zohodesk/Ticket_Comment_Add.json'
import ticketUpdated from '../fixtures/zohodesk/Ticket_Update.json'
import { proven, sendersOf } from './senders.ts'
import { ADDRESS, signAs, signaturesOf } from './sign-as.ts'

const NOW_MS = 1_793_000_000_000
const clock = (text: string): number => Date.parse(`2026-10-26T${text}Z`)
const withHeaders = (headers: Readonly<Record<string, string>>): DeliveryFacts => ({
  signed: { id: null, timestamp: null },
  unsignedHeader: (name) => headers[name] ?? null,
})
const NO_HEADERS = withHeaders({})
const secret = 'A_WEBHOOK_SECRET'
const signed = { secret, mode: 'test' } as const
const unsigned = { ...signed, unsigned: 'accept' } as const

/** A request signed by the scheme of a header, and opened: `valid`, or why it is refused. */
async function sentTo(
  endpoint: Endpoint,
  body: unknown,
  signing: { key?: string; header?: string; seconds?: number } = {},
): Promise<string> {
  const { key = SECRET, header, seconds = 0 } = signing
  const scheme = signaturesOf(endpoint).find(
    ({ headers }) => header === undefined || headers.signature === header,
  )!
  const text = JSON.stringify(body)
  const headers = await signAs(scheme, {
    secret: key,
    timestamp: String(NOW_MS / 1_000 + seconds),
    id: '',
    body: text,
  })
  return outcome(endpoint, headers, text)
}

const SECRET = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'

async function outcome(endpoint: Endpoint, headers: Headers, text: string): Promise<string> {
  const request = { method: 'POST', url: ADDRESS, headers, body: utf8(text), pathToken: null }
  const opened = await openDelivery(endpoint, [SECRET], request, NOW_MS)
  return opened.ok ? 'valid' : opened.error.reason
}

describe('a body that is one event', () => {
  const linearId = (
    type: string,
    action: string,
    id: string,
    at: string,
    updated: string | null = at,
  ) => JSON.stringify(['000042e3-d123-4980-b49f-8e140eef9329', type, action, id, at, updated])
  const issue = '539068e2-ae88-4d09-bd75-22eb4a59612f'
  const comment = '4f6d1c9a-1b5e-4f4e-9d6c-0a7f5f0f1c01'

  it.each<[Source, object, string, string, string]>([
    [closeSource, opportunityUpdated, 'ev_2sYKSample0001', 'opportunity.updated', '07:33:00.395'],
    [closeSource, opportunityCreated, 'ev_2sYKSample0003', 'opportunity.created', '07:31:00'],
    [closeSource, leadCreated, 'ev_2sYKSample0002', 'lead.created', '07:30:12.120'],
    [
      kustomerSource,
      conversationUpdated,
      '6717c2b1e5b1f00012ab3511',
      'kustomer.conversation.update',
      '07:33:18',
    ],
    [
      kustomerSource,
      customerUpdated,
      '6717c2b1e5b1f00012ab3512',
      'kustomer.customer.update',
      '07:33:18.500',
    ],
    [
      linearSource,
      issueUpdated,
      linearId('Issue', 'update', issue, '2026-10-26T07:33:18.256Z'),
      'Issue.update',
      '07:33:18.256',
    ],
    [
      linearSource,
      issueCreated,
      linearId('Issue', 'create', issue, '2026-10-26T07:33:10.100Z'),
      'Issue.create',
      '07:33:10.100',
    ],
    [
      linearSource,
      commentCreated,
      linearId('Comment', 'create', comment, '2026-10-26T07:33:19.000Z'),
      'Comment.create',
      '07:33:19',
    ],
    [
      linearSource,
      slaBreached,
      linearId(
        'IssueSLA',
        'breached',
        issue,
        '2026-10-26T07:33:15.000Z',
        '2026-10-25T10:00:00.000Z',
      ),
      'IssueSLA.breached',
      '07:33:15',
    ],
  ])('$0.name: $2', (source, body, ownId, type, at) => {
    const event = { ownId, type, occurredAt: clock(at), mode: null, data: body }
    expect(source.read(body, NO_HEADERS)).toEqual([event])
  })

  it('kustomer: is of another day where it says so', () => {
    const at = Date.parse('2026-10-25T16:02:41.000Z')
    expect(kustomerSource.read(conversationCreated, NO_HEADERS)).toMatchObject([
      { ownId: '6717c2b1e5b1f00012ab3510', type: 'kustomer.conversation.create', occurredAt: at },
    ])
  })

  it('kustomer: has the type that was signed, whatever a header says', () => {
    const facts = withHeaders({ 'x-kustomer-webhook-event': 'kustomer.conversation.update' })
    expect(kustomerSource.read(customerUpdated, facts)).toMatchObject([
      { type: 'kustomer.customer.update' },
    ])
  })

  it('close: is read as UTC, also where a zone is written, and may have no time', () => {
    const at = (date_created?: string) => {
      const event = { ...opportunityUpdated.event, date_created }
      return closeSource.read({ event }, NO_HEADERS)
    }
    expect(at('2026-10-26T07:33:00.395000+02:00')).toMatchObject([
      { occurredAt: clock('05:33:00.395') },
    ])
    expect(at('2026-10-26T07:33:00Z')).toMatchObject([{ occurredAt: clock('07:33:00') }])
    expect(at()).toMatchObject([{ occurredAt: null }])
  })

  it.each([
    [closeSource, { event: { id: 'ev_1', action: 'updated' } }, 'no_event_type'],
    [closeSource, { event: [] }, 'not_an_object'],
    [linearSource, { type: 'Issue' }, 'no_event_type'],
    [linearSource, { action: 'update' }, 'no_event_type'],
    [attioSource, { webhook_id: 'w' }, 'no_events'],
    [attioSource, [], 'not_an_object'],
    [kustomerSource, { id: '1' }, 'no_event_type'],
    [shopifySource, refundsCreated, 'no_event_type'],
    [zohodeskSource, { eventType: 'Ticket_Add' }, 'no_events'],
  ] as const)('$0.name: is unreadable as %j', (source, body, unreadable) => {
    expect(source.read(body, NO_HEADERS)).toEqual([{ unreadable }])
  })
})

describe('linear, sent again', () => {
  it('is the same event, though its body has another time', () => {
    const idOf = (body: object) => {
      const [event] = linearSource.read(body, NO_HEADERS)
      return event && 'ownId' in event ? event.ownId : null
    }
    const again = { ...issueUpdated, webhookTimestamp: issueUpdated.webhookTimestamp + 60_000 }
    expect(idOf(again)).toBe(idOf(issueUpdated))
    const later = { ...issueUpdated, createdAt: '2026-10-26T07:33:18.257Z' }
    expect(idOf(later)).not.toBe(idOf(issueUpdated))
    const data = { ...issueUpdated.data, updatedAt: '2026-10-26T07:33:18.257Z' }
    expect(idOf({ ...issueUpdated, data })).not.toBe(idOf(issueUpdated))
    expect(idOf({ ...issueUpdated, data: { id: '1' } })).toMatch(/,null\]$/)
    expect(idOf({ ...issueUpdated, webhookId: 7 })).toBeNull()
    expect(idOf({ ...issueUpdated, data: null })).toBeNull()
  })
})

describe('a list of events', () => {
  it.each([
    ['record.updated', recordUpdated],
    ['list-entry.updated', listEntryUpdated],
    ['note.created', noteCreated],
  ])('attio %s: each by its own bytes, without a time', (type, body) => {
    expect(attioSource.read(body, withHeaders({ 'idempotency-key': 'unsigned' }))).toEqual(
      body.events.map((data) => ({ ownId: null, type, occurredAt: null, mode: null, data })),
    )
  })

  it.each([
    ['Ticket_Update', ticketUpdated],
    ['Ticket_Add', ticketAdded],
    ['Ticket_Comment_Add', commentAdded],
  ])('zohodesk %s: each by its own bytes, with its time', (type, body) => {
    expect(zohodeskSource.read(body, NO_HEADERS)).toEqual(
      body.map((data) => {
        const occurredAt = Number(data.eventTime)
        return { ownId: null, type, occurredAt, mode: null, data }
      }),
    )
  })

  it('keeps what can not be read beside what can', () => {
    const [first] = ticketUpdated
    expect(zohodeskSource.read([7, first, {}], NO_HEADERS)).toMatchObject([
      { unreadable: 'not_an_object', data: 7 },
      { type: 'Ticket_Update' },
      { unreadable: 'no_event_type', data: {} },
    ])
    expect(
      attioSource.read({ events: [null, {}, ...noteCreated.events] }, NO_HEADERS),
    ).toMatchObject([
      { unreadable: 'not_an_object', data: null },
      { unreadable: 'no_event_type', data: {} },
      { type: 'note.created' },
    ])
  })
})

describe('shopify', () => {
  it.each([
    ['refunds/create', refundsCreated, '07:33:10', 'live'],
    ['orders/cancelled', ordersCancelled, '07:33:16', 'live'],
    ['orders/updated', ordersUpdated, '07:33:11', 'test'],
    ['disputes/create', disputesCreated, '07:33:08', null],
  ] as const)('%s: the topic is in a header, id and time are signed', (topic, body, at, mode) => {
    for (const prefix of ['x-', '']) {
      const facts = withHeaders({
        [`${prefix}shopify-topic`]: topic,
        [`${prefix}shopify-hmac-sha256`]: 'proven before',
        [`${prefix}shopify-event-id`]: 'unsigned',
      })
      expect(shopifySource.read(body, facts)).toEqual([
        { ownId: null, type: topic, occurredAt: clock(at), mode, data: body },
      ])
    }
  })

  it('takes one test among the transactions for a test, and says nothing where nothing is said', () => {
    const facts = withHeaders({ 'x-shopify-topic': 'refunds/create' })
    const modeOf = (transactions: unknown) => {
      const [event] = shopifySource.read({ transactions }, facts)
      return event && 'mode' in event ? event.mode : 'unreadable'
    }
    expect(modeOf([{ test: false }, { test: true }])).toBe('test')
    expect(modeOf([{ test: false }, {}])).toBe('live')
    expect(modeOf([{ test: 'true' }])).toBeNull()
    expect(modeOf([])).toBeNull()
    expect(modeOf('none')).toBeNull()
  })

  it('reads the topic of the family that was proven', async () => {
    const endpoint = shopify(signed)
    const [events] = signaturesOf(endpoint)
    const text = JSON.stringify(refundsCreated)
    const headers = await signAs(events!, { secret: SECRET, timestamp: '', id: '', body: text })
    headers.set('shopify-topic', 'refunds/create')
    headers.set('x-shopify-topic', 'orders/updated')
    const request = { method: 'POST', url: ADDRESS, headers, body: utf8(text), pathToken: null }
    expect(await openDelivery(endpoint, [SECRET], request, NOW_MS)).toMatchObject({
      ok: true,
      value: { events: [{ type: 'refunds/create' }] },
    })
  })
})

describe('a sender with two headers for one signature', () => {
  const PAIRS = [
    [attio(signed), 'attio-signature', 'x-attio-signature', recordUpdated],
    [shopify(signed), 'shopify-hmac-sha256', 'x-shopify-hmac-sha256', refundsCreated],
  ] as const

  it.each(PAIRS)('is let in by either: $0.source.name', async (endpoint, first, second, body) => {
    expect(await sentTo(endpoint, body, { header: first })).toBe('valid')
    expect(await sentTo(endpoint, body, { header: second })).toBe('valid')
  })

  it.each(PAIRS)(
    'is held to the first where both are there: $0.source.name',
    async (endpoint, first, second, body) => {
      const schemes = signaturesOf(endpoint)
      const text = JSON.stringify(body)
      const by = async (header: string, key: string) => {
        const scheme = schemes.find(({ headers }) => headers.signature === header)!
        const signing = { secret: key, timestamp: '', id: '', body: text }
        return (await signAs(scheme, signing)).get(header) ?? ''
      }
      const [good, bad] = await Promise.all([by(second, SECRET), by(first, 'another')])
      const headers = new Headers({ [first]: bad, [second]: good })
      expect(await outcome(endpoint, headers, text)).toBe('signature_mismatch')
    },
  )
})

describe('close', () => {
  it('signs with the bytes of the key, not with its text', async () => {
    const endpoint = close(signed)
    expect(await sentTo(endpoint, leadCreated)).toBe('valid')
    const [scheme] = signaturesOf(endpoint)
    const text = JSON.stringify(leadCreated)
    const timestamp = String(NOW_MS / 1_000)
    const asText = { ...scheme!, secret: { as: 'utf8' } as const }
    const headers = await signAs(asText, { secret: SECRET, timestamp, id: '', body: text })
    expect(await outcome(endpoint, headers, text)).toBe('signature_mismatch')
  })

  it('is refused five minutes and a second later', async () => {
    expect(await sentTo(close(signed), leadCreated, { seconds: -300 })).toBe('valid')
    expect(await sentTo(close(signed), leadCreated, { seconds: -301 })).toBe('timestamp_stale')
  })
})

describe('kustomer', () => {
  it('is refused with a signature by SHA-1', async () => {
    const endpoint = kustomer(signed)
    const [scheme] = signaturesOf(endpoint)
    const body = JSON.stringify(conversationUpdated)
    const signing = { secret: SECRET, timestamp: '', id: '', body, hash: 'SHA-1' as const }
    expect(await outcome(endpoint, await signAs(scheme!, signing), body)).toBe('signature_mismatch')
  })
})

describe('linear', () => {
  const at = (webhookTimestamp: unknown) =>
    sentTo(linear(signed), { ...issueUpdated, webhookTimestamp })

  it('may be a minute off, both ways, by the time in its signed body', async () => {
    expect(await at(NOW_MS - 60_000)).toBe('valid')
    expect(await at(NOW_MS + 60_000)).toBe('valid')
    expect(await at(NOW_MS - 60_001)).toBe('timestamp_stale')
    expect(await at(NOW_MS + 60_001)).toBe('timestamp_ahead')
  })

  it.each([[undefined], [null], [String(NOW_MS)], [[NOW_MS]], [true]])(
    'is refused with the time %j',
    async (time) => {
      expect(await at(time)).toBe('body_not_admitted')
    },
  )

  it('is not helped by a fresh header', async () => {
    const endpoint = linear(signed)
    const [scheme] = signaturesOf(endpoint)
    const text = JSON.stringify({ ...issueUpdated, webhookTimestamp: NOW_MS - 400_000 })
    const headers = await signAs(scheme!, { secret: SECRET, timestamp: '', id: '', body: text })
    headers.set('linear-timestamp', String(NOW_MS))
    expect(await outcome(endpoint, headers, text)).toBe('timestamp_stale')
  })
})

describe('zohocrm', () => {
  const withoutToken = (body: object) =>
    Object.fromEntries(Object.entries(body).filter(([field]) => field !== 'token'))

  it.each([
    ['Deals.update', dealUpdated, '07:33:19'],
    ['Deals.insert', dealInserted, '07:33:12'],
    ['makegood.deal', dealByWorkflow, '07:33:19'],
  ] as const)('%s: is kept without its token', (type, body, at) => {
    expect(zohocrmSource.read(body, NO_HEADERS)).toEqual([
      { ownId: null, type, occurredAt: clock(at), mode: null, data: withoutToken(body) },
    ])
  })

  it('is kept without its token also where it can not be read', async () => {
    const endpoint = zohocrm(unsigned)
    for (const body of [dealUpdated, { token: SECRET, module: 'Deals' }, { token: SECRET }]) {
      const text = JSON.stringify({ ...body, token: SECRET })
      const request = {
        method: 'POST',
        url: ADDRESS,
        headers: new Headers(),
        body: utf8(text),
        pathToken: null,
      }
      const opened = await openDelivery(endpoint, [SECRET], request, NOW_MS)
      // Not whole: then what is kept is the event's own data, and not the body's bytes.
      expect(opened).toMatchObject({ ok: true, value: { isWhole: false } })
      const events = opened.ok && opened.value.kind === 'events' ? opened.value.events : []
      expect(JSON.stringify(events)).not.toContain(SECRET)
    }
  })

  it('is refused from another channel, and from none, where one is configured', async () => {
    const endpoint = zohocrm({ ...unsigned, channelId: '1000000068001' })
    const from = (channel_id: unknown) =>
      outcome(
        endpoint,
        new Headers(),
        JSON.stringify({ ...dealUpdated, token: SECRET, channel_id }),
      )
    expect(await from('1000000068001')).toBe('valid')
    for (const other of ['1', undefined, 1_000_000_068_001, ['1000000068001']]) {
      expect(await from(other)).toBe('body_not_admitted')
    }
  })
})

describe('zohodesk', () => {
  const desk = zohodesk(unsigned)

  it('waits for a person with everything, and has keys where its data centre is', () => {
    expect(desk.holdsAll).toBe(true)
    expect(desk.schemes).toMatchObject([
      { keysAddress: 'https://desk.zoho.com/.well-known/jwks.json' },
    ])
    expect(zohodesk({ ...unsigned, dataCentre: 'ca' }).schemes).toMatchObject([
      { keysAddress: 'https://desk.zohocloud.ca/.well-known/jwks.json' },
    ])
  })

  it('proves who called, and not the body', async () => {
    const [sender] = await sendersOf({ name: 'desk', endpoint: desk, body: ticketUpdated })
    const { current, keys } = sender!
    const request = await proven(sender!)
    const opened = async (
      parts: object,
      known: readonly PublicKey[] = keys,
      as = current.secret,
    ) => {
      const { ok, ...rest } = await openDelivery(
        desk,
        [as],
        { ...request, ...parts },
        NOW_MS,
        known,
      )
      return ok ? 'valid' : rest
    }
    expect(await opened({ body: utf8(JSON.stringify(ticketAdded)) })).toBe('valid')
    const [iss, aud] = current.secret.split('|')
    expect(await opened({}, keys, `orgId:2|${aud}`)).toEqual({
      error: { reason: 'token_claim_wrong', claim: 'iss' },
    })
    expect(await opened({}, keys, `${iss}|webhookId:2`)).toEqual({
      error: { reason: 'token_claim_wrong', claim: 'aud' },
    })
    const audience = aud ?? ''
    for (const [claimed, reason] of [
      [[audience], 'valid'],
      [[audience, 'webhookId:2'], 'token_claim_wrong'],
      [[audience, audience], 'token_claim_wrong'],
      [[], 'token_claim_wrong'],
      [{ 0: audience }, 'token_claim_wrong'],
    ] as const) {
      const { headers } = await proven(sender!, { audience: claimed })
      const answer = await opened({ headers })
      expect([claimed, typeof answer === 'string' ? answer : reason]).toEqual([claimed, reason])
      if (reason !== 'valid') expect(answer).toMatchObject({ error: { claim: 'aud' } })
    }
    const [stranger] = await sendersOf({ name: 'stranger', endpoint: desk, body: ticketUpdated })
    expect(await opened({}, stranger!.keys)).toEqual({ error: { reason: 'signature_mismatch' } })
    expect(await opened({}, [])).toEqual({ error: { reason: 'token_claim_wrong', claim: 'kid' } })
  })
})
