// Every ready-made rule with the bodies that its sender really writes, and what it makes of them.
// The docs' table is compared with the same rows.

import { decide } from '../../src/domain/decide.ts'
import { isUnreadable, type SourceEvent } from '../../src/domain/event.ts'
import { usd } from '../../src/domain/money.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { chargeRequested } from '../../src/rules/charge-requested.ts'
import { chargebeeCreditNoteRecord } from '../../src/rules/chargebee-credit-note-record.ts'
import { creditRequested } from '../../src/rules/credit-requested.ts'
import { freshdeskTicketCredit } from '../../src/rules/freshdesk-ticket-credit.ts'
import { frontTagCredit } from '../../src/rules/front-tag-credit.ts'
import { helpscoutTagCredit } from '../../src/rules/helpscout-tag-credit.ts'
import { hubspotPropertyCredit } from '../../src/rules/hubspot-property-credit.ts'
import { intercomTicketCredit } from '../../src/rules/intercom-ticket-credit.ts'
import { jiraFieldCredit } from '../../src/rules/jira-field-credit.ts'
import { paddleAdjustmentRecord } from '../../src/rules/paddle-adjustment-record.ts'
import { pipedriveDealCredit } from '../../src/rules/pipedrive-deal-credit.ts'
import { salesforceCaseCredit } from '../../src/rules/salesforce-case-credit.ts'
import { shopifyRefundRecord } from '../../src/rules/shopify-refund-record.ts'
import { stripeCreditNoteRecord } from '../../src/rules/stripe-credit-note-record.ts'
import { stripeCreditNoteVoided } from '../../src/rules/stripe-credit-note-voided.ts'
import { stripeDisputeRecord } from '../../src/rules/stripe-dispute-record.ts'
import { stripeDisputeReinstated } from '../../src/rules/stripe-dispute-reinstated.ts'
import { stripeRefundFailed } from '../../src/rules/stripe-refund-failed.ts'
import { stripeRefundRecord } from '../../src/rules/stripe-refund-record.ts'
import { zendeskBadRating } from '../../src/rules/zendesk-bad-rating.ts'
import { commetInvoiceStatus } from '../../src/rules/commet-invoice-status.ts'
import type { SeenFact } from '../../src/domain/outcome.ts'
import { commetSource } from '../../src/sources/commet.ts'
import commetCreated from '../fixtures/commet/invoice.created.json'
import commetOverdue from '../fixtures/commet/invoice.overdue.json'
import commetVoided from '../fixtures/commet/invoice.voided.json'
import commetFailed from '../fixtures/commet/payment.failed.json'
import commetReceived from '../fixtures/commet/payment.received.json'
import commetRefunded from '../fixtures/commet/payment.refunded.json'
import { zendeskApproval } from '../../src/rules/zendesk-approval.ts'
import { zendeskCreditUndo } from '../../src/rules/zendesk-credit-undo.ts'
import { zendeskSlaBreach } from '../../src/rules/zendesk-sla-breach.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import { chargebeeSource } from '../../src/sources/chargebee.ts'
import { freshdeskSource } from '../../src/sources/freshdesk.ts'
import { frontRuleSource, frontSource } from '../../src/sources/front.ts'
import { helpscoutSource } from '../../src/sources/helpscout.ts'
import { hubspotSource } from '../../src/sources/hubspot.ts'
import { intercomSource } from '../../src/sources/intercom.ts'
import { jiraSource } from '../../src/sources/jira.ts'
import { paddleSource } from '../../src/sources/paddle.ts'
import { pipedriveSource } from '../../src/sources/pipedrive.ts'
import { parseMessage } from '../../src/sources/salesforce-message.ts'
import { salesforceFlowSource, salesforceSource } from '../../src/sources/salesforce.ts'
import { shopifySource } from '../../src/sources/shopify.ts'
import type { Source } from '../../src/sources/source.ts'
import { standardSource } from '../../src/sources/standard.ts'
import { stripeSource } from '../../src/sources/stripe.ts'
import { zendeskSource } from '../../src/sources/zendesk.ts'
import noteCreated from '../fixtures/chargebee/credit_note_created.json'
import noteDeleted from '../fixtures/chargebee/credit_note_deleted.json'
import noteUpdated from '../fixtures/chargebee/credit_note_updated.json'
import freshdeskTicket from '../fixtures/freshdesk/makegood.ticket.json'
import freshdeskTagged from '../fixtures/freshdesk/makegood.ticket.tagged.json'
import freshdeskSimple from '../fixtures/freshdesk/ticket.json'
import frontTagged from '../fixtures/front/conversation_tagged.json'
import frontRuleTag from '../fixtures/front/rule.tag.json'
import fieldsChanged from '../fixtures/helpscout/convo.custom-fields.json'
import helpscoutTags from '../fixtures/helpscout/convo.tags.json'
import helpscoutPreset from '../fixtures/helpscout/convo.tags.preset.json'
import hubspotChanges from '../fixtures/hubspot/deal.propertyChange.json'
import hubspotDeal from '../fixtures/hubspot/makegood.deal.json'
import hubspotTicket from '../fixtures/hubspot/makegood.ticket.json'
import attributeUpdated from '../fixtures/intercom/ticket.attribute.updated.json'
import ticketResolved from '../fixtures/intercom/ticket.resolved.json'
import stateUpdated from '../fixtures/intercom/ticket.state.updated.json'
import jiraResolved from '../fixtures/jira/issue_updated.json'
import jiraAmount from '../fixtures/jira/jira.issue_updated.amount.json'
import paddleReversal from '../fixtures/paddle/adjustment.created.chargeback_reverse.json'
import paddleChargeback from '../fixtures/paddle/adjustment.created.chargeback.json'
import paddleCredit from '../fixtures/paddle/adjustment.created.credit.json'
import paddlePending from '../fixtures/paddle/adjustment.created.json'
import paddleApproved from '../fixtures/paddle/adjustment.updated.json'
import paddleReversed from '../fixtures/paddle/adjustment.updated.reversed.json'
import dealAmount from '../fixtures/pipedrive/change.deal.amount.json'
import dealLost from '../fixtures/pipedrive/change.deal.json'
import salesforceCallout from '../fixtures/salesforce/makegood.case.json'
import salesforceCase from '../fixtures/salesforce/sf.Case.xml?raw'
import orderUpdated from '../fixtures/shopify/orders.updated.json'
import shopifyRefund from '../fixtures/shopify/refunds.create.json'
import chargeBody from '../fixtures/standard/charge.requested.json'
import creditBody from '../fixtures/standard/credit.requested.json'
import fundsReinstated from '../fixtures/stripe/charge.dispute.funds_reinstated.json'
import fundsWithdrawn from '../fixtures/stripe/charge.dispute.funds_withdrawn.json'
import creditNoteCreated from '../fixtures/stripe/credit_note.created.json'
import creditNoteVoided from '../fixtures/stripe/credit_note.voided.json'
import refundCreated from '../fixtures/stripe/refund.created.json'
import refundFailed from '../fixtures/stripe/refund.failed.json'
import refundUpdated from '../fixtures/stripe/refund.updated.json'
import ticketAmount from '../fixtures/zendesk/makegood.ticket.amount.json'
import ticketRating from '../fixtures/zendesk/makegood.rating.json'
import ticketSla from '../fixtures/zendesk/makegood.sla_breach.json'
import ticketPreset from '../fixtures/zendesk/makegood.ticket.json'
import ticketUndo from '../fixtures/zendesk/makegood.ticket.undo.json'
import csatReceived from '../fixtures/zendesk/ticket.csat_received.json'
import tagsChanged from '../fixtures/zendesk/ticket.tags_changed.json'

