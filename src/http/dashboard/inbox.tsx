// What waits for a person, with everything that is needed to decide.

import {
  findApprovers,
  findPast,
  findWaiting,
  listWaiting,
  listWaitingEvents,
} from '../../db/read-dashboard.ts'
import { findAdjustments } from '../../db/read-adjustments.ts'
import { findToCompare } from '../../db/read-similar.ts'
import { findEvents } from '../../db/read-events.ts'
import type { Adjustment, Event } from '../../db/schema.ts'
import {
  INBOX_ROWS_MAX,
  SIMILAR_INBOX_WINDOW_ROWS,
  WAITING_COUNT_MAX,
} from '../../domain/limits.ts'
import { similarOf } from '../../domain/similar.ts'
import { todoOf } from '../../domain/todo.ts'
import { explainEvent } from '../../usecases/explain-event.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { EventCard, type WaitingEvent } from './event-card.tsx'
import { HeldCard, type Shown, type Viewer } from './held-card.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Chip, Empty, Form, Money, subjectText, When, type Clock } from './parts.tsx'
import { requireOf } from './session.ts'
import { countShown } from './shown.ts'
import { titleOf, toldOf, viewerOf } from './viewer.ts'
import { STATES } from './words.ts'

const BACK = '/inbox'

export const inbox = createRoutes().get('/inbox', requireOf('read'), async (c) => {
  const { db } = c.var.deps
  const [waiting, held, failed, events] = await Promise.all([
    findWaiting(db),
    listWaiting(db, 'held', INBOX_ROWS_MAX),
    listWaiting(db, 'failed', INBOX_ROWS_MAX),
    listWaitingEvents(db, INBOX_ROWS_MAX),
  ])
  const [shown, open] = await Promise.all([
    shownOf(c, held, SIMILAR_INBOX_WINDOW_ROWS),
    waitingOf(c, events),
  ])
  const [viewer, clock] = [viewerOf(c), clockOf(c)]
  const isEmpty = held.length + failed.length + events.length === 0
  return showPage(
    c,
    { title: titleWith(waiting), section: 'Inbox', told: toldOf(c), isLive: true },
    <>
      <Head title="Inbox">What waits for a person. Nothing here is paid or lost meanwhile.</Head>
      {isEmpty ? null : (
        <p class="keys-help" hidden>
          <kbd>j</kbd> next, <kbd>k</kbd> back, <kbd>o</kbd> open
        </p>
      )}
      <div id="inbox-empty" data-part>
        {isEmpty ? (
          <Empty title="Nothing waits for you">
            Held adjustments, conflicts and what no rule could decide come here by themselves. See{' '}
            <a href="/adjustments">what was made</a>, or <a href="/events">what came in</a>.
          </Empty>
        ) : null}
      </div>
      <Group id="held" name="Held adjustments" count={waiting.held.count} shown={held.length}>
        {shown.map((each) => (
          <HeldCard of={each} viewer={viewer} clock={clock} back={BACK} />
        ))}
      </Group>
      <Group
        id="open"
        name="Conflicts and undecided events"
        count={waiting.events.count}
        shown={events.length}
      >
        {open.map((each) => (
          <EventCard of={each} viewer={viewer} clock={clock} back={BACK} />
        ))}
      </Group>
      <Group
        id="failed"
        name="Could not be issued"
        count={waiting.failed.count}
        shown={failed.length}
      >
        {failed.map((each) => (
          <FailedCard of={each} source={titleOf(c, each)} viewer={viewer} clock={clock} />
        ))}
      </Group>
    </>,
  )
})

type Waiting = Awaited<ReturnType<typeof findWaiting>>

/** The number stands in the tab too, where a person sees that something came. */
function titleWith({ held, events, failed }: Waiting): string {
  const count = held.count + events.count + failed.count
  return count === 0 ? 'Inbox' : `(${countShown(count, WAITING_COUNT_MAX)}) Inbox`
}

type GroupProps = { id: string; name: string; count: number; shown: number; children?: unknown }

const Group = ({ id, name, count, shown, children }: GroupProps) => (
  <section aria-label={name}>
    <div class="group" id={`${id}-head`} data-part>
      <h2 hidden={count === 0}>{name}</h2>
      <span hidden={count === 0}>
        {shown < count
          ? `${shown} of ${countShown(count, WAITING_COUNT_MAX)}: the next come when these are answered`
          : count}
      </span>
    </div>
    <div id={`${id}-list`} data-list>
      {children as never}
    </div>
  </section>
)

/** Oldest first: who has waited longest is seen first. `window`: among how many one that is like it is looked for. */
export async function shownOf(
  c: AppContext,
  held: readonly Adjustment[],
  window: number,
): Promise<readonly Shown[]> {
  const { db, now } = c.var.deps
  if (held.length === 0) return []
  const [past, toCompare, approvers] = await Promise.all([
    findPast(db, held),
    findToCompare(db, held, window),
    findApprovers(
      db,
      held.map(({ id }) => id),
    ),
  ])
  return held
    .toSorted((a, b) => (a.heldAt ?? 0) - (b.heldAt ?? 0))
    .map((adjustment) => ({
      adjustment,
      source: titleOf(c, adjustment),
      past: past.get(adjustment.id) ?? [],
      approvers: approvers.get(adjustment.id) ?? [],
      similar: similarOf(adjustment, toCompare, now()),
    }))
}

async function waitingOf(
  c: AppContext,
  events: readonly Event[],
): Promise<readonly WaitingEvent[]> {
  const { deps } = c.var
  const found = await findEvents(
    deps.db,
    events.map(({ id }) => id),
  )
  return Promise.all(
    found.map(async ({ event, payload }) => {
      const ids = event.decision.adjustments ?? []
      const adjustments = ids.length === 0 ? [] : await findAdjustments(deps.db, ids)
      const { why } = await explainEvent(deps, { event, payload, adjustments })
      return { event, source: titleOf(c, event), why }
    }),
  )
}

const FailedCard = (props: { of: Adjustment; source: string; viewer: Viewer; clock: Clock }) => {
  const { of, source, viewer, clock } = props
  return (
    <article class="card" id={of.id} data-card tabindex={-1}>
      <div class="card-what">
        <div class="card-top">
          <Money of={of} big />
          <h3>
            <a href={`/adjustments/${of.id}`}>{subjectText(source, of.subject, of.part)}</a>
          </h3>
          <Chip tone={STATES[of.state].tone}>{STATES[of.state].text}</Chip>
          <span class="soft">
            made <When at={of.createdAt} clock={clock} />
          </span>
        </div>
        <p>{todoOf(of)}</p>
      </div>
      <div class="card-do">
        {viewer.mayApprove ? (
          <Form
            token={viewer.token}
            back={BACK}
            class="stack"
            action={`/adjustments/${of.id}/requeue`}
            fields={{ version: of.version }}
          >
            <button class="main">Try again</button>
          </Form>
        ) : (
          <p class="soft">Your key can not answer this.</p>
        )}
      </div>
    </article>
  )
}
