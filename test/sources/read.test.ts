// What each source makes of its senders' real bodies, and that no JSON value can make it throw.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUnreadable, type SourceEvent } from '../../src/domain/event.ts'
import type { DeliveryFacts, Source } from '../../src/sources/source.ts'
import { chargebeeSource } from '../../src/sources/chargebee.ts'
import { commetSource } from '../../src/sources/commet.ts'
import { freshdeskSource } from '../../src/sources/freshdesk.ts'
import { githubSource } from '../../src/sources/github.ts'
import { hubspotSource } from '../../src/sources/hubspot.ts'
import { kustomerSource } from '../../src/sources/kustomer.ts'
import { linearSource } from '../../src/sources/linear.ts'
import { paddleSource } from '../../src/sources/paddle.ts'
import { standardSource } from '../../src/sources/standard.ts'
import { stripeSource } from '../../src/sources/stripe.ts'
import { zendeskSource } from '../../src/sources/zendesk.ts'
import { ENTRIES } from './entries.ts'
import freshdeskTicket from '../fixtures/freshdesk/ticket.json'
import freshdeskAdvanced from '../fixtures/freshdesk/makegood.ticket.json'
import planChanged from '../fixtures/github/marketplace_purchase.changed.json'
import ping from '../fixtures/github/ping.json'
import sponsorshipCancelled from '../fixtures/github/sponsorship.cancelled.json'
import issueLabeled from '../fixtures/github/issues.labeled.json'
import dealChanged from '../fixtures/hubspot/deal.propertyChange.json'
import dealOfWorkflow from '../fixtures/hubspot/makegood.deal.json'
import objectChanged from '../fixtures/hubspot/object.propertyChange.json'
import chargeRequested from '../fixtures/standard/charge.requested.json'
import creditRequested from '../fixtures/standard/credit.requested.json'
import fundsWithdrawn from '../fixtures/stripe/charge.dispute.funds_withdrawn.json'
import creditNoteCreated from '../fixtures/stripe/credit_note.created.json'
import chargeRefunded from '../fixtures/stripe/charge.refunded.json'
import refundCreated from '../fixtures/stripe/refund.created.json'
import refundFailed from '../fixtures/stripe/refund.failed.json'
import refundUpdated from '../fixtures/stripe/refund.updated.json'
import ticket from '../fixtures/zendesk/makegood.ticket.json'
import fieldChanged from '../fixtures/zendesk/ticket.custom_field_changed.json'
import tagsChanged from '../fixtures/zendesk/ticket.tags_changed.json'

const FACTS: DeliveryFacts = {
  signed: { id: 'msg_signed', timestamp: '1793000000' },
  unsignedHeader: () => null,
}
const SOURCES: readonly Source[] = [
  chargebeeSource,
  commetSource,
  kustomerSource,
  linearSource,
  paddleSource,
  standardSource,
  stripeSource,
  zendeskSource,
]
const clock = (text: string): number => Date.parse(`2026-10-26T${text}Z`)

