// One event: what came, what was decided and why, and what became of it.

import { findAdjustments } from '../../db/read-adjustments.ts'
import { findEvent, type Payload } from '../../db/read-events.ts'
import type { Adjustment, Event } from '../../db/schema.ts'
import { OPERATOR_ENDPOINT } from '../../domain/by-hand.ts'
import { isEventId } from '../../domain/ids.ts'
import { PAYLOAD_SHOWN_CHARS_MAX } from '../../domain/limits.ts'
import { explainEvent, type Explanation } from '../../usecases/explain-event.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import type { TypedByHand } from './by-hand.ts'
import { byHandSection } from './by-hand-form.tsx'
import { DryRunResult, type DryRunShown } from './dry-run-result.tsx'
import { EventForms } from './event-card.tsx'
import { clockOf, showPage } from './layout.tsx'
import { Chip, Facts, Form, Id, Money, Sentence, subjectText, When, type Clock } from './parts.tsx'
import { NEEDS_READ, showMissing, showRefusal } from './refusal.tsx'
import { may, requireOf } from './session.ts'
import { stepsOf, Timeline } from './timeline.tsx'
import { titleOf, toldOf, viewerOf } from './viewer.ts'
import { FATES, STATES } from './words.ts'

export const eventPage = createRoutes().get('/events/:id', requireOf('read'), (c) =>
  showEvent(c, c.req.param('id'), null),
)

export type Trouble = {
  readonly text: string
  readonly status: 400 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 503
}

/** What was asked for by a form of the page: by hand, where it was not taken, and what a dry run has said. */
type Asked = { readonly typed?: TypedByHand | null; readonly tried?: DryRunShown | null }

/** `trouble`: why what was asked for was not done. */
export async function showEvent(
  c: AppContext,
  id: string,
  trouble: Trouble | null,
  { typed = null, tried = null }: Asked = {},
): Promise<Response> {
  // Who may only write comes here by a form that was refused: it shows him nothing else.
  if (!may(c, 'read')) return showRefusal(c, 403, trouble?.text ?? NEEDS_READ)
  const { deps, operator } = c.var
  const found = isEventId(id) ? await findEvent(deps.db, id) : null
  if (found === null) return showMissing(c)
  const { event, payload } = found
  if (payload !== null) await noteReading(deps, operator, 'payloads')
  const adjustments = await findAdjustments(deps.db, event.decision.adjustments ?? [])
  const [{ why, fields }, steps, byHand] = await Promise.all([
    explainEvent(deps, { event, payload, adjustments }),
    stepsOf(c, event, adjustments),
    byHandSection(c, event, typed),
  ])
  const [clock, title] = [clockOf(c), `${titleOf(c, event)} ${event.type}`]
  return showPage(
    c,
    {
      title,
      section: 'Events',
      told: trouble === null ? toldOf(c) : { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
      isLive: trouble === null && tried === null,
    },
    <>
      <Title of={event} title={title} clock={clock} />
      {tried === null ? null : <DryRunResult of={tried} clock={clock} />}
      <div class="columns">
        <div>
          <Why sentences={why} />
          <div id="event-made" data-list>
            {adjustments.map((row) => (
              <Made of={row} source={titleOf(c, row)} />
            ))}
          </div>
          <Read fields={fields} />
          <Body payload={payload} />
        </div>
        <div>
          <section class="sheet" id="event-forms" data-part>
            <h2>What you can do</h2>
            <div class="card-forms">
              <EventForms event={event} viewer={viewerOf(c)} back={`/events/${event.id}`} />
              {payload === null || event.source === OPERATOR_ENDPOINT ? null : (
                <TryForm of={event} token={viewerOf(c).token} />
              )}
            </div>
          </section>
          {byHand}
          <section class="sheet" id="event-steps" data-part>
            <h2>What happened</h2>
            <Timeline steps={steps} clock={clock} />
          </section>
          <section class="sheet">
            <h2>Where it is from</h2>
            <Origin of={event} clock={clock} />
          </section>
        </div>
      </div>
    </>,
  )
}

const Why = ({ sentences }: { sentences: readonly string[] }) => (
  <section class="sheet" id="event-why" data-part>
    <h2>Why</h2>
    <ul class="why">
      {sentences.map((sentence) => (
        <li>
          <Sentence text={sentence} />
        </li>
      ))}
    </ul>
  </section>
)

const TryForm = ({ of, token }: { of: Event; token: string }) => (
  <Form action={`/events/${of.id}/try`} token={token} class="stack">
    <p class="soft">What would become of it now. Nothing is written, and nobody is told.</p>
    <button>Try with the present rules</button>
  </Form>
)

const Title = ({ of, title, clock }: { of: Event; title: string; clock: Clock }) => (
  <div class="head">
    <p class="crumb">
      <a href="/events">Events</a>
    </p>
    <h1>{title}</h1>
    <p id="event-state" data-part>
      <Chip tone={FATES[of.fate].tone}>{FATES[of.fate].text}</Chip> received{' '}
      <When at={of.receivedAt} clock={clock} />
    </p>
  </div>
)

const Made = ({ of, source }: { of: Adjustment; source: string }) => (
  <section class="sheet" id={of.id}>
    <div class="card-top">
      <Money of={of} big />
      <h3>
        <a href={`/adjustments/${of.id}`}>{subjectText(source, of.subject, of.part)}</a>
      </h3>
      <Chip tone={STATES[of.state].tone}>{STATES[of.state].text}</Chip>
    </div>
  </section>
)

const Read = ({ fields }: { fields: Explanation['fields'] }) => (
  <section class="sheet">
    <h2>What its rule read</h2>
    {Object.keys(fields).length === 0 ? (
      <p class="soft">No rule read fields of it, or they are not kept any more.</p>
    ) : (
      <Facts rows={Object.entries(fields).map(([name, value]) => [name, String(value)])} />
    )}
  </section>
)

const Origin = ({ of, clock }: { of: Event; clock: Clock }) => (
  <Facts
    rows={[
      ['Event', <Id of={of.id} />],
      ['At the source', of.ownId],
      ['Endpoint', of.endpoint],
      ['Rule', of.ruleId],
      ['Mode', of.mode],
      ['Happened', of.occurredAt === null ? null : <When at={of.occurredAt} clock={clock} />],
    ]}
  />
)

const Body = ({ payload }: { payload: Payload | null }) => (
  <section class="sheet">
    <h2>What was delivered</h2>
    {payload?.encoding === 'utf8' ? (
      <Text of={indented(payload.body)} />
    ) : (
      <p class="soft">
        {payload === null
          ? 'It is not kept any more: its time was over, or a person was erased.'
          : 'It is no text. The API shows its bytes.'}
      </p>
    )}
  </section>
)

const Text = ({ of }: { of: string }) => (
  <>
    <pre class="body" tabindex={0} role="region" aria-label="What was delivered">
      {of.slice(0, PAYLOAD_SHOWN_CHARS_MAX)}
    </pre>
    {of.length > PAYLOAD_SHOWN_CHARS_MAX ? (
      <p class="soft">It is longer than this page shows. The API shows all of it.</p>
    ) : null}
    <p class="soft">Card numbers and secrets were taken out before it was kept.</p>
  </>
)

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
