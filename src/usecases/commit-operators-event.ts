// What an operator asks for, as an event of its own with one adjustment: the same batch as a delivery's.

import { packDelivery, type ReceivedEvent } from '../db/pack-delivery.ts'
import { findEvent } from '../db/read-events.ts'
import type { Event } from '../db/schema.ts'
import { commitDelivery } from '../db/write-delivery.ts'
import { settleAnswered } from '../db/write-dismissal.ts'
import { assert } from '../domain/assert.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import { WAKE_AFTER_SECONDS } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import type { Deps } from '../deps.ts'

export const FROM_OPERATOR = {
  endpoint: OPERATOR_ENDPOINT,
  account: OPERATOR_ENDPOINT,
  source: OPERATOR_ENDPOINT,
} as const

/**
 * Whether it is new. `answered`: the event that is settled with it; null where that had moved, and nothing was
 * written. Throws where nothing could be made durable.
 */
export async function commitOperatorsEvent(
  deps: Pick<Deps, 'db' | 'newId' | 'now' | 'ruleSet'>,
  { name }: Operator,
  event: ReceivedEvent,
  answered: Event | null = null,
): Promise<boolean | null> {
  const { db } = deps
  const actor = `operator:${name}` as const
  const now = deps.now()
  const packed = packDelivery({
    ...FROM_OPERATOR,
    deliveryId: deps.newId(),
    actor,
    unsignedId: null,
    ruleSet: await deps.ruleSet(),
    receivedAt: now,
    wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
    events: [event],
  })
  assert(packed !== null, 'a request within its bounds is larger than D1 takes')
  if (answered === null) return (await commitDelivery(db, packed)).length > 0
  try {
    const settled = settleAnswered(db, answered, { actor, by: event.id, at: now })
    return (await commitDelivery(db, packed, settled)).length > 0
  } catch (error) {
    const found = await findEvent(db, answered.id)
    if (found !== null && found.event.fate !== answered.fate) return null
    throw error
  }
}
