// Chargebee, Paddle and Commet: what becomes of each of their bodies, and the deliveries of which the
// vendors' own packages and pages say how they end.

import { describe, expect, it } from 'vitest'
import type { Mode } from '../../src/domain/event.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import type { Endpoint, Source } from '../../src/sources/source.ts'
import { chargebee, chargebeeSource } from '../../src/sources/chargebee.ts'
import { commet, commetSource } from '../../src/sources/commet.ts'
import { paddle, paddleSource } from '../../src/sources/paddle.ts'
import chargebeeCreditNoteCreated from '../fixtures/chargebee/credit_note_created.json'
import chargebeeCreditNoteDeleted from '../fixtures/chargebee/credit_note_deleted.json'
import chargebeeCreditNoteUpdated from '../fixtures/chargebee/credit_note_updated.json'
import chargebeeInvoiceUpdated from '../fixtures/chargebee/invoice_updated.json'
import chargebeePaymentFailed from '../fixtures/chargebee/payment_failed.json'
import chargebeePaymentRefunded from '../fixtures/chargebee/payment_refunded.json'
import chargebeeRefundInitiated from '../fixtures/chargebee/refund_initiated.json'
import paddleAdjustmentCreatedChargeback from '../fixtures/paddle/adjustment.created.chargeback.json'
import paddleAdjustmentCreatedCredit from '../fixtures/paddle/adjustment.created.credit.json'
import paddleAdjustmentCreated from '../fixtures/paddle/adjustment.created.json'
import paddleAdjustmentUpdated from '../fixtures/paddle/adjustment.updated.json'
import paddleTransactionPaymentFailed from '../fixtures/paddle/transaction.payment_failed.json'
import commetCustomerCreated from '../fixtures/commet/customer.created.json'
import commetCustomerUpdated from '../fixtures/commet/customer.updated.json'
import commetInvoiceCreated from '../fixtures/commet/invoice.created.json'
import commetInvoiceOverdue from '../fixtures/commet/invoice.overdue.json'
import commetInvoiceVoided from '../fixtures/commet/invoice.voided.json'
import commetPaymentDisputeResolved from '../fixtures/commet/payment.dispute_resolved.json'
import commetPaymentDisputed from '../fixtures/commet/payment.disputed.json'
import commetPaymentFailed from '../fixtures/commet/payment.failed.json'
import commetPaymentReceived from '../fixtures/commet/payment.received.json'
import commetPaymentRefunded from '../fixtures/commet/payment.refunded.json'

const FACTS = { signed: { id: 'never', timestamp: null }, unsignedHeader: () => 'never' }
const NOW_MS = 1_793_000_000_000
const secret = 'BILLING_WEBHOOK_SECRET'

