// What the senders of a chaos run have to tell: facts, each in one or several deliveries. The same seed
// makes the same facts.

import type { ChaosEndpoint } from '../sandbox/chaos-endpoints.ts'
import type { Random } from './fuzz-requests.ts'

export type Letter = {
  readonly endpoint: ChaosEndpoint
  readonly body: string
  /** The delivery's own, of senders that sign one: each repeat has the same. */
  readonly messageId: string
}

/**
 * `adjustment`: exactly one, of `amount`, unless a person or its undo stops it; `nothing`: what no rule can
 * read, or wants.
 */
export type Fact = {
  readonly expects: 'adjustment' | 'nothing'
  readonly subject: string
  /** Signed minor units. */
  readonly amount: number
  /** The first is the event; the others are the same again, as other events about it. */
  readonly letters: readonly Letter[]
}

const CUSTOMERS = ['acme-42', 'bolt-7', 'cedar-19', 'scripts-8', 'greta-77', 'habana-5', 'iris-64']
/** One whom billing does not know, one who is billed in another currency, one who never was. */
const DOUBTFUL = ['elsewhere-1', 'dupont-3', 'echo-new']
const ABOVE_THE_LIMIT = 30_000
/** Of a hundred facts. */
const RARELY = 4
const SECOND_EVENTS = 25

type Drawn = {
  readonly name: string
  readonly number: number
  readonly customer: string
  /** Minor units, without a sign. */
  readonly amount: number
  readonly isReadable: boolean
  readonly hasSecond: boolean
  readonly random: Random
}

const iso = (drawn: Drawn, second: number): string =>
  new Date(Date.UTC(2026, 9, 26, 7, 0, drawn.number % 60, second)).toISOString()

const typed = ({ amount, isReadable }: Drawn): string =>
  isReadable ? (amount / 100).toFixed(2) : 'a lot'

function ticket(drawn: Drawn): Fact {
  const subject = `ticket:${drawn.number}`
  const body = (second: number) =>
    JSON.stringify({
      kind: 'makegood.ticket',
      ticket_id: String(drawn.number),
      tags: 'credit_requested',
      amount: typed(drawn),
      currency: 'USD',
      customer_external_id: drawn.customer,
      asker: 'agent@saas.example',
      updated_at: iso(drawn, second),
    })
  return factOf(drawn, 'zendesk', subject, body)
}

function deal(drawn: Drawn): Fact {
  const body = (second: number) =>
    JSON.stringify({
      kind: 'makegood.deal',
      deal_id: String(drawn.number),
      amount: typed(drawn),
      currency: 'USD',
      customer_external_id: drawn.customer,
      asker: 'agent@saas.example',
      updated_at: iso(drawn, second),
    })
  return factOf(drawn, 'hubspot', `deal:${drawn.number}`, body)
}

function request(drawn: Drawn): Fact {
  const body = (second: number) =>
    JSON.stringify({
      type: 'credit.requested',
      timestamp: iso(drawn, second),
      data: {
        id: drawn.name,
        customer: { external_id: drawn.customer },
        amount: drawn.isReadable ? drawn.amount : 'a lot',
        currency: 'USD',
      },
    })
  return factOf(drawn, 'standard', `credit:${drawn.name}`, body)
}

/** Some fail later: the record is cancelled then, or its undoing waits for a person. */
function refund(drawn: Drawn): Fact {
  const fails = drawn.random.below(100) < RARELY
  const types = ['refund.created', fails ? 'refund.failed' : 'refund.updated']
  const body = (second: number) =>
    JSON.stringify({
      id: `evt_${drawn.name}_${second}`,
      object: 'event',
      created: 1_792_999_995,
      livemode: false,
      type: types[second],
      data: {
        object: {
          id: `re_${drawn.name}`,
          object: 'refund',
          amount: drawn.isReadable ? drawn.amount : null,
          currency: 'usd',
          customer: drawn.customer === 'elsewhere-1' ? 'cus_elsewhere' : 'cus_SampleAcme01',
          metadata: {},
          status: second === 1 && fails ? 'failed' : 'succeeded',
        },
      },
    })
  const fact = factOf({ ...drawn, hasSecond: drawn.hasSecond || fails }, 'stripe', '', body)
  return { ...fact, subject: `refund:re_${drawn.name}` }
}

/** A list of several events in one delivery, which say too little for an adjustment. */
function changes(drawn: Drawn): Fact {
  const change = (number: number) => ({
    portalId: 24_680_135,
    subscriptionId: 1,
    eventId: drawn.number * 10 + number,
    subscriptionType: 'deal.propertyChange',
    propertyName: number % 2 === 0 ? 'credit_amount' : 'dealname',
    objectId: drawn.number,
    occurredAt: 1_792_999_995_000,
  })
  const body = () => JSON.stringify([0, 1, 2, 3].map(change))
  const fact = factOf(drawn, 'hubspot', `changes:${drawn.number}`, body)
  return { ...fact, expects: 'nothing' }
}

function factOf(
  drawn: Drawn,
  endpoint: ChaosEndpoint,
  subject: string,
  body: (second: number) => string,
): Fact {
  const letter = (second: number): Letter => ({
    endpoint,
    body: body(second),
    messageId: `msg_${drawn.name}_${second}`,
  })
  return {
    expects: drawn.isReadable ? 'adjustment' : 'nothing',
    subject,
    amount: -drawn.amount,
    letters: drawn.hasSecond ? [letter(0), letter(1)] : [letter(0)],
  }
}

/** `count` of them; about one in seven is doubtful, too large, or unreadable. */
export function drawFacts(random: Random, count: number): Fact[] {
  return Array.from({ length: count }, (_, index) => {
    const number = 10_000 + index
    const drawn: Drawn = {
      name: `chaos${number}`,
      number,
      customer: random.pick(random.below(100) < RARELY ? DOUBTFUL : CUSTOMERS),
      amount: random.below(100) < RARELY ? ABOVE_THE_LIMIT : 100 + random.below(20_000),
      isReadable: random.below(100) >= RARELY,
      hasSecond: random.below(100) < SECOND_EVENTS,
      random,
    }
    if (random.below(100) < RARELY) return changes(drawn)
    return random.pick([ticket, deal, request, refund])(drawn)
  })
}
