// What an event does besides its adjustments: done before the event is committed, so that its fate says
// what came of it. Each effect is idempotent, since after a crash in between the sender tries again.
// An event that is known already has none.

import { findEvent } from '../db/read-events.ts'
import type { ReceivedEvent } from '../db/write-delivery.ts'
import type { Deps } from '../deps.ts'
import { approveByEvent } from './approve-by-event.ts'
import type { DecidedEvent } from './decide-event.ts'

export type EffectPlace = { readonly account: string; readonly endpoint: string }

/** Throws where the database doesn't answer: then the sender has to try again. */
export async function takeEffect(
  deps: Deps,
  { account, endpoint }: EffectPlace,
  { effect, ...event }: DecidedEvent,
): Promise<ReceivedEvent> {
  if (effect === null || (await findEvent(deps.db, event.id)) !== null) return event
  const { id, mode, occurredAt, decision } = event
  const { subject, ruleIds, by } = effect
  const approving = { event: id, account, endpoint, mode, occurredAt, subject, ruleIds, by }
  const approved = await approveByEvent(deps, approving)
  if (approved.ok) return { ...event, decision: { ...decision, approves: approved.value } }
  const { reason, detail } = approved.error
  deps.log({ event: 'approval_refused', id, reason, detail })
  return { ...event, fate: 'undecided', reason, decision: { ...decision, detail, subject } }
}