describe('a list of events', () => {
  it('hubspot: each by the ids that HubSpot promises together, and not by its attempt', () => {
    const at = clock('07:33:16')
    const [first, second] = dealChanged
    expect(hubspotSource.read(dealChanged, FACTS)).toEqual([
      {
        ownId: `[24680135,2211334,1148790531,31415926535,"dealstage","closedlost",${at}]`,
        type: 'deal.propertyChange',
        occurredAt: at,
        mode: null,
        data: first,
      },
      {
        ownId: `[24680135,2211335,1148790532,31415926535,"credit_amount","42.50",${at}]`,
        type: 'deal.propertyChange',
        occurredAt: at,
        mode: null,
        data: second,
      },
    ])
    const again = hubspotSource.read([{ ...first, attemptNumber: 3 }], FACTS)
    const [event] = hubspotSource.read([first], FACTS)
    expect(again).toMatchObject([{ ownId: event && 'ownId' in event ? event.ownId : 'none' }])
  })

  it('hubspot: what can not be read stands beside what can', () => {
    expect(hubspotSource.read([7, {}, ...objectChanged], FACTS)).toMatchObject([
      { unreadable: 'not_an_object', data: 7 },
      { unreadable: 'no_event_type', data: {} },
      { type: 'object.propertyChange' },
    ])
    const [changed] = objectChanged
    expect(hubspotSource.read([{ ...changed, eventId: 2 ** 53 }], FACTS)).toMatchObject([
      { ownId: null },
    ])
  })

  it('hubspot: two events differ if any part of their ids does', () => {
    const idOf = (parts: object) => {
      const [event] = hubspotSource.read([{ ...dealChanged[0], ...parts }], FACTS)
      return event && 'ownId' in event ? event.ownId : 'unreadable'
    }
    const one = idOf({})
    for (const parts of [
      { propertyName: 'x' },
      { propertyValue: '' },
      { objectId: '31415926535' },
    ]) {
      expect(idOf(parts)).not.toBe(one)
      expect(idOf(parts)).toMatch(/^\[24680135,/)
    }
    expect(idOf({ propertyName: undefined, propertyValue: undefined })).toContain(',null,null,')
    for (const parts of [
      { objectId: 2 ** 53 },
      { objectId: {} },
      { occurredAt: 1.5 },
      { portalId: null },
    ]) {
      expect(idOf(parts)).toBeNull()
    }
  })
})

describe('an event whose type stands in a header', () => {
  it('github: the family is the header, the rest the signed action', () => {
    const unsignedHeader = (name: string) => (name === 'x-github-event' ? 'issues' : null)
    const read = githubSource.read(issueLabeled, { ...FACTS, unsignedHeader })
    expect(read).toMatchObject([
      { ownId: null, type: 'issues.labeled', occurredAt: clock('07:33:19') },
    ])
    expect(githubSource.read(issueLabeled, FACTS)).toEqual([{ unreadable: 'no_event_type' }])
  })

  it.each([
    ['ping', 'ping', ping, null],
    ['marketplace_purchase', 'marketplace_purchase.changed', planChanged, clock('07:33:00')],
    ['sponsorship', 'sponsorship.cancelled', sponsorshipCancelled, clock('07:30:00')],
  ])('github: a body under %s is %s', (family, type, body, occurredAt) => {
    const read = githubSource.read(body, { ...FACTS, unsignedHeader: () => family })
    expect(read).toEqual([{ ownId: null, type, occurredAt, mode: null, data: body }])
  })
})

describe('an event', () => {
  it.each<[string, Source, unknown, Omit<SourceEvent, 'data'>]>([
    [
      'stripe refund.created',
      stripeSource,
      refundCreated,
      {
        ownId: 'evt_3SampleRefund0001',
        type: 'refund.created',
        occurredAt: 1_792_999_995_000,
        mode: 'test',
      },
    ],
    [
      'stripe refund.updated',
      stripeSource,
      refundUpdated,
      {
        ownId: 'evt_3SampleRefund0002',
        type: 'refund.updated',
        occurredAt: 1_792_999_998_000,
        mode: 'test',
      },
    ],
    [
      'stripe refund.failed',
      stripeSource,
      refundFailed,
      {
        ownId: 'evt_3SampleRefund0003',
        type: 'refund.failed',
        occurredAt: 1_793_000_000_000,
        mode: 'test',
      },
    ],
    [
      'stripe charge.refunded',
      stripeSource,
      chargeRefunded,
      {
        ownId: 'evt_3SampleCharge0001',
        type: 'charge.refunded',
        occurredAt: 1_792_999_996_000,
        mode: 'test',
      },
    ],
    [
      'stripe charge.dispute.funds_withdrawn',
      stripeSource,
      fundsWithdrawn,
      {
        ownId: 'evt_1SampleDispute01',
        type: 'charge.dispute.funds_withdrawn',
        occurredAt: 1_792_999_940_000,
        mode: 'live',
      },
    ],
    [
      'stripe credit_note.created',
      stripeSource,
      creditNoteCreated,
      {
        ownId: 'evt_1SampleNote0001',
        type: 'credit_note.created',
        occurredAt: 1_792_999_990_000,
        mode: 'test',
      },
    ],
    [
      'stripe, live',
      stripeSource,
      { ...refundCreated, livemode: true },
      {
        ownId: 'evt_3SampleRefund0001',
        type: 'refund.created',
        occurredAt: 1_792_999_995_000,
        mode: 'live',
      },
    ],
    [
      'stripe, with a mode that is no boolean',
      stripeSource,
      { ...refundCreated, livemode: 'true' },
      {
        ownId: 'evt_3SampleRefund0001',
        type: 'refund.created',
        occurredAt: 1_792_999_995_000,
        mode: null,
      },
    ],
    [
      'stripe, with a numeric id',
      stripeSource,
      { ...refundCreated, id: 7 },
      { ownId: null, type: 'refund.created', occurredAt: 1_792_999_995_000, mode: 'test' },
    ],
    [
      'zendesk makegood.ticket',
      zendeskSource,
      ticket,
      { ownId: null, type: 'makegood.ticket', occurredAt: clock('07:33:12'), mode: null },
    ],
    [
      'zendesk ticket.tags_changed',
      zendeskSource,
      tagsChanged,
      {
        ownId: '5d2f6c1e-9c1b-4d0e-8a77-1f2f0b8f2a02',
        type: 'zen:event-type:ticket.tags_changed',
        occurredAt: clock('07:33:12.672'),
        mode: null,
      },
    ],
    [
      'zendesk ticket.custom_field_changed',
      zendeskSource,
      fieldChanged,
      {
        ownId: '5d2f6c1e-9c1b-4d0e-8a77-1f2f0b8f2a01',
        type: 'zen:event-type:ticket.custom_field_changed',
        occurredAt: clock('07:33:12.672'),
        mode: null,
      },
    ],
    [
      'zendesk, a template without a time',
      zendeskSource,
      { kind: 'makegood.ticket' },
      { ownId: null, type: 'makegood.ticket', occurredAt: null, mode: null },
    ],
    [
      'zendesk, a template with a type and an id of its own',
      zendeskSource,
      { ...ticket, type: 'Question', id: '5158' },
      { ownId: null, type: 'makegood.ticket', occurredAt: clock('07:33:12'), mode: null },
    ],
    [
      'hubspot, from a workflow',
      hubspotSource,
      dealOfWorkflow,
      { ownId: null, type: 'makegood.deal', occurredAt: clock('07:33:16'), mode: null },
    ],
    ...['1793000000000', 1_793_000_000_000].map(
      (updated_at): [string, Source, unknown, Omit<SourceEvent, 'data'>] => [
        `hubspot, from a workflow that writes ${typeof updated_at} milliseconds`,
        hubspotSource,
        { ...dealOfWorkflow, updated_at },
        { ownId: null, type: 'makegood.deal', occurredAt: 1_793_000_000_000, mode: null },
      ],
    ),
    [
      'freshdesk, simple content',
      freshdeskSource,
      freshdeskTicket,
      { ownId: null, type: 'ticket', occurredAt: null, mode: null },
    ],
    [
      'freshdesk, advanced content',
      freshdeskSource,
      freshdeskAdvanced,
      { ownId: null, type: 'makegood.ticket', occurredAt: clock('07:33:15'), mode: null },
    ],
    [
      'freshdesk, a template without kind and time',
      freshdeskSource,
      { ticket_id: '5159' },
      { ownId: null, type: 'ticket', occurredAt: null, mode: null },
    ],
    [
      'standard credit.requested',
      standardSource,
      creditRequested,
      { ownId: 'msg_signed', type: 'credit.requested', occurredAt: clock('07:33:17'), mode: null },
    ],
    [
      'standard charge.requested',
      standardSource,
      chargeRequested,
      { ownId: 'msg_signed', type: 'charge.requested', occurredAt: clock('07:33:00'), mode: null },
    ],
    [
      'standard, with an id in the body',
      standardSource,
      { ...creditRequested, id: 'unsigned' },
      { ownId: 'msg_signed', type: 'credit.requested', occurredAt: clock('07:33:17'), mode: null },
    ],
  ])('%s', (_, source, body, envelope) => {
    expect(source.read(body, FACTS)).toEqual([{ ...envelope, data: body }])
  })
})

describe.each(SOURCES)('$name', (source) => {
  it.each([[[]], [null], ['text'], [42], [true], [[{ type: 'x' }]]])(
    'can not read %j, and says that it is no object',
    (body) => {
      expect(source.read(body, FACTS)).toEqual([{ unreadable: 'not_an_object' }])
    },
  )

  it.each([[{}], [{ type: '' }], [{ type: 5 }], [{ type: ['refund.created'] }], [{ type: null }]])(
    'can not read %j, and says that it has no type',
    (body) => {
      expect(source.read(body, FACTS)).toEqual([{ unreadable: 'no_event_type' }])
    },
  )
})

describe.each([...new Set(ENTRIES.map(({ endpoint }) => endpoint.source))])('$name', (source) => {
  it('never throws, and an event it reads has a type, and a time and a mode or none', () => {
    const named = fc.record(
      {
        type: fc.anything(),
        kind: fc.anything(),
        id: fc.anything(),
        created: fc.anything(),
        time: fc.anything(),
        timestamp: fc.anything(),
        updated_at: fc.anything(),
        livemode: fc.anything(),
        mode: fc.anything(),
        event: fc.anything(),
        event_id: fc.anything(),
        event_type: fc.anything(),
        occurred_at: fc.anything(),
      },
      { requiredKeys: [] },
    )
    const body = fc.oneof(fc.jsonValue(), fc.anything(), named, fc.record({ type: fc.string() }))
    fc.assert(
      fc.property(body, (value) => {
        for (const read of source.read(value, FACTS)) {
          if (isUnreadable(read)) continue
          expect(typeof read.type === 'string' && read.type !== '').toBe(true)
          expect(read.ownId === null || typeof read.ownId === 'string').toBe(true)
          expect(read.occurredAt === null || Number.isInteger(read.occurredAt)).toBe(true)
          expect([null, 'live', 'test']).toContain(read.mode)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
