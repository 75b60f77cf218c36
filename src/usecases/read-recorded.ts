// A recorded event, read again as the rules saw it when it came: for a dry run, and to be decided once more.

import { findEvent } from '../db/read-events.ts'
import type { Event } from '../db/schema.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import type { SourceEvent } from '../domain/event.ts'
import type { EventId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { eventOfRecord, type RecordTrouble } from '../sources/recorded-event.ts'
import type { DeliveredWith } from './decide-event.ts'

export type Recorded = {
  readonly delivered: DeliveredWith
  readonly event: SourceEvent
  readonly recorded: Event
}

export type RecordedTrouble =
  | { readonly reason: 'event_unknown' }
  | { readonly reason: 'endpoint_unknown' }
  | { readonly reason: 'made_by_hand' }
  | RecordTrouble

export async function readRecorded(
  deps: Pick<Deps, 'config' | 'db' | 'ruleSet'>,
  id: EventId,
): Promise<Result<Recorded, RecordedTrouble>> {
  const found = await findEvent(deps.db, id)
  if (found === null) return err({ reason: 'event_unknown' })
  const { event: recorded, payload } = found
  if (recorded.source === OPERATOR_ENDPOINT) return err({ reason: 'made_by_hand' })
  const endpoint = deps.config.endpoints.get(recorded.endpoint)
  if (!endpoint) return err({ reason: 'endpoint_unknown' })
  const event = eventOfRecord(endpoint.source, recorded, payload)
  if (!event.ok) return event
  const { account, source, mode } = recorded
  // Only an event that comes needs one, for its id; this one has its id.
  const hash = ''
  const ruleSet = await deps.ruleSet()
  const delivered = { endpoint: recorded.endpoint, account, source, mode, hash, ruleSet }
  return ok({ delivered, event: event.value, recorded })
}
