// Every source as the contract test meets it: an endpoint, and a body that its sender would write. A
// new source is a new entry; everything else follows from the data of its schemes.

import type { Endpoint } from '../../src/sources/source.ts'
import { freshdesk, github, hubspot, standard, stripe, zendesk } from '../../src/sources/index.ts'
import freshdeskTicket from '../fixtures/freshdesk/ticket.json'
import issueLabeled from '../fixtures/github/issues.labeled.json'
import dealChanged from '../fixtures/hubspot/deal.propertyChange.json'
import creditRequested from '../fixtures/standard/credit.requested.json'
import refundCreated from '../fixtures/stripe/refund.created.json'
import ticket from '../fixtures/zendesk/makegood.ticket.json'

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

export const ENTRIES: readonly Entry[] = [
  { name: 'freshdesk', endpoint: freshdesk(unsigned), body: freshdeskTicket },
  {
    name: 'freshdesk with a header',
    endpoint: freshdesk({ ...unsigned, header: 'x-webhook-secret' }),
    body: freshdeskTicket,
  },
  { name: 'github', endpoint: github(signed), body: issueLabeled },
  { name: 'hubspot', endpoint: hubspot(signed), body: dealChanged },
  { name: 'standard', endpoint: standard(signed), body: creditRequested },
  { name: 'stripe', endpoint: stripe({ secret }), body: refundCreated },
  { name: 'zendesk', endpoint: zendesk(signed), body: ticket },
]
