// The facts of each source, and the events by which they are told.

import { PRESETS } from './config.ts'
import type { Fact, SourceEvent } from './facts.ts'
import {
  amountOf,
  APPROVERS,
  ASKERS,
  billingEvent,
  CUSTOMERS,
  customerOf,
  eventOf,
  laterOf,
  type Making,
} from './making.ts'
import { DAY, HOUR, MINUTE } from './scenario.ts'

export function ticket(making: Making): SourceEvent[] {
  const { number, at, random } = making
  const isPreset = random.chance(0.5)
  const typed = amountOf(random)
  const customer = customerOf(random)
  const asker = random.pick(ASKERS)
  const isUndone = random.chance(0.25)
  const fact: Fact = {
    number,
    endpoint: 'zendesk',
    rule: 'zendesk-ticket-credit',
    subject: `ticket:${number}`,
    settlement: 'owed',
    amounts: isPreset ? PRESETS.map((preset) => -preset) : [-typed],
    customer,
    asker: asker.toLowerCase(),
    mode: 'test',
    isUndone,
    parts: 1,
  }
  const body = (tags: string, changed: object = {}): string =>
    JSON.stringify({
      kind: 'makegood.ticket',
      ticket_id: String(number),
      tags,
      amount: isPreset ? '' : (typed / 100).toFixed(2),
      currency: 'USD',
      customer_external_id: customer ?? '',
      asker,
      updated_at: new Date(Math.floor(at / 1_000) * 1_000).toISOString(),
      ...changed,
    })
  const tags = `credit_requested${isPreset ? ' credit_25' : ''}`
  const events = [eventOf(fact, 'asks', at, { body: body(tags) })]
  if (random.chance(0.1)) {
    // The ticket's trigger fires again: other bytes, the same request.
    const again = body(tags, { updated_at: new Date(at + 3_000).toISOString() })
    events.push(eventOf(fact, 'asks', at + random.pick([3_000, HOUR, DAY]), { body: again }))
  }
  if (isUndone) {
    const undoAt = laterOf(making)
    events.push(eventOf(fact, 'undoes', undoAt, { body: body(`${tags} credit_undo`) }))
  }
  if (random.chance(0.05)) {
    events.push(eventOf(fact, 'nothing', at, { body: body('billing', { note: 'x' }) }))
  }
  if (random.chance(0.2)) {
    // A lead's macro, or that of somebody who only thinks that he is one.
    const approveAt = at + random.pick([MINUTE, HOUR, DAY])
    const approved = body(`${tags} credit_approved`, {
      asker: random.pick(APPROVERS),
      updated_at: new Date(approveAt).toISOString(),
    })
    events.push(eventOf(fact, 'approves', approveAt, { body: approved }))
  }
  return events
}

export function refund(making: Making): SourceEvent[] {
  const { number, at, random } = making
  const amount = amountOf(random)
  const customer = customerOf(random)
  const isUndone = random.chance(0.25)
  const mode = random.chance(0.04) ? 'live' : 'test'
  const fact: Fact = {
    number,
    endpoint: 'stripe',
    rule: 'stripe-refund-record',
    subject: `refund:re_${number}`,
    settlement: 'already_paid',
    amounts: [-amount],
    customer,
    asker: null,
    mode,
    isUndone,
    parts: 1,
  }
  const told = (suffix: string, type: string, status: string) => {
    const ownId = `evt_${number}_${suffix}`
    const created = Math.floor(at / 1_000)
    const metadata = customer === null ? {} : { commet_customer: customer }
    const object = {
      id: `re_${number}`,
      object: 'refund',
      amount,
      currency: 'usd',
      status,
      created,
      metadata,
    }
    const livemode = mode === 'live'
    const body = { id: ownId, object: 'event', created, livemode, type, data: { object } }
    return { ownId, body: JSON.stringify(body) }
  }
  const startsPending = random.chance(0.3)
  const events = [
    eventOf(
      fact,
      startsPending ? 'nothing' : 'asks',
      at,
      told('1', 'refund.created', startsPending ? 'pending' : 'succeeded'),
    ),
  ]
  if (startsPending || random.chance(0.3)) {
    const updated = told('2', 'refund.updated', 'succeeded')
    events.push(eventOf(fact, 'asks', at + random.pick([1_000, HOUR, DAY]), updated))
  }
  if (isUndone) {
    events.push(eventOf(fact, 'undoes', laterOf(making), told('3', 'refund.failed', 'failed')))
  }
  if (customer !== null && random.chance(0.12)) events.push(seenRefund(making, fact, customer))
  return events
}