/**
 * What a delivery is, and what the rule makes of its last event. `type`: of senders that head it
 * so.
 */
export type Row = readonly [
  title: string,
  source: Source,
  body: unknown,
  told: string,
  type?: string,
]

export type ReadyMade = {
  /** The factory, as `makegood.config.ts` calls it. */
  readonly name: string
  readonly rule: Rule
  readonly rows: readonly Row[]
}

const PIPEDRIVE_FIELD = '9f1c2b0000000000000000000000000000000001'
const DEAL_RULE = pipedriveDealCredit({ field: PIPEDRIVE_FIELD })

/** One field of a body, at its path, is something else. */
function but(body: unknown, path: string, value: unknown): unknown {
  const copy: unknown = structuredClone(body)
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  const parent = steps.reduce<unknown>((object, step) => Object(object)[step], copy)
  Object.assign(Object(parent), { [last]: value })
  // As JSON has it: what is undefined is not there.
  return JSON.parse(JSON.stringify(copy))
}

/** A refund of one transaction with something else in it. */
const shopifyRefundOf = (id: number, transaction: object) => ({
  ...orderUpdated.refunds[0],
  id,
  admin_graphql_api_id: null,
  transactions: [
    { kind: 'refund', status: 'success', amount: '5.00', currency: 'USD', ...transaction },
  ],
})

