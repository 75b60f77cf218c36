// What a person asks for by hand. It comes as an event like any other, of a source that no webhook
// reaches, so that ids, limits, holds and the audit log are those of every adjustment.

import type { CustomerReference } from './customer.ts'
import type { EventId } from './ids.ts'
import type { Money } from './money.ts'
import { charge, credit, type Adjust } from './outcome.ts'
import type { ReasonCode } from './reason.ts'
import type { Settlement } from './rule.ts'

/** Source, endpoint and account of what people make by hand; no configured endpoint has this name. */
export const OPERATOR_ENDPOINT = 'operator'
export const BY_HAND_RULE = 'by-hand'
export const BY_HAND_TYPE = 'adjustment.requested'

export const DIRECTIONS = ['credit', 'charge'] as const
export type Direction = (typeof DIRECTIONS)[number]

export type ByHandRequest = {
  readonly customer: CustomerReference
  readonly direction: Direction
  /** Minor units, above zero. */
  readonly amount: number
  readonly currency: string
  readonly reason: ReasonCode
  readonly settlement: Settlement
  readonly originalInvoice: string | null
  /** The event in conflict that it answers. */
  readonly conflict: EventId | null
  /** One more answer to it, on purpose. */
  readonly again: boolean
}

/**
 * What makes a request one: two with the same key are the same. A conflict has one answer, whatever key
 * its callers send, unless one more is asked for. `drawn`: for a request that nothing tells from others.
 */
export function keyByHand(
  { conflict, again }: ByHandRequest,
  key: string | null,
  drawn: () => string,
): string {
  if (conflict === null) return key ?? drawn()
  return again ? `${conflict}:${key ?? drawn()}` : conflict
}

/** Subjects of the answers to a conflict: this one, and all that begin with it and a colon. */
export const answerSubject = (conflict: EventId): string => `${BY_HAND_RULE}:${conflict}`

/** The request as its event's payload: equal requests have equal text, however they were written. */
export function requestText(request: ByHandRequest): string {
  const { customer, direction, amount, currency, reason, settlement } = request
  return JSON.stringify({
    customer: { kind: customer.kind, value: customer.value },
    direction,
    amount,
    currency,
    reason,
    settlement,
    originalInvoice: request.originalInvoice,
    conflict: request.conflict,
  })
}

/** `asker`: the identity of who makes it, whose limits it counts against. */
export function adjustByHand(
  { customer, direction, originalInvoice }: ByHandRequest,
  money: Money,
  { key, asker }: { readonly key: string; readonly asker: string },
): Adjust {
  const fields = { subject: `${BY_HAND_RULE}:${key}`, customer, asker, originalInvoice }
  return direction === 'credit' ? credit(money, fields) : charge(money, fields)
}
