// A person says that nothing more is to be done for an event that waits for one: what it asked for differs
// from what was made, or no rule could decide about it.

import { findEvent } from '../db/read-events.ts'
import type { Event } from '../db/schema.ts'
import { commitDismissal } from '../db/write-dismissal.ts'
import { assert } from '../domain/assert.ts'
import { isDismissable, type Fate } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { wakeToTell } from './wake-committed.ts'

export type DismissalTrouble =
  | { readonly reason: 'event_not_found' }
  | { readonly reason: 'not_dismissable'; readonly fate: Fate }

/** The event as it is now; one that was dismissed before stays as it is. */
export async function dismissEvent(
  deps: Deps,
  { name }: Operator,
  id: EventId,
): Promise<Result<Event, DismissalTrouble>> {
  const { db, now } = deps
  const found = await findEvent(db, id)
  if (found === null) return err({ reason: 'event_not_found' })
  const { event } = found
  const { fate } = event
  if (fate === 'dismissed') return ok(event)
  if (!isDismissable(fate)) return err({ reason: 'not_dismissable', fate })
  const dismissed = await commitDismissal(db, event, `operator:${name}`, now())
  if (dismissed === null) return dismissalMoved(deps, id)
  await wakeToTell(deps, id)
  return ok(dismissed)
}

/** Somebody else has dismissed it meanwhile, or sent it through again. */
async function dismissalMoved({ db }: Deps, id: EventId): Promise<Result<Event, DismissalTrouble>> {
  const found = await findEvent(db, id)
  assert(found !== null, 'an event is never removed')
  const { event } = found
  return event.fate === 'dismissed'
    ? ok(event)
    : err({ reason: 'not_dismissable', fate: event.fate })
}