export const READY_MADE: readonly ReadyMade[] = [
  {
    name: 'zendeskTicketCredit',
    rule: zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_10: usd(10), credit_25: usd(25) },
      otherAmountField: true,
      format: '1.234,50',
    }),
    rows: [
      [
        'a preset tag',
        zendeskSource,
        ticketPreset,
        '-2500 usd external_id acme-42 ticket:5158 agent@saas.example',
      ],
      [
        'a typed amount',
        zendeskSource,
        ticketAmount,
        '-123450 eur external_id acme-42 ticket:5161 agent@saas.example',
      ],
      [
        'no customer number',
        zendeskSource,
        but(ticketAmount, 'customer_external_id', ''),
        '-123450 eur email ap@acme.example ticket:5161 agent@saas.example',
      ],
      [
        'asked by the requester himself',
        zendeskSource,
        but(ticketAmount, 'asker', ' AP@acme.example'),
        '-123450 eur external_id acme-42 ticket:5161 AP@acme.example held: asked_by_customer',
      ],
      [
        'asked by nobody who is logged in',
        zendeskSource,
        but(ticketPreset, 'asker', ' '),
        '-2500 usd external_id acme-42 ticket:5158 nobody held: asker_unknown',
      ],
      [
        'without an asker and without an e-mail of the requester',
        zendeskSource,
        but(but(ticketPreset, 'asker', undefined), 'requester_email', ''),
        '-2500 usd external_id acme-42 ticket:5158 nobody held: asker_unknown',
      ],
      [
        'no request tag',
        zendeskSource,
        but(ticketPreset, 'tags', 'credit_25'),
        'ignored: request_tag_missing',
      ],
      ['the undo tag as well', zendeskSource, ticketUndo, 'ignored: undo_tag_is_there'],
      [
        'the approval tag as well',
        zendeskSource,
        but(ticketPreset, 'tags', 'credit_requested credit_25 credit_approved'),
        'ignored: approval_tag_is_there',
      ],
      [
        'another format',
        zendeskSource,
        but(ticketAmount, 'amount', '1,234.50'),
        'undecided: amount_not_a_number',
      ],
      [
        'another currency beside the amount',
        zendeskSource,
        but(ticketAmount, 'currency', 'USD'),
        'undecided: currency_differs',
      ],
      [
        'two amounts',
        zendeskSource,
        but(ticketPreset, 'amount', '5'),
        'undecided: amount_ambiguous',
      ],
      ['a subscribed event', zendeskSource, tagsChanged, 'undecided: not_in_event'],
    ],
  },
  {
    name: 'commetInvoiceStatus',
    rule: commetInvoiceStatus(),
    rows: [
      ['a void invoice', commetSource, commetVoided, 'saw inv_02 void'],
      ['an overdue one is open', commetSource, commetOverdue, 'saw inv_04 outstanding'],
      ['a new one', commetSource, commetCreated, 'saw inv_03 outstanding'],
      [
        'an older version that says no status',
        commetSource,
        but(commetVoided, 'data.invoiceStatus', null),
        'saw inv_02 void',
      ],
      ['a payment', commetSource, commetReceived, 'saw inv_05 paid by 9900 usd'],
      ['a refund', commetSource, commetRefunded, 'saw a refund of 4250 usd to acme-42'],
      [
        'a payment of no invoice',
        commetSource,
        but(commetReceived, 'data.invoiceId', null),
        'ignored: no_invoice',
      ],
      [
        'a refund to nobody',
        commetSource,
        but(commetRefunded, 'data.customerId', null),
        'ignored: no_customer',
      ],
      [
        'a refund of text',
        commetSource,
        but(commetRefunded, 'data.refundAmount', '42.50'),
        'undecided: amount_not_a_number',
      ],
      ['a failed payment', commetSource, commetFailed, 'ignored: no_rule_for_this_event_type'],
    ],
  },
  {
    name: 'zendeskApproval',
    rule: zendeskApproval(),
    rows: [
      [
        'the tag, whatever stands beside it',
        zendeskSource,
        but(
          but(ticketPreset, 'tags', 'credit_requested credit_25 credit_approved'),
          'asker',
          'Lead@saas.example',
        ),
        'approves ticket:5158 of zendesk-ticket-credit by lead@saas.example',
      ],
      ['no such tag', zendeskSource, ticketPreset, 'ignored: approval_tag_missing'],
      [
        'the undo tag as well',
        zendeskSource,
        but(ticketPreset, 'tags', 'credit_undo credit_approved'),
        'ignored: undo_tag_is_there',
      ],
      [
        'nobody who is logged in',
        zendeskSource,
        but(but(ticketPreset, 'tags', 'credit_approved'), 'asker', ' '),
        'undecided: not_in_event',
      ],
      [
        'a subscribed event',
        zendeskSource,
        but(tagsChanged, 'event.tags_added', ['credit_approved']),
        'undecided: not_in_event',
      ],
      ['other tags added', zendeskSource, tagsChanged, 'ignored: approval_tag_not_added'],
    ],
  },
  {
    name: 'zendeskCreditUndo',
    rule: zendeskCreditUndo({ undoTag: 'credit_undo' }),
    rows: [
      ['the tag', zendeskSource, ticketUndo, 'undoes ticket:5158 of zendesk-ticket-credit'],
      [
        'a subscribed event',
        zendeskSource,
        but(tagsChanged, 'event.tags_added', ['credit_undo']),
        'undoes ticket:5158 of zendesk-ticket-credit',
      ],
      ['no such tag', zendeskSource, ticketPreset, 'ignored: undo_tag_missing'],
      [
        'the tag taken away',
        zendeskSource,
        but(tagsChanged, 'event.tags_added', null),
        'ignored: undo_tag_missing',
      ],
      [
        'no ticket',
        zendeskSource,
        but(but(tagsChanged, 'event.tags_added', ['credit_undo']), 'detail', null),
        'undecided: not_in_event',
      ],
      [
        'a ticket that is none',
        zendeskSource,
        but(ticketUndo, 'ticket_id', 'x'),
        'undecided: shape',
      ],
    ],
  },
  {
    name: 'zendeskSlaBreach',
    rule: zendeskSlaBreach({ tag: 'sla_breached', amount: usd(15) }),
    rows: [
      [
        'the template',
        zendeskSource,
        ticketSla,
        '-1500 usd external_id acme-42 ticket:5162 nobody',
      ],
      [
        'without the tag',
        zendeskSource,
        but(ticketSla, 'tags', 'billing'),
        'ignored: sla_tag_missing',
      ],
      [
        "an agent's request",
        zendeskSource,
        but(ticketPreset, 'tags', 'credit_requested sla_breached'),
        'ignored: no_rule_for_this_event_type',
      ],
      [
        'a subscribed event',
        zendeskSource,
        but(tagsChanged, 'event.tags_added', ['sla_breached']),
        'undecided: not_in_event',
      ],
      ['another subscribed event', zendeskSource, tagsChanged, 'ignored: sla_tag_not_added'],
    ],
  },
  {
    name: 'zendeskBadRating',
    rule: zendeskBadRating({ amount: usd(10) }),
    rows: [
      [
        'a bad rating',
        zendeskSource,
        ticketRating,
        '-1000 usd external_id acme-42 ticket:5163 nobody',
      ],
      [
        'a good one',
        zendeskSource,
        but(ticketRating, 'rating', 'Good'),
        'ignored: rating_is_not_bad',
      ],
      ['a subscribed event', zendeskSource, csatReceived, 'undecided: not_in_event'],
      [
        'a good one of these',
        zendeskSource,
        but(csatReceived, 'event.satisfaction_score.score', 'GOOD'),
        'ignored: rating_is_not_bad',
      ],
      ['no rating', zendeskSource, but(ticketRating, 'rating', undefined), 'undecided: shape'],
    ],
  },
  {
    name: 'stripeRefundRecord',
    rule: stripeRefundRecord(),
    rows: [
      [
        'refund.created',
        stripeSource,
        refundCreated,
        '-2599 usd external_id acme-42 refund:re_3SampleRefund0001 nobody',
      ],
      [
        'refund.updated',
        stripeSource,
        refundUpdated,
        '-2599 usd source_id cus_SampleAcme01 refund:re_3SampleRefund0001 nobody',
      ],
      [
        'pending',
        stripeSource,
        but(refundCreated, 'data.object.status', 'pending'),
        'ignored: refund_pending',
      ],
      [
        'no amount',
        stripeSource,
        but(refundCreated, 'data.object.amount', null),
        'undecided: amount_missing',
      ],
    ],
  },
  {
    name: 'stripeRefundFailed',
    rule: stripeRefundFailed(),
    rows: [
      [
        'refund.failed',
        stripeSource,
        refundFailed,
        'undoes refund:re_3SampleRefund0001 of stripe-refund-record',
      ],
      [
        'canceled',
        stripeSource,
        but(refundUpdated, 'data.object.status', 'canceled'),
        'undoes refund:re_3SampleRefund0001 of stripe-refund-record',
      ],
      [
        'refund.updated to succeeded',
        stripeSource,
        refundUpdated,
        'ignored: refund_has_not_failed',
      ],
      ['no id', stripeSource, but(refundFailed, 'data.object.id', ''), 'undecided: shape'],
    ],
  },
  {
    name: 'stripeDisputeRecord',
    rule: stripeDisputeRecord(),
    rows: [
      [
        'funds withdrawn',
        stripeSource,
        fundsWithdrawn,
        '-5000 jpy nobody dispute:du_1SampleDispute01 nobody',
      ],
      [
        'a customer in metadata',
        stripeSource,
        but(fundsWithdrawn, 'data.object.metadata', { commet_customer: 'acme-42' }),
        '-5000 jpy external_id acme-42 dispute:du_1SampleDispute01 nobody',
      ],
      ['funds reinstated', stripeSource, fundsReinstated, 'ignored: no_rule_for_this_event_type'],
      [
        'no currency',
        stripeSource,
        but(fundsWithdrawn, 'data.object.currency', null),
        'undecided: currency_missing',
      ],
    ],
  },
  {
    name: 'stripeDisputeReinstated',
    rule: stripeDisputeReinstated(),
    rows: [
      [
        'funds reinstated',
        stripeSource,
        fundsReinstated,
        'undoes dispute:du_1SampleDispute01 of stripe-dispute-record',
      ],
      ['funds withdrawn', stripeSource, fundsWithdrawn, 'ignored: no_rule_for_this_event_type'],
      [
        'another object',
        stripeSource,
        but(fundsReinstated, 'data.object.object', 'charge'),
        'undecided: shape',
      ],
    ],
  },
  {
    name: 'stripeCreditNoteRecord',
    rule: stripeCreditNoteRecord(),
    rows: [
      [
        'credit_note.created',
        stripeSource,
        creditNoteCreated,
        '-4250 usd external_id acme-42 credit_note:cn_1SampleNote01 nobody',
      ],
      [
        'void already',
        stripeSource,
        but(creditNoteCreated, 'data.object.status', 'void'),
        'ignored: credit_note_not_issued',
      ],
      [
        'of an open invoice',
        stripeSource,
        but(creditNoteCreated, 'data.object.post_payment_amount', 0),
        'ignored: credit_note_lowered_an_invoice',
      ],
      [
        'to the balance at Stripe',
        stripeSource,
        but(creditNoteCreated, 'data.object.refunds', []),
        'ignored: credit_note_moved_no_money',
      ],
      [
        'in part before the payment, refunded, and paid back elsewhere',
        stripeSource,
        but(
          but(creditNoteCreated, 'data.object.refunds.0.amount_refunded', 1_500),
          'data.object.out_of_band_amount',
          250,
        ),
        '-1750 usd external_id acme-42 credit_note:cn_1SampleNote01 nobody',
      ],
      [
        'of an API version that does not say',
        stripeSource,
        but(creditNoteCreated, 'data.object.post_payment_amount', undefined),
        'undecided: not_in_event',
      ],
    ],
  },
  {
    name: 'stripeCreditNoteVoided',
    rule: stripeCreditNoteVoided(),
    rows: [
      [
        'credit_note.voided',
        stripeSource,
        creditNoteVoided,
        'undoes credit_note:cn_1SampleNote01 of stripe-credit-note-record',
      ],
      [
        'credit_note.created',
        stripeSource,
        creditNoteCreated,
        'ignored: no_rule_for_this_event_type',
      ],
      ['no object', stripeSource, but(creditNoteVoided, 'data', {}), 'undecided: shape'],
    ],
  },
  {
    name: 'hubspotPropertyCredit',
    rule: hubspotPropertyCredit({ format: '1,234.50' }),
    rows: [
      [
        "a deal's workflow",
        hubspotSource,
        hubspotDeal,
        '-4250 usd external_id acme-42 deal:31415926535 nobody',
      ],
      [
        "a ticket's workflow",
        hubspotSource,
        hubspotTicket,
        '-125000 usd external_id acme-42 ticket:27182818284 ada@vendor.example',
      ],
      [
        'numbers for id and amount',
        hubspotSource,
        but(but(hubspotDeal, 'deal_id', 31_415_926_535), 'amount', 42.5),
        '-4250 usd external_id acme-42 deal:31415926535 nobody',
      ],
      ['no amount', hubspotSource, but(hubspotDeal, 'amount', ''), 'undecided: amount_missing'],
      [
        'an id that JSON has rounded',
        hubspotSource,
        but(hubspotDeal, 'deal_id', 2 ** 53),
        'undecided: shape',
      ],
      ['a subscription to the amount', hubspotSource, hubspotChanges, 'undecided: not_in_event'],
      [
        'a subscription to the stage',
        hubspotSource,
        hubspotChanges.slice(0, 1),
        'ignored: other_property',
      ],
    ],
  },
  {
    name: 'salesforceCaseCredit',
    rule: salesforceCaseCredit({
      amountField: 'Credit_Amount__c',
      customerField: 'Customer_External_Id__c',
    }),
    rows: [
      [
        'an outbound message',
        salesforceSource,
        message(salesforceCase),
        '-4250 usd external_id acme-42 case:5005g00000CASE1AAI nobody',
      ],
      [
        "a flow's callout",
        salesforceFlowSource,
        salesforceCallout,
        '-4250 usd external_id acme-42 case:5005g00000CASE1AAI ada@vendor.example',
      ],
      [
        'without your own number',
        salesforceSource,
        message(salesforceCase.replace(/<sf:Customer_Ext.*Id__c>/, '')),
        '-4250 usd source_id 0015g00000ACCT01AAO case:5005g00000CASE1AAI nobody',
      ],
      [
        'another object',
        salesforceSource,
        message(salesforceCase.replace('sf:Case"', 'sf:Opportunity"')),
        'ignored: no_rule_for_this_event_type',
      ],
      [
        'the amount not ticked',
        salesforceSource,
        message(salesforceCase.replaceAll('Credit_Amount__c', 'Other__c')),
        'undecided: not_in_event',
      ],
      [
        'no currency',
        salesforceSource,
        message(salesforceCase.replaceAll('CurrencyIsoCode', 'Other__c')),
        'undecided: currency_missing',
      ],
      [
        'the amount twice',
        salesforceSource,
        message(
          salesforceCase.replace(
            '<sf:Status>',
            '<sf:Credit_Amount__c>9</sf:Credit_Amount__c><sf:Status>',
          ),
        ),
        'undecided: not_in_event',
      ],
    ],
  },
  {
    name: 'intercomTicketCredit',
    rule: intercomTicketCredit(),
    rows: [
      [
        'resolved',
        intercomSource,
        ticketResolved,
        '-4250 usd external_id acme-42 ticket:215472629311235 nobody',
      ],
      [
        'resolved by an admin',
        intercomSource,
        stateUpdated,
        '-4250 usd external_id acme-42 ticket:215472629311235 ada@vendor.example',
      ],
      [
        'resolved by the customer',
        intercomSource,
        but(stateUpdated, 'data.item.ticket_parts.ticket_parts.0.author.type', 'user'),
        '-4250 usd external_id acme-42 ticket:215472629311235 ada@vendor.example held: asked_by_customer',
      ],
      [
        'a contact without your number',
        intercomSource,
        but(ticketResolved, 'data.item.contacts.contacts.0.external_id', null),
        '-4250 usd source_id 696346bbaebb5a479d3851a3 ticket:215472629311235 nobody',
      ],
      [
        'two contacts',
        intercomSource,
        but(ticketResolved, 'data.item.contacts.contacts.1', { id: 'x', external_id: 'beta-7' }),
        '-4250 usd nobody ticket:215472629311235 nobody',
      ],
      ['not resolved yet', intercomSource, attributeUpdated, 'ignored: ticket_not_resolved'],
      [
        'no amount',
        intercomSource,
        but(ticketResolved, 'data.item.ticket_attributes', {}),
        'ignored: no_amount',
      ],
      [
        'no currency',
        intercomSource,
        but(ticketResolved, 'data.item.ticket_attributes.Credit currency', null),
        'undecided: currency_missing',
      ],
    ],
  },
  {
    name: 'jiraFieldCredit',
    rule: jiraFieldCredit({ amountField: 'customfield_10050', currencyField: 'customfield_10051' }),
    rows: [
      [
        'the amount is set',
        jiraSource,
        jiraAmount,
        '-4250 usd source_id organization:7 issue:10042 ada@vendor.example',
      ],
      [
        'without organization',
        jiraSource,
        but(jiraAmount, 'issue.fields.customfield_10002', null),
        '-4250 usd source_id account:qm:1:2 issue:10042 ada@vendor.example',
      ],
      [
        'two organizations',
        jiraSource,
        but(jiraAmount, 'issue.fields.customfield_10002', [{ id: '7' }, { id: '8' }]),
        '-4250 usd nobody issue:10042 ada@vendor.example',
      ],
      [
        'set by a portal customer',
        jiraSource,
        but(jiraAmount, 'user.accountType', 'customer'),
        '-4250 usd source_id organization:7 issue:10042 ada@vendor.example held: asked_by_customer',
      ],
      ['another change', jiraSource, jiraResolved, 'ignored: other_change'],
      [
        'the amount is emptied',
        jiraSource,
        but(jiraAmount, 'issue.fields.customfield_10050', null),
        'ignored: no_amount',
      ],
      [
        'half a cent',
        jiraSource,
        but(jiraAmount, 'issue.fields.customfield_10050', 0.005),
        'undecided: amount_too_precise',
      ],
      [
        'no currency',
        jiraSource,
        but(jiraAmount, 'issue.fields.customfield_10051', null),
        'undecided: currency_missing',
      ],
    ],
  },
  {
    name: 'pipedriveDealCredit',
    rule: DEAL_RULE,
    rows: [
      [
        'the amount is set',
        pipedriveSource,
        dealAmount,
        '-4250 usd source_id organization:21 deal:812 777',
      ],
      [
        'without organization',
        pipedriveSource,
        but(dealAmount, 'data.org_id', null),
        '-4250 usd source_id person:33 deal:812 777',
      ],
      ['another change', pipedriveSource, dealLost, 'ignored: other_change'],
      [
        'no amount',
        pipedriveSource,
        but(dealAmount, 'data.custom_fields', {}),
        'ignored: no_amount',
      ],
      [
        'no custom fields',
        pipedriveSource,
        but(dealAmount, 'data.custom_fields', null),
        'undecided: not_in_event',
      ],
      [
        'a field that is not monetary',
        pipedriveSource,
        but(dealAmount, `data.custom_fields.${PIPEDRIVE_FIELD}`, 42.5),
        'undecided: amount_missing',
      ],
      [
        'no currency',
        pipedriveSource,
        but(dealAmount, `data.custom_fields.${PIPEDRIVE_FIELD}.currency`, null),
        'undecided: currency_missing',
      ],
    ],
  },
  {
    name: 'freshdeskTicketCredit',
    rule: freshdeskTicketCredit({ amounts: { 'Credit 25': usd(25) } }),
    rows: [
      [
        'a typed amount',
        freshdeskSource,
        freshdeskTicket,
        '-999 eur external_id acme-42 ticket:5159 nobody',
      ],
      [
        'a preset tag',
        freshdeskSource,
        freshdeskTagged,
        '-2500 usd email ap@acme.example ticket:5164 ada@vendor.example',
      ],
      [
        'asked by the requester himself',
        freshdeskSource,
        but(freshdeskTagged, 'asker', 'ap@acme.example'),
        '-2500 usd email ap@acme.example ticket:5164 ap@acme.example held: asked_by_customer',
      ],
      [
        'neither',
        freshdeskSource,
        but(freshdeskTagged, 'tags', 'billing'),
        'ignored: no_amount_asked',
      ],
      ['both', freshdeskSource, but(freshdeskTagged, 'amount', '5'), 'undecided: amount_ambiguous'],
      ['simple content', freshdeskSource, freshdeskSimple, 'undecided: not_in_event'],
    ],
  },
  {
    name: 'helpscoutTagCredit',
    rule: helpscoutTagCredit({
      requestTag: 'credit-approved',
      amounts: { 'credit-25': usd(25) },
      amountField: 'Credit amount',
      currencyField: 'Credit currency',
      customerField: 'Customer',
    }),
    rows: [
      [
        'a custom field',
        helpscoutSource,
        helpscoutTags,
        '-4250 usd external_id acme-42 conversation:2391938111 nobody',
        'convo.tags',
      ],
      [
        'a preset tag',
        helpscoutSource,
        helpscoutPreset,
        '-2500 usd email ap@acme.example conversation:2391938111 nobody',
        'convo.tags',
      ],
      [
        'not tagged yet',
        helpscoutSource,
        fieldsChanged,
        'ignored: request_tag_missing',
        'convo.custom-fields',
      ],
      [
        'tagged without amount',
        helpscoutSource,
        but(helpscoutTags, 'customFields', []),
        'undecided: amount_missing',
        'convo.tags',
      ],
    ],
  },
  {
    name: 'frontTagCredit',
    rule: frontTagCredit({ amounts: { 'credit-approved': usd(30) } }),
    rows: [
      [
        "an application's webhook",
        frontSource,
        frontTagged,
        '-3000 usd email ap@acme.example conversation:cnv_55c8c149 ada@vendor.example',
      ],
      [
        "a rule's webhook",
        frontRuleSource,
        frontRuleTag,
        '-3000 usd email ap@acme.example conversation:cnv_55c8c149 ada@vendor.example',
      ],
      [
        'tagged by a program',
        frontSource,
        but(frontTagged, 'payload.source._meta.type', 'api'),
        '-3000 usd email ap@acme.example conversation:cnv_55c8c149 nobody',
      ],
      [
        'another tag',
        frontSource,
        but(frontTagged, 'payload.conversation.tags', [{ name: 'vip' }]),
        'ignored: no_amount_asked',
      ],
      [
        'a preview without tags',
        frontSource,
        but(frontTagged, 'payload.conversation.tags', undefined),
        'undecided: not_in_event',
      ],
    ],
  },
  {
    name: 'paddleAdjustmentRecord',
    rule: paddleAdjustmentRecord(),
    rows: [
      [
        'an approved refund',
        paddleSource,
        paddleApproved,
        '-4250 usd source_id ctm_01k8sample0000000000000001 adjustment:adj_01k8sample0000000000000001 nobody',
      ],
      ['a pending one', paddleSource, paddlePending, 'ignored: adjustment_not_approved'],
      [
        'reversed',
        paddleSource,
        paddleReversed,
        'undoes adjustment:adj_01k8sample0000000000000001 of paddle-adjustment-record',
      ],
      [
        'a chargeback',
        paddleSource,
        paddleChargeback,
        '-4250 usd source_id ctm_01k8sample0000000000000001 adjustment:adj_01k8sample0000000000000003 nobody held: chargeback',
      ],
      [
        'a chargeback that was won, as the chargeback tells it',
        paddleSource,
        but(paddleChargeback, 'data.status', 'reversed'),
        'undoes adjustment:adj_01k8sample0000000000000003 of paddle-adjustment-record',
      ],
      [
        'the same, as an adjustment of its own',
        paddleSource,
        paddleReversal,
        'ignored: told_by_the_reversed_one',
      ],
      ['a credit', paddleSource, paddleCredit, 'ignored: other_action'],
      [
        'a warning',
        paddleSource,
        but(paddleApproved, 'data.action', 'chargeback_warning'),
        'ignored: other_action',
      ],
      [
        'a number for the text',
        paddleSource,
        but(paddleApproved, 'data.totals.total', 4_250),
        'undecided: amount_not_a_number',
      ],
      [
        'major units',
        paddleSource,
        but(paddleApproved, 'data.totals.total', '42.50'),
        'undecided: amount_not_a_number',
      ],
      [
        'no total',
        paddleSource,
        but(paddleApproved, 'data.totals.total', undefined),
        'undecided: amount_missing',
      ],
    ],
  },
  {
    name: 'chargebeeCreditNoteRecord',
    rule: chargebeeCreditNoteRecord(),
    rows: [
      [
        'refunded',
        chargebeeSource,
        noteUpdated,
        '-4250 usd external_id acme-42 credit_note:CN-42 nobody',
      ],
      ['refund due', chargebeeSource, noteCreated, 'ignored: credit_note_not_settled'],
      [
        'refunded in part, the rest used for an invoice',
        chargebeeSource,
        but(noteUpdated, 'content.credit_note.amount_refunded', 1_000),
        '-1000 usd external_id acme-42 credit_note:CN-42 nobody',
      ],
      [
        'adjusted: an invoice is lower, and nothing has moved',
        chargebeeSource,
        but(
          but(noteUpdated, 'content.credit_note.status', 'adjusted'),
          'content.credit_note.amount_refunded',
          0,
        ),
        'ignored: credit_note_moved_no_money',
      ],
      [
        'deleted',
        chargebeeSource,
        noteDeleted,
        'undoes credit_note:CN-42 of chargebee-credit-note-record',
      ],
      [
        'voided',
        chargebeeSource,
        but(noteUpdated, 'content.credit_note.status', 'voided'),
        'undoes credit_note:CN-42 of chargebee-credit-note-record',
      ],
      [
        'no currency',
        chargebeeSource,
        but(noteUpdated, 'content.credit_note.currency_code', ''),
        'undecided: currency_missing',
      ],
      [
        'text for the number',
        chargebeeSource,
        but(noteUpdated, 'content.credit_note.amount_refunded', '4250'),
        'undecided: amount_not_a_number',
      ],
    ],
  },
  {
    name: 'shopifyRefundRecord',
    rule: shopifyRefundRecord(),
    rows: [
      [
        'an order with a refund',
        shopifySource,
        orderUpdated,
        '-4250 usd email ap@acme.example refund:929361464 nobody',
        'orders/updated',
      ],
      [
        'two refunds',
        shopifySource,
        but(orderUpdated, 'refunds.1', { ...shopifyRefund, id: 5, admin_graphql_api_id: null }),
        '-4250 usd email ap@acme.example refund:929361464 nobody and -4250 usd email ap@acme.example refund:5 nobody',
        'orders/updated',
      ],
      [
        'two transactions',
        shopifySource,
        but(orderUpdated, 'refunds.0.transactions.1', {
          kind: 'refund',
          status: 'success',
          amount: '7.50',
          currency: 'USD',
        }),
        '-5000 usd email ap@acme.example refund:929361464 nobody',
        'orders/updated',
      ],
      [
        'two currencies',
        shopifySource,
        but(orderUpdated, 'refunds.0.transactions.1', {
          kind: 'refund',
          status: 'success',
          amount: '7.50',
          currency: 'EUR',
        }),
        'undecided: currency_differs',
        'orders/updated',
      ],
      [
        'no refund',
        shopifySource,
        but(orderUpdated, 'refunds', []),
        'ignored: no_refund',
        'orders/updated',
      ],
      [
        'one that failed',
        shopifySource,
        but(orderUpdated, 'refunds.0.transactions.0.status', 'failure'),
        'ignored: refund_not_successful',
        'orders/updated',
      ],
      [
        'a refund of nothing beside one of money',
        shopifySource,
        but(orderUpdated, 'refunds.1', shopifyRefundOf(5, { amount: '0.00' })),
        '-4250 usd email ap@acme.example refund:929361464 nobody',
        'orders/updated',
      ],
      [
        'one transaction of nothing beside one of money',
        shopifySource,
        but(orderUpdated, 'refunds.0.transactions.1', {
          kind: 'refund',
          status: 'success',
          amount: '0.00',
          currency: 'USD',
        }),
        '-4250 usd email ap@acme.example refund:929361464 nobody',
        'orders/updated',
      ],
      [
        'one transaction that is still pending',
        shopifySource,
        but(orderUpdated, 'refunds.0.transactions.1', {
          kind: 'refund',
          status: 'pending',
          amount: '7.50',
          currency: 'USD',
        }),
        'ignored: refund_not_successful',
        'orders/updated',
      ],
      [
        'a refund that is pending beside one that is not',
        shopifySource,
        but(orderUpdated, 'refunds.1', shopifyRefundOf(5, { status: 'pending' })),
        '-4250 usd email ap@acme.example refund:929361464 nobody',
        'orders/updated',
      ],
      [
        'yen with decimals that say nothing',
        shopifySource,
        but(orderUpdated, 'refunds', [shopifyRefundOf(5, { amount: '500.00', currency: 'JPY' })]),
        '-500 jpy email ap@acme.example refund:5 nobody',
        'orders/updated',
      ],
      [
        'one that could not be read when it was the newest, and one after it',
        shopifySource,
        but(orderUpdated, 'refunds', [
          shopifyRefundOf(5, { amount: 'much' }),
          shopifyRefundOf(6, { amount: '1.00' }),
        ]),
        '-100 usd email ap@acme.example refund:6 nobody',
        'orders/updated',
      ],
      [
        'the newest one that can not be read',
        shopifySource,
        but(orderUpdated, 'refunds.1', shopifyRefundOf(5, { amount: 'much' })),
        'undecided: amount_not_a_number',
        'orders/updated',
      ],
      [
        'an id that JSON has rounded',
        shopifySource,
        but(but(orderUpdated, 'refunds.0.id', 2 ** 60), 'refunds.0.admin_graphql_api_id', null),
        'undecided: subject_unusable',
        'orders/updated',
      ],
      ['a refund alone', shopifySource, shopifyRefund, 'undecided: not_in_event', 'refunds/create'],
    ],
  },
  {
    name: 'creditRequested',
    rule: creditRequested(),
    rows: [
      [
        'credit.requested',
        standardSource,
        creditBody,
        '-1250 eur external_id acme-42 credit:crq_01 nobody',
      ],
      [
        'an e-mail address',
        standardSource,
        but(creditBody, 'data.customer.external_id', ''),
        '-1250 eur email ap@acme.example credit:crq_01 nobody',
      ],
      ['charge.requested', standardSource, chargeBody, 'ignored: no_rule_for_this_event_type'],
      [
        'half a cent',
        standardSource,
        but(creditBody, 'data.amount', 0.5),
        'undecided: amount_not_a_number',
      ],
    ],
  },
  {
    name: 'chargeRequested',
    rule: chargeRequested(),
    rows: [
      ['charge.requested', standardSource, chargeBody, '900 jpy nobody charge:crq_02 nobody'],
      [
        'asked for by somebody',
        standardSource,
        but(but(chargeBody, 'data.asker', 'ops@saas.example'), 'data.customer', {
          external_id: 'acme-42',
        }),
        '900 jpy external_id acme-42 charge:crq_02 ops@saas.example',
      ],
      ['credit.requested', standardSource, creditBody, 'ignored: no_rule_for_this_event_type'],
      [
        'a negative amount',
        standardSource,
        but(chargeBody, 'data.amount', -900),
        'undecided: amount_negative',
      ],
    ],
  },
]

