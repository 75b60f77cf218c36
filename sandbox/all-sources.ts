// An endpoint for every source, as the fixtures of test/fixtures/<source>/ want them configured. A
// source that is configured in two ways has two; `npm run send -- --all` sends to each what it reads.

import { usd } from '../src/domain/money.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import * as sources from '../src/sources/index.ts'
import type { ConfigInput } from '../src/config.ts'

/** The name of the one secret of an endpoint, from the endpoint's name. */
const named = (endpoint: string) => `${endpoint.toUpperCase().replaceAll('-', '_')}_SECRET`
const signed = (endpoint: string) => ({ secret: named(endpoint), mode: 'test' }) as const
const unsigned = (endpoint: string) => ({ ...signed(endpoint), unsigned: 'accept' }) as const

/** Of the outbound messages among the fixtures. */
const ORGANIZATION_ID = '00D5g00000ACMEzEAO'

const GENERIC_SIGNATURE = {
  header: 'x-signature',
  prefix: 'sha256=',
  signed: ['timestamp', { text: '.' }, 'body'],
  time: { header: 'x-sent-at', form: 'seconds' },
} as const

export const ALL_SOURCES = {
  currency: 'usd',
  timeZone: 'UTC',
  endpoints: {
    attio: sources.attio(signed('attio')),
    basic: sources.basic({
      ...unsigned('basic'),
      event: { type: { is: 'order.returned' }, time: { milliseconds: 'order.returned_at_ms' } },
    }),
    bearer: sources.bearer({
      ...unsigned('bearer'),
      event: { id: ['request.id', 'request.version'], type: 'kind', time: 'updated_at' },
    }),
    chargebee: sources.chargebee(unsigned('chargebee')),
    close: sources.close(signed('close')),
    commet: sources.commet({ secret: named('commet') }),
    freshdesk: sources.freshdesk(unsigned('freshdesk')),
    front: sources.front(signed('front')),
    'front-rule': sources.front({ ...signed('front-rule'), kind: 'rule' }),
    generic: sources.generic({
      ...signed('generic'),
      signature: GENERIC_SIGNATURE,
      event: {
        id: 'id',
        type: 'event',
        time: 'sent_at',
        mode: { at: 'livemode', live: true, test: false },
      },
    }),
    github: sources.github(signed('github')),
    gorgias: sources.gorgias(unsigned('gorgias')),
    helpscout: sources.helpscout(signed('helpscout')),
    hubspot: sources.hubspot(signed('hubspot')),
    intercom: sources.intercom(signed('intercom')),
    jira: sources.jira(signed('jira')),
    kustomer: sources.kustomer(signed('kustomer')),
    linear: sources.linear(signed('linear')),
    paddle: sources.paddle(signed('paddle')),
    pipedrive: sources.pipedrive(unsigned('pipedrive')),
    salesforce: sources.salesforce({
      ...unsigned('salesforce'),
      organizationId: ORGANIZATION_ID,
    }),
    'salesforce-flow': sources.salesforce({ ...unsigned('salesforce-flow'), kind: 'flow' }),
    shopify: sources.shopify(signed('shopify')),
    standard: sources.standard(signed('standard')),
    stripe: sources.stripe({ secret: named('stripe') }),
    zendesk: sources.zendesk(signed('zendesk')),
    zohocrm: sources.zohocrm(unsigned('zohocrm')),
    zohodesk: sources.zohodesk(unsigned('zohodesk')),
  },
  rules: [
    zendeskTicketCredit({ requestTag: 'credit_requested', amounts: { credit_25: usd(25) } }),
    stripeRefundRecord(),
    creditRequested(),
  ],
} satisfies ConfigInput
