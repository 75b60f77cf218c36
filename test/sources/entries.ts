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
  front,
  generic,
  github,
  gorgias,
  helpscout,
  hubspot,
  intercom,
  jira,
  kustomer,
  linear,
  paddle,
  pipedrive,
  salesforce,
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
import conversationTagged from '../fixtures/front/conversation_tagged.json'
import ruleTag from '../fixtures/front/rule.tag.json'
import creditGranted from '../fixtures/generic/credit.granted.json'
import issueLabeled from '../fixtures/github/issues.labeled.json'
import gorgiasTicket from '../fixtures/gorgias/makegood.ticket.json'
import fieldsChanged from '../fixtures/helpscout/convo.custom-fields.json'
import dealChanged from '../fixtures/hubspot/deal.propertyChange.json'
import ticketResolved from '../fixtures/intercom/ticket.resolved.json'
import jiraIssueUpdated from '../fixtures/jira/issue_updated.json'
import conversationUpdated from '../fixtures/kustomer/kustomer.conversation.update.json'
import issueUpdated from '../fixtures/linear/Issue.update.json'
import adjustmentUpdated from '../fixtures/paddle/adjustment.updated.json'
import dealLost from '../fixtures/pipedrive/change.deal.json'
import flowCase from '../fixtures/salesforce/makegood.case.json'
import caseClosed from '../fixtures/salesforce/sf.Case.xml?raw'
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
    header: 'x-hmac-padded-pairs',
    encoding: 'base64',
    pairs: { separator: ',', timestamp: 't', signature: 'v1' },
    signed: ['timestamp', 'body'],
    time: { form: 'seconds' },
  },
  { header: 'x-hmac-url-safe', encoding: 'base64url', hash: 'SHA-512' },
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
  { name: 'front', endpoint: front(signed), body: conversationTagged },
  { name: 'front, by a rule', endpoint: front({ ...signed, kind: 'rule' }), body: ruleTag },
  ...GENERIC_SIGNATURES.map((signature) => ({
    name: `generic, ${signature.header}`,
    endpoint: generic({ ...signed, signature, event: { id: 'id', type: 'event' } }),
    body: creditGranted,
  })),
  { name: 'github', endpoint: github(signed), body: issueLabeled },
  { name: 'gorgias', endpoint: gorgias(unsigned), body: gorgiasTicket },
  { name: 'helpscout', endpoint: helpscout(signed), body: fieldsChanged },
  { name: 'hubspot', endpoint: hubspot(signed), body: dealChanged },
  { name: 'intercom', endpoint: intercom(signed), body: ticketResolved },
  { name: 'jira', endpoint: jira(signed), body: jiraIssueUpdated },
  { name: 'kustomer', endpoint: kustomer(signed), body: conversationUpdated },
  { name: 'linear', endpoint: linear(signed), body: issueUpdated, timeInBody: true },
  { name: 'paddle', endpoint: paddle(signed), body: adjustmentUpdated },
  { name: 'pipedrive', endpoint: pipedrive(unsigned), body: dealLost },
  {
    name: 'salesforce',
    endpoint: salesforce({ ...unsigned, organizationId: '00D5g00000ACMEz' }),
    body: caseClosed,
  },
  {
    name: 'salesforce, by a flow',
    endpoint: salesforce({ ...unsigned, kind: 'flow' }),
    body: flowCase,
  },
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