/** As the door parses it. */
function message(xml: string): unknown {
  const parsed = parseMessage(xml)
  return parsed.ok ? parsed.value : parsed.error
}

/** Through the source's own reading, as the door does it; the last event of the delivery. */
export function eventOf(source: Source, body: unknown, type: string | null = null): SourceEvent {
  const facts = { signed: { id: 'msg_1', timestamp: null }, unsignedHeader: headerOf(type) }
  const event = source.read(body, facts).at(-1)
  if (!event || isUnreadable(event)) throw new Error('the source can not read this')
  return event
}

/** The type alone stands in a header, whatever its sender calls that. */
const headerOf = (type: string | null) => (name: string) =>
  name.endsWith('-topic') || name.endsWith('-event') ? type : null

function seenText(fact: SeenFact): string {
  if (fact.what === 'refund')
    return `saw a refund of ${fact.amount} ${fact.currency} to ${fact.customer}`
  const { invoice, status, paid } = fact
  return `saw ${invoice} ${status}${paid === null ? '' : ` by ${paid.amount} ${paid.currency}`}`
}

/** The decision and its facts in a line. */
export function told(rule: Rule, source: Source, body: unknown, type?: string): string {
  const decision = decide([rule], source.name, eventOf(source, body, type))
  switch (decision.kind) {
    case 'adjust':
      return decision.proposals
        .map(({ amount, currency, customer, subject, asker, hold }) =>
          [
            `${amount} ${currency}`,
            customer ? `${customer.kind} ${customer.value}` : 'nobody',
            subject,
            asker ?? 'nobody',
            ...(hold === null ? [] : [`held: ${hold}`]),
          ].join(' '),
        )
        .join(' and ')
    case 'undo':
      return `undoes ${decision.subject} of ${decision.of}`
    case 'approve':
      return `approves ${decision.subject} of ${decision.of} by ${decision.by}`
    case 'seen':
      return seenText(decision.fact)
    case 'shadow':
      return 'shadow'
    default:
      return `${decision.kind}: ${decision.reason}`
  }
}
