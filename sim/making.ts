// What the facts of each source have in common: who, how much, and when.

import type { Fact, SourceEvent } from './facts.ts'
import type { Random } from './random.ts'
import { HOUR, MINUTE } from './scenario.ts'

export const CUSTOMERS = ['acme-1', 'acme-2', 'acme-3', 'acme-4', 'acme-5', 'acme-6'] as const
const ODD_CUSTOMERS = ['euro-1', 'new-1', 'refused-1', 'nobody-1', null] as const
export const APPROVERS = [
  'lead-a@saas.example',
  'lead-b@saas.example',
  'temp@saas.example',
] as const
export const ASKERS = ['agent@saas.example', 'Lead-A@saas.example', 'temp@saas.example'] as const

export type Making = {
  readonly number: number
  readonly at: number
  readonly random: Random
}

export const customerOf = (random: Random): string | null =>
  random.chance(0.12) ? random.pick(ODD_CUSTOMERS) : random.pick(CUSTOMERS)

/** Some amounts come again and again, so that limits and doubts are met. */
export const amountOf = (random: Random): number =>
  random.chance(0.3)
    ? random.pick([1_000, 2_500, 9_900])
    : random.chance(0.1)
      ? random.between(10_001, 40_000)
      : random.between(100, 10_000)

export function laterOf({ at, random }: Making): number {
  return at + random.pick([-MINUTE, 200, 5_000, MINUTE, 10 * MINUTE, 3 * HOUR, 30 * HOUR])
}

export function eventOf(
  fact: Fact,
  kind: SourceEvent['kind'],
  at: number,
  parts: Partial<SourceEvent>,
) {
  const deliveryId = `msg_${fact.number}_${kind}`
  return { fact, kind, at, ownId: null, body: '', deliveryId, ...parts }
}

/** One of the billing API's own webhooks. */
export function billingEvent(
  id: string,
  type: string,
  at: number,
  mode: Fact['mode'],
  data: object,
): Pick<SourceEvent, 'ownId' | 'body'> {
  const ownId = `whev_${id}`
  const body = {
    id: ownId,
    event: type,
    timestamp: new Date(at).toISOString(),
    mode: mode === 'live' ? 'live' : 'sandbox',
    data,
  }
  return { ownId, body: JSON.stringify(body) }
}
