// What happened, in its order: from the delivery to the link.

import { findTimeline } from '../../db/read-dashboard.ts'
import { findLinksOf } from '../../db/read-links.ts'
import type { Adjustment, Event } from '../../db/schema.ts'
import { dataOf } from '../../domain/sealed-entry.ts'
import { plain } from '../../domain/why-texts.ts'
import type { AppContext } from '../context.ts'
import { When, type Clock } from './parts.tsx'
import { actionWord, actorWord } from './words.ts'

type Step = {
  readonly at: number
  readonly what: string
  readonly who: string | null
  readonly more: string | null
}

export async function stepsOf(
  c: AppContext,
  event: Event | null,
  adjustments: readonly Adjustment[],
): Promise<readonly Step[]> {
  const { db } = c.var.deps
  const subjects = [...(event === null ? [] : [event.id]), ...adjustments.map(({ id }) => id)]
  const entries = await findTimeline(db, subjects)
  const received = event && {
    at: event.receivedAt,
    what: 'Received and verified',
    who: event.endpoint,
    more: null,
  }
  const logged = entries
    .filter(({ action }) => action !== 'event.received')
    .map(({ at, action, actor, data }) => ({
      at,
      what: actionWord(action),
      who: actorWord(actor),
      more: moreOf(dataOf(data)),
    }))
  const links = await Promise.all(adjustments.map((each) => linkSteps(c, each)))
  return [...(received ? [received] : []), ...logged, ...links.flat()].toSorted(
    (a, b) => a.at - b.at,
  )
}

/** The few fields of an entry that say more than its name; all of them are in the log. */
function moreOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null
  const told = [
    'reasons',
    'reason',
    'code',
    'number',
    'invoiceNumber',
    'status',
    'channel',
  ].flatMap((name) => {
    const value: unknown = Reflect.get(data, name)
    const texts = (Array.isArray(value) ? value : [value]).filter(
      (each) => typeof each === 'string',
    )
    return texts.map((text) => plain(text))
  })
  return told.length === 0 ? null : told.join(', ')
}

/** From the links themselves: a link's entries are about the link. */
async function linkSteps(c: AppContext, { invoiceId }: Adjustment): Promise<readonly Step[]> {
  const links = invoiceId === null ? [] : await findLinksOf(c.var.deps.db, invoiceId)
  return links.flatMap(({ createdAt, firstOpenedAt, opened, revokedAt }) => [
    { at: createdAt, what: 'Link made', who: null, more: null },
    ...(firstOpenedAt === null
      ? []
      : [
          {
            at: firstOpenedAt,
            what: 'Link opened',
            who: null,
            more: opened > 1 ? `${opened} times by now` : null,
          },
        ]),
    ...(revokedAt === null ? [] : [{ at: revokedAt, what: 'Link revoked', who: null, more: null }]),
  ])
}

export const Timeline = ({ steps, clock }: { steps: readonly Step[]; clock: Clock }) => (
  <ol class="timeline">
    {steps.map(({ at, what, who, more }) => (
      <li>
        <b>{what}</b> <When at={at} clock={clock} />
        <span>{[who, more].filter((each) => each !== null).join(' · ')}</span>
      </li>
    ))}
  </ol>
)