describe('a body', () => {
  it.each<[string, string, string, Mode | null, Source, object]>([
    [
      'ev_AzZlbhSample001',
      'credit_note_created',
      '07:33:12',
      null,
      chargebeeSource,
      chargebeeCreditNoteCreated,
    ],
    [
      'ev_AzZlbhSample004',
      'credit_note_deleted',
      '07:33:17',
      null,
      chargebeeSource,
      chargebeeCreditNoteDeleted,
    ],
    [
      'ev_AzZlbhSample003',
      'credit_note_updated',
      '07:33:15',
      null,
      chargebeeSource,
      chargebeeCreditNoteUpdated,
    ],
    [
      'ev_AzZlbhSample007',
      'invoice_updated',
      '07:33:14',
      null,
      chargebeeSource,
      chargebeeInvoiceUpdated,
    ],
    [
      'ev_AzZlbhSample006',
      'payment_failed',
      '07:32:10',
      null,
      chargebeeSource,
      chargebeePaymentFailed,
    ],
    [
      'ev_AzZlbhSample002',
      'payment_refunded',
      '07:32:00',
      null,
      chargebeeSource,
      chargebeePaymentRefunded,
    ],
    [
      'ev_AzZlbhSample005',
      'refund_initiated',
      '07:31:50',
      null,
      chargebeeSource,
      chargebeeRefundInitiated,
    ],
    [
      'evt_01k8sample0000000000000005',
      'adjustment.created',
      '07:32:00.200',
      null,
      paddleSource,
      paddleAdjustmentCreatedChargeback,
    ],
    [
      'evt_01k8sample0000000000000004',
      'adjustment.created',
      '07:31:00.100',
      null,
      paddleSource,
      paddleAdjustmentCreatedCredit,
    ],
    [
      'evt_01k8sample0000000000000003',
      'adjustment.created',
      '07:30:00.004',
      null,
      paddleSource,
      paddleAdjustmentCreated,
    ],
    [
      'evt_01k8sample0000000000000001',
      'adjustment.updated',
      '07:33:18.123',
      null,
      paddleSource,
      paddleAdjustmentUpdated,
    ],
    [
      'evt_01k8sample0000000000000002',
      'transaction.payment_failed',
      '07:33:00',
      null,
      paddleSource,
      paddleTransactionPaymentFailed,
    ],
    [
      'whev_8AzNSample000000000009',
      'customer.created',
      '07:33:07',
      'test',
      commetSource,
      commetCustomerCreated,
    ],
    [
      'whev_8AzNSample000000000010',
      'customer.updated',
      '07:33:08',
      'live',
      commetSource,
      commetCustomerUpdated,
    ],
    [
      'whev_8AzNSample000000000003',
      'invoice.created',
      '07:33:01',
      'test',
      commetSource,
      commetInvoiceCreated,
    ],
    [
      'whev_8AzNSample000000000004',
      'invoice.overdue',
      '07:33:02',
      'test',
      commetSource,
      commetInvoiceOverdue,
    ],
    [
      'whev_8AzNSample000000000002',
      'invoice.voided',
      '07:33:10',
      'live',
      commetSource,
      commetInvoiceVoided,
    ],
    [
      'whev_8AzNSample000000000008',
      'payment.dispute_resolved',
      '07:33:06',
      'test',
      commetSource,
      commetPaymentDisputeResolved,
    ],
    [
      'whev_8AzNSample000000000007',
      'payment.disputed',
      '07:33:05',
      'test',
      commetSource,
      commetPaymentDisputed,
    ],
    [
      'whev_8AzNSample000000000006',
      'payment.failed',
      '07:33:04',
      'test',
      commetSource,
      commetPaymentFailed,
    ],
    [
      'whev_8AzNSample000000000005',
      'payment.received',
      '07:33:03',
      'test',
      commetSource,
      commetPaymentReceived,
    ],
    [
      'whev_8AzNSample000000000001',
      'payment.refunded',
      '07:33:18',
      'test',
      commetSource,
      commetPaymentRefunded,
    ],
  ])('%s is %s at %s, mode %s', (ownId, type, time, mode, source, body) => {
    const occurredAt = Date.parse(`2026-10-26T${time}Z`)
    expect(source.read(body, FACTS)).toEqual([{ ownId, type, occurredAt, mode, data: body }])
  })

  it('of Commet without an id is identified by its bytes, and a mode of another name is none', () => {
    const { id: _, ...older } = commetPaymentRefunded
    expect(commetSource.read({ ...older, mode: 'Live' }, FACTS)).toMatchObject([
      { ownId: null, type: 'payment.refunded', mode: null },
    ])
  })

  it('of Paddle is one event, to whatever destination and however often it is sent', () => {
    const again = { ...paddleAdjustmentUpdated, notification_id: 'ntf_another' }
    expect(paddleSource.read(again, FACTS)).toMatchObject([
      { ownId: 'evt_01k8sample0000000000000001' },
    ])
  })
})

type Sent = { readonly headers: Record<string, string>; readonly body?: string }

async function outcome(endpoint: Endpoint, secrets: readonly string[], sent: Sent) {
  const request = {
    method: 'POST',
    url: 'https://makegood.example/webhooks/here',
    headers: new Headers(sent.headers),
    body: new TextEncoder().encode(sent.body ?? '{}'),
    pathToken: null,
  }
  const opened = await openDelivery(endpoint, secrets, request, NOW_MS)
  if (!opened.ok) return opened.error.reason
  return opened.value.kind === 'events' ? opened.value.answer?.status : opened.value.kind
}

async function hmac(key: string, text: string): Promise<string> {
  const encode = (each: string) => new TextEncoder().encode(each)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', encode(key), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encode(text))).toHex()
}

describe('chargebee', () => {
  const endpoint = chargebee({ secret, mode: 'test', unsigned: 'accept' })
  const SECRET = 'commet-hook:p:ss:wörd'
  const basic = (text: string) =>
    `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}`
  it.each<[string, Record<string, string>, string | number]>([
    ['user and password, apart by the first colon', { authorization: basic(SECRET) }, 200],
    ['a wrong password', { authorization: basic('commet-hook:p:ss') }, 'secret_mismatch'],
    ['a wrong user', { authorization: basic('other:p:ss:wörd') }, 'secret_mismatch'],
    ['no password', { authorization: basic('commet-hook') }, 'secret_mismatch'],
    ['no header', {}, 'header_missing'],
    ['a bearer token instead', { authorization: 'Bearer p:ss' }, 'header_malformed'],
    ['no base64', { authorization: 'Basic %%%' }, 'header_malformed'],
    ['the bare password', { authorization: 'p:ss' }, 'header_malformed'],
  ])('%s', async (_, headers, expected) => {
    expect(await outcome(endpoint, [SECRET], { headers })).toBe(expected)
  })

  it('with a secret that is no user and password, lets nobody in', async () => {
    const headers = { authorization: basic('only-a-password') }
    expect(await outcome(endpoint, ['only-a-password'], { headers })).toBe('secret_unusable')
  })
})

