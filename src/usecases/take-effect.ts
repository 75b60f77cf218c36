// What an event does besides its adjustments: done before the event is committed, so that its fate says
// what came of it. Each effect is idempotent, since after a crash in between the sender tries again.
// An event that is known already has none.

import { findEvent } from '../db/read-events.ts'
import type { ReceivedEvent } from '../db/pack-delivery.ts'
import type { Deps } from '../deps.ts'
import { unreachable } from '../domain/assert.ts'
import { approveByEvent } from './approve-by-event.ts'
import type { DecidedEvent, EventEffect } from './decide-event.ts'
import { noteSeen } from './note-seen.ts'

export type EffectPlace = { readonly account: string; readonly endpoint: string }

/** Throws where the database doesn't answer: then the sender has to try again. */
export async function takeEffect(
  deps: Deps,
  place: EffectPlace,
  { effect, ...event }: DecidedEvent,
): Promise<ReceivedEvent> {
  if (effect === null || (await findEvent(deps.db, event.id)) !== null) return event
  switch (effect.kind) {
    case 'approve':
      return approved(deps, place, event, effect)
    case 'seen': {
      const linked = await noteSeen(deps, { ...place, ...event }, effect.fact)
      return linked === null ? event : { ...event, decision: { ...event.decision, linked } }
    }
    default:
      return unreachable(effect)
  }
}

async function approved(
  deps: Deps,
  place: EffectPlace,
  event: ReceivedEvent,
  { subject, ruleIds, by }: Extract<EventEffect, { kind: 'approve' }>,
): Promise<ReceivedEvent> {
  const { id, mode, occurredAt, decision } = event
  const approving = { ...place, event: id, mode, occurredAt, subject, ruleIds, by }
  const done = await approveByEvent(deps, approving)
  if (done.ok) return { ...event, decision: { ...decision, approves: done.value } }
  const { reason, detail } = done.error
  deps.log({ event: 'approval_refused', id, reason, detail })
  return { ...event, fate: 'undecided', reason, decision: { ...decision, detail, subject } }
}
