// An event that waits for a person: a conflict, or what no rule could decide.

import type { Event } from '../../db/schema.ts'
import { Chip, Form, Sentence, When, type Clock } from './parts.tsx'
import type { Viewer } from './held-card.tsx'
import { FATES } from './words.ts'

export type WaitingEvent = {
  readonly event: Event
  readonly source: string
  readonly why: readonly string[]
}

/** Why the other rules did not apply stands on the event's own page. */
const SENTENCES_MAX = 3

type Props = { of: WaitingEvent; viewer: Viewer; clock: Clock; back: string }

export const EventCard = ({ of, viewer, clock, back }: Props) => {
  const { id, fate, type, receivedAt } = of.event
  return (
    <article class="card" id={id} data-card tabindex={-1}>
      <div class="card-what">
        <div class="card-top">
          <Chip tone={FATES[fate].tone}>{FATES[fate].text}</Chip>
          <h3>
            <a href={`/events/${id}`}>{`${of.source} ${type}`}</a>
          </h3>
          <span class="soft">
            received <When at={receivedAt} clock={clock} />
          </span>
        </div>
        <ul class="why">
          {of.why.slice(0, SENTENCES_MAX).map((sentence) => (
            <li>
              <Sentence text={sentence} />
            </li>
          ))}
        </ul>
      </div>
      <div class="card-do">
        <EventForms event={of.event} viewer={viewer} back={back} />
      </div>
    </article>
  )
}

export const EventForms = (props: { event: Event; viewer: Viewer; back: string }) => {
  const { event, viewer, back } = props
  const common = { token: viewer.token, back }
  const isOpen = event.fate === 'conflict' || event.fate === 'undecided'
  const mayDismiss = viewer.mayWrite && isOpen
  const mayRequeue = viewer.mayApprove && MAY_BE_DECIDED_AGAIN.has(event.fate)
  if (!mayDismiss && !mayRequeue) {
    const text = isOpen ? 'Your key can not answer this.' : 'Nothing: it is decided.'
    return <p class="soft">{text}</p>
  }
  return (
    <>
      {mayRequeue ? (
        <Form {...common} class="stack" action={`/events/${event.id}/requeue`}>
          <button class={isOpen ? 'main' : ''}>Try again with the rules of now</button>
        </Form>
      ) : null}
      {mayDismiss ? (
        <p>
          <a href={`/events/${event.id}#by-hand`}>Make it by hand…</a>
        </p>
      ) : null}
      {mayDismiss ? (
        <Form {...common} class="stack" action={`/events/${event.id}/dismiss`}>
          <button>Dismiss: nothing is to be done</button>
        </Form>
      ) : null}
    </>
  )
}

/** The others have made something, or say what they are of. */
const MAY_BE_DECIDED_AGAIN: ReadonlySet<Event['fate']> = new Set([
  'undecided',
  'ignored',
  'shadow',
] as const)