describe('paddle', () => {
  const endpoint = paddle({ secret, mode: 'test' })
  const KEY = 'pdl_ntfset_01k8sample_SeCrEtKeY0001'
  const BODY = '{"event_id":"evt_1","event_type":"adjustment.updated"}'
  const h1 = (key: string, seconds: number) => hmac(key, `${seconds}:${BODY}`)
  const send = (header: string, body = BODY) =>
    outcome(endpoint, [KEY], { headers: { 'paddle-signature': header }, body })
  const now = NOW_MS / 1_000

  it('takes any of several signatures, wherever the right one stands', async () => {
    const [good, bad] = [await h1(KEY, now), await h1('pdl_ntfset_another', now)]
    expect(await send(`ts=${now};h1=${good}`)).toBe(200)
    expect(await send(`ts=${now};h1=${good};h1=${bad}`)).toBe(200)
    expect(await send(`ts=${now};h1=${bad};h1=${good}`)).toBe(200)
    expect(await send(`ts=${now};h1=${bad}`)).toBe('signature_mismatch')
  })

  it.each([
    [-300, 200],
    [-301, 'timestamp_stale'],
    [300, 200],
    [301, 'timestamp_ahead'],
  ])('a time %i s off ends as %s', async (seconds, expected) => {
    const at = now + seconds
    expect(await send(`ts=${at};h1=${await h1(KEY, at)}`)).toBe(expected)
  })

  it('refuses another body, another time and another way to write the header', async () => {
    const good = await h1(KEY, now)
    expect(await send(`ts=${now};h1=${good}`, BODY.replace('evt_1', 'evt_2'))).toBe(
      'signature_mismatch',
    )
    expect(await send(`ts=${now + 1};h1=${good}`)).toBe('signature_mismatch')
    expect(await send(`ts=${now},h1=${good}`)).toBe('header_malformed')
    expect(await send(`ts=${now};ts=${now};h1=${good}`)).toBe('header_malformed')
    expect(await send(`h1=${good}`)).toBe('header_malformed')
    expect(await outcome(endpoint, [KEY], { headers: {}, body: BODY })).toBe('header_missing')
  })
})

describe('commet', () => {
  const endpoint = commet({ secret })
  const KEY = 'whsec_Y29tbWV0U2FtcGxl'
  const BODY = JSON.stringify(commetInvoiceVoided)
  const send = (signature: string, body = BODY, headers: Record<string, string> = {}) =>
    outcome(endpoint, [KEY], { headers: { 'x-commet-signature': signature, ...headers }, body })

  it('signs with the whole text of the secret, which is not decoded', async () => {
    expect(await send(await hmac(KEY, BODY))).toBe(200)
    expect(await send(await hmac(KEY.slice('whsec_'.length), BODY))).toBe('signature_mismatch')
    expect(await send(await hmac('commetSample', BODY))).toBe('signature_mismatch')
  })

  it('refuses another body, and a delivery without a signature', async () => {
    expect(await send(await hmac(KEY, BODY), `${BODY} `)).toBe('signature_mismatch')
    const headers = { 'x-commet-event-id': 'whev_1', 'x-commet-event': 'invoice.voided' }
    expect(await outcome(endpoint, [KEY], { headers, body: BODY })).toBe('header_missing')
  })

  it('is not believed in headers that it does not sign: they are only stored', async () => {
    const request = {
      method: 'POST',
      url: 'https://makegood.example/webhooks/commet',
      headers: new Headers({
        'x-commet-signature': await hmac(KEY, BODY),
        'x-commet-event-id': 'whev_forged',
        'x-commet-event': 'payment.refunded',
        'x-commet-timestamp': '2020-01-01T00:00:00Z',
      }),
      body: new TextEncoder().encode(BODY),
      pathToken: null,
    }
    expect(await openDelivery(endpoint, [KEY], request, NOW_MS)).toMatchObject({
      value: {
        unsignedId: 'whev_forged',
        events: [
          {
            ownId: commetInvoiceVoided.id,
            type: 'invoice.voided',
            occurredAt: Date.parse(commetInvoiceVoided.timestamp),
          },
        ],
      },
    })
  })
})
