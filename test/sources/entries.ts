// Every source as the contract test meets it: an endpoint, and a body that its sender would write. A
// new source is a new entry; everything else follows from the data of its schemes.

import type { GenericSignature } from '../../src/sources/generic.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import {
  attio,
  basic,
  bearer,
  chargebee,
  close,
  commet,
  freshdesk,
  generic,
  github,
  hubspot,
  kustomer,
  linear,
  paddle,
  shopify,
  standard,
  stripe,
  zendesk,
  zohocrm,
  zohodesk,
} from '../../src/sources/index.ts'
import recordUpdated from '../fixtures/attio/record.updated.json'
import orderReturned from '../fixtures/basic/order.returned.json'
import tokenCredit from '../fixtures/bearer/credit.requested.json'
import creditNoteCreated from '../fixtures/chargebee/credit_note_created.json'
import opportunityUpdated from '../fixtures/close/opportunity.updated.json'
import paymentRefunded from '../fixtures/commet/payment.refunded.json'
import freshdeskTicket from '../fixtures/freshdesk/ticket.json'
import creditGranted from '../fixtures/generic/credit.granted.json'
import issueLabeled from '../fixtures/github/issues.labeled.json'
import dealChanged from '../fixtures/hubspot/deal.propertyChange.json'
import conversationUpdated from '../fixtures/kustomer/kustomer.conversation.update.json'
import issueUpdated from '../fixtures/linear/Issue.update.json'
import adjustmentUpdated from '../fixtures/paddle/adjustment.updated.json'
import refundsCreated from '../fixtures/shopify/refunds.create.json'
import creditRequested from '../fixtures/standard/credit.requested.json'
import refundCreated from '../fixtures/stripe/refund.created.json'
import ticket from '../fixtures/zendesk/makegood.ticket.json'
import dealUpdated from '../fixtures/zohocrm/Deals.update.json'
import ticketUpdated from '../fixtures/zohodesk/Ticket_Update.json'

export type Entry = {
  readonly name: string
  readonly endpoint: Endpoint
  /** Text stands for a body that is no JSON. */
  readonly body: unknown
  /** The endpoint looks at a time that stands in the signed body. */
  readonly timeInBody?: true
}

const secret = 'A_WEBHOOK_SECRET'
const signed = { secret, mode: 'test' } as const
const unsigned = { ...signed, unsigned: 'accept' } as const

/** One for each way in which a sender's HMAC may be described. */
const GENERIC_SIGNATURES: readonly GenericSignature[] = [
  { header: 'x-hmac', prefix: 'sha512=', hash: 'SHA-512' },
  {
    header: 'x-hmac-with-time-and-id',
    encoding: 'base64',
    secretAs: 'base64',
    signed: ['id', { text: ':' }, 'timestamp', { text: ':' }, 'method', 'url', 'body'],
    time: { header: 'x-sent-at', form: 'rfc3339', toleranceSeconds: 30 },
    idHeader: 'x-delivery',
  },
  {
    header: 'x-hmac-pairs',
    secretAs: 'hex',
    pairs: { separator: ';', timestamp: 'at', signature: 'sig' },
    hash: 'SHA-1',
    signed: ['timestamp', 'body'],
    time: { form: 'milliseconds' },
  },
]

export const ENTRIES: readonly Entry[] = [
  { name: 'attio', endpoint: attio(signed), body: recordUpdated },
  {
    name: 'basic',
    endpoint: basic({ ...unsigned, event: { type: { is: 'order.returned' } } }),
    body: orderReturned,
  },
  {
    name: 'bearer',
    endpoint: bearer({ ...unsigned, event: { type: 'kind' } }),
    body: tokenCredit,
  },
  {
    name: 'bearer with a header',
    endpoint: bearer({ ...unsigned, header: 'x-api-token', event: { type: 'kind' } }),
    body: tokenCredit,
  },
  { name: 'chargebee', endpoint: chargebee(unsigned), body: creditNoteCreated },
  { name: 'close', endpoint: close(signed), body: opportunityUpdated },
  { name: 'commet', endpoint: commet({ secret }), body: paymentRefunded },
  { name: 'freshdesk', endpoint: freshdesk(unsigned), body: freshdeskTicket },
  {
    name: 'freshdesk with a header',
    endpoint: freshdesk({ ...unsigned, header: 'x-webhook-secret' }),
    body: freshdeskTicket,
  },
  ...GENERIC_SIGNATURES.map((signature) => ({
    name: `generic, ${signature.header}`,
    endpoint: generic({ ...signed, signature, event: { id: 'id', type: 'event' } }),
    body: creditGranted,
  })),
  { name: 'github', endpoint: github(signed), body: issueLabeled },
  { name: 'hubspot', endpoint: hubspot(signed), body: dealChanged },
  { name: 'kustomer', endpoint: kustomer(signed), body: conversationUpdated },
  { name: 'linear', endpoint: linear(signed), body: issueUpdated, timeInBody: true },
  { name: 'paddle', endpoint: paddle(signed), body: adjustmentUpdated },
  { name: 'shopify', endpoint: shopify(signed), body: refundsCreated },
  { name: 'standard', endpoint: standard(signed), body: creditRequested },
  { name: 'stripe', endpoint: stripe({ secret }), body: refundCreated },
  { name: 'zendesk', endpoint: zendesk(signed), body: ticket },
  { name: 'zohocrm', endpoint: zohocrm(unsigned), body: dealUpdated },
  {
    name: 'zohocrm with a channel',
    endpoint: zohocrm({ ...unsigned, channelId: '1000000068001' }),
    body: dealUpdated,
  },
  { name: 'zohodesk', endpoint: zohodesk(unsigned), body: ticketUpdated },
]