/** The billing API has recorded the same refund itself, and tells so. */
function seenRefund({ number, at, random }: Making, fact: Fact, customer: string): SourceEvent {
  const { mode, amounts } = fact
  const seenAt = at + random.pick([-HOUR, 500, HOUR, 30 * HOUR])
  const told = billingEvent(`refund_${number}`, 'payment.refunded', seenAt, mode, {
    customerId: customer,
    refundAmount: -(amounts[0] ?? 0),
    currency: 'usd',
  })
  return eventOf({ ...fact, endpoint: 'commet' }, 'sees', seenAt, told)
}

/** One that nothing stops. */
export const credit = (making: Making): SourceEvent[] =>
  requestFor(making, false, making.random.pick(CUSTOMERS))

export const request = (making: Making): SourceEvent[] =>
  requestFor(making, making.random.chance(0.25), customerOf(making.random))

function requestFor(
  { number, at, random }: Making,
  isCharge: boolean,
  customer: string | null,
): SourceEvent[] {
  const amount = amountOf(random)
  const asker = random.chance(0.3) ? random.pick(ASKERS).toLowerCase() : null
  const kind = isCharge ? 'charge' : 'credit'
  const fact: Fact = {
    number,
    endpoint: 'standard',
    rule: `${kind}-requested`,
    subject: `${kind}:req_${number}`,
    settlement: 'owed',
    amounts: [isCharge ? amount : -amount],
    customer,
    asker,
    mode: 'test',
    isUndone: false,
    parts: 1,
  }
  const body = JSON.stringify({
    type: `${kind}.requested`,
    timestamp: new Date(at).toISOString(),
    data: {
      id: `req_${number}`,
      amount,
      currency: 'USD',
      ...(customer === null ? {} : { customer: { external_id: customer } }),
      ...(asker === null ? {} : { asker }),
    },
  })
  const deliveryId = `msg_${number}`
  const events = [eventOf(fact, 'asks', at, { body, ownId: deliveryId, deliveryId })]
  if (random.chance(0.15)) {
    // Its sender mints a new id for the same thing.
    const other = `msg_${number}_again`
    const later = at + random.pick([1_000, HOUR, 25 * HOUR])
    events.push(eventOf(fact, 'asks', later, { body, ownId: other, deliveryId: other }))
  }
  return events
}

export function gift(making: Making): SourceEvent[] {
  const { number, at, random } = making
  const settlement = random.chance(0.3) ? 'already_paid' : 'owed'
  const isLater = settlement === 'owed' && random.chance(0.15)
  const rule = settlement === 'already_paid' ? 'record' : isLater ? 'later' : 'promise'
  const amounts = random.chance(0.2) ? [amountOf(random), amountOf(random)] : [amountOf(random)]
  const customer = customerOf(random)
  const isUndone = !isLater && random.chance(0.25)
  const fact: Fact = {
    number,
    endpoint: 'batch',
    rule,
    subject: `gift:${number}`,
    settlement,
    amounts: amounts.map((amount) => -amount),
    customer,
    asker: null,
    mode: 'test',
    isUndone,
    parts: amounts.length,
  }
  const told = (ownId: string, fields: object) => ({
    ownId,
    body: JSON.stringify({ id: ownId, type: rule, ...fields }),
  })
  const given = {
    parts: fact.amounts.map((amount, position) => {
      const { subject } = fact
      return { subject, part: String(position), amount, customer }
    }),
  }
  const events = [eventOf(fact, 'asks', at, told(`gift_${number}`, given))]
  if (random.chance(0.15)) {
    // The same gift under another id, which a rule that was renamed meanwhile gets as well.
    const againAt = at + random.pick([1_000, HOUR, 25 * HOUR])
    events.push(eventOf(fact, 'asks', againAt, told(`gift_${number}_again`, given)))
  }
  if (isUndone) {
    const undone = told(`gift_${number}_undo`, { undo: fact.subject })
    events.push(eventOf(fact, 'undoes', laterOf(making), undone))
  }
  if (!isLater && random.chance(0.05)) {
    events.push(eventOf(fact, 'unreadable', at, told(`gift_${number}_odd`, { parts: 'none' })))
  }
  return events
}
