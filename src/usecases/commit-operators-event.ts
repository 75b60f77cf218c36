// What an operator asks for, as an event of its own with one adjustment: the same batch as a delivery's.

import { packDelivery, type ReceivedEvent } from '../db/pack-delivery.ts'
import { commitDelivery } from '../db/write-delivery.ts'
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

/** Whether it is new. Throws where nothing could be made durable. */
export async function commitOperatorsEvent(
  deps: Pick<Deps, 'db' | 'newId' | 'now' | 'ruleSet'>,
  { name }: Operator,
  event: ReceivedEvent,
): Promise<boolean> {
  const now = deps.now()
  const packed = packDelivery({
    ...FROM_OPERATOR,
    deliveryId: deps.newId(),
    actor: `operator:${name}`,
    unsignedId: null,
    ruleSet: await deps.ruleSet(),
    receivedAt: now,
    wakeAt: now + WAKE_AFTER_SECONDS * 1_000,
    events: [event],
  })
  assert(packed !== null, 'a request within its bounds is larger than D1 takes')
  return (await commitDelivery(deps.db, packed)).length > 0
}
