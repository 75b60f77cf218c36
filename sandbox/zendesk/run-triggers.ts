// What an update sets off: each trigger whose conditions hold, from first to last, at most once in an
// update. One that changes the ticket makes the others be looked at again.
import type { Store } from '../src/store.ts'
import { changeBy } from './actions.ts'
import { holds } from './conditions.ts'
import type { Update } from './conditions.ts'
import { insertInvocation } from './invocations.ts'
import { render } from './placeholders.ts'
import { allRecords } from './records.ts'
import type { Action, Ticket, User } from './shapes.ts'
import { changed } from './ticket-change.ts'

export const NOTIFY = 'notification_webhook'

type By = { readonly user: User; readonly now: number }

/** Nothing is set off by the update that closes a ticket, nor by any after it. */
export function runTriggers(
  store: Store,
  { before, after }: Omit<Update, 'by'>,
  { user, now }: By,
): { readonly ticket: Ticket; readonly fired: readonly number[] } {
  if (after.status === 'closed') return { ticket: after, fired: [] }
  const triggers = allRecords(store, 'trigger')
    .filter(({ active }) => active)
    .toSorted((one, other) => one.position - other.position)
  const fields = allRecords(store, 'ticket_field')
  const fired: number[] = []
  let ticket = after
  for (;;) {
    const update = { before, after: ticket, by: user }
    const next = triggers.find(
      ({ id, conditions }) => !fired.includes(id) && holds(conditions, update),
    )
    if (next === undefined) return { ticket, fired }
    fired.push(next.id)
    const changes = next.actions.filter(({ field }) => field !== NOTIFY)
    const result = changed(ticket, changeBy(changes, ticket.tags), fields)
    // A change that is refused is left out; what the trigger tells is still told.
    if (result.ok) ticket = { ...result.value }
    for (const { webhookId, body } of notifications(next.actions)) {
      const rendered = render(store, body, { ticket, user })
      insertInvocation(store, {
        webhookId,
        triggerId: next.id,
        ticketId: ticket.id,
        body: rendered,
        dueAt: now,
      })
    }
  }
}

export function notifications(
  actions: readonly Action[],
): readonly { readonly webhookId: string; readonly body: string }[] {
  return actions.flatMap(({ field, value }) =>
    field === NOTIFY && typeof value !== 'string'
      ? [{ webhookId: value[0] ?? '', body: value[1] ?? '' }]
      : [],
  )
}
