// One adjustment: how much, for whom and why, where its invoice is, and what can be done about it.

import { findAdjustment } from '../../db/read-adjustments.ts'
import { findEvent } from '../../db/read-events.ts'
import { listApprovals } from '../../db/read-approvals.ts'
import type { Adjustment } from '../../db/schema.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import type { Suggestion } from '../../domain/suggest-customer.ts'
import { SIMILAR_WINDOW_ROWS } from '../../domain/limits.ts'
import { todoOf } from '../../domain/todo.ts'
import { customerText } from '../../domain/why-texts.ts'
import { linkAddress } from '../../usecases/link-address.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { AdjustmentForms } from './adjustment-forms.tsx'
import type { Trouble } from './event-page.tsx'
import { FactsOf, Invoice } from './adjustment-facts.tsx'
import { HoldForms, Reasons, type Shown } from './held-card.tsx'
import { shownOf } from './inbox.tsx'
import { clockOf, showPage } from './layout.tsx'
import { Chip, Money, subjectText, When, type Clock } from './parts.tsx'
import { NEEDS_READ, showMissing, showRefusal } from './refusal.tsx'
import { may, requireOf } from './session.ts'
import { amountShown } from './shown.ts'
import { similarScope, SimilarList } from './similar.tsx'
import { suggestedFor } from './suggestions.tsx'
import { stepsOf, Timeline } from './timeline.tsx'
import { titleOf, toldOf, viewerOf } from './viewer.ts'
import { STATES } from './words.ts'

export const adjustmentPage = createRoutes().get('/adjustments/:id', requireOf('read'), (c) =>
  showAdjustment(c, c.req.param('id'), null),
)

/** `note`: what was typed, where it was not taken, so that it is not lost. */
export async function showAdjustment(
  c: AppContext,
  id: string,
  trouble: Trouble | null,
  note = '',
): Promise<Response> {
  if (!may(c, 'read')) return showRefusal(c, 403, trouble?.text ?? NEEDS_READ)
  const { deps } = c.var
  const row = isAdjustmentId(id) ? await findAdjustment(deps.db, id) : null
  if (row === null) return showMissing(c)
  const found = await findEvent(deps.db, row.eventId)
  const [[shown], suggested, steps, link, approvals] = await Promise.all([
    shownOf(c, [row], SIMILAR_WINDOW_ROWS),
    suggestedFor(c, row),
    stepsOf(c, found?.event ?? null, [row]),
    row.invoiceId === null ? null : linkAddress(deps, row.invoiceId, new URL(c.req.url).origin),
    row.holds === 0 ? [] : listApprovals(deps.db, row.id),
  ])
  const title = subjectText(titleOf(c, row), row.subject, row.part)
  const clock = clockOf(c)
  return showPage(
    c,
    {
      title: `${amountShown(row)}, ${title}`,
      section: 'Adjustments',
      told: trouble === null ? toldOf(c) : { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
      isLive: trouble === null,
    },
    <>
      <Title of={row} title={title} clock={clock} />
      <div class="columns">
        <div>
          <Waits of={row} />
          <section class="sheet" id="adjustment-invoice" data-part>
            <h2>Its invoice</h2>
            <Invoice of={row} link={link} clock={clock} />
          </section>
          <section class="sheet" id="adjustment-facts" data-part>
            <h2>What it is</h2>
            <FactsOf of={row} approvers={approvals.map(({ operator }) => operator)} />
          </section>
          <SimilarOnes of={shown} clock={clock} />
        </div>
        <div>
          <section class="sheet" id="adjustment-forms" data-part>
            <h2>What you can do</h2>
            <FormsOf c={c} of={row} shown={shown} suggested={suggested} note={note} />
          </section>
          <section class="sheet" id="adjustment-steps" data-part>
            <h2>What happened</h2>
            <Timeline steps={steps} clock={clock} />
          </section>
        </div>
      </div>
    </>,
  )
}

const Title = ({ of, title, clock }: { of: Adjustment; title: string; clock: Clock }) => (
  <div class="head">
    <p class="crumb">
      <a href="/adjustments">Adjustments</a>
    </p>
    <h1>
      <Money of={of} /> {title}
    </h1>
    <p id="adjustment-state" data-part>
      <Chip tone={STATES[of.state].tone}>{STATES[of.state].text}</Chip>{' '}
      {of.amount < 0 ? 'credit to' : 'charge to'} {customerText(of)}, made{' '}
      <When at={of.createdAt} clock={clock} />
    </p>
  </div>
)

/** Why it goes on no further by itself, and what helps. It is always there, so that it can come by itself. */
const Waits = ({ of }: { of: Adjustment }) => {
  const todo = todoOf(of)
  const isThere = of.state === 'held' || todo !== null
  return (
    <section class={isThere ? 'sheet' : ''} id="adjustment-waits" data-part>
      {of.state === 'held' ? (
        <>
          <h2>Why it waits</h2>
          <Reasons of={of} />
        </>
      ) : null}
      {todo === null ? null : (
        <>
          <h2>What helps</h2>
          <p>{todo}</p>
        </>
      )}
    </section>
  )
}

const SimilarOnes = ({ of, clock }: { of: Shown | undefined; clock: Clock }) => {
  const similar = of?.similar ?? []
  return (
    <section class="sheet">
      <h2>Similar ones</h2>
      {similar.length === 0 ? <p>There are none.</p> : <SimilarList of={similar} clock={clock} />}
      <p class="soft">{similarScope(SIMILAR_WINDOW_ROWS)}</p>
    </section>
  )
}

type FormsProps = {
  c: AppContext
  of: Adjustment
  shown: Shown | undefined
  suggested: readonly Suggestion[]
  note: string
}

const FormsOf = ({ c, of, shown, suggested, note }: FormsProps) => {
  const [viewer, back] = [viewerOf(c), `/adjustments/${of.id}`]
  return (
    <div class="card-forms">
      {of.state === 'held' && shown ? (
        <HoldForms
          of={shown}
          viewer={viewer}
          clock={clockOf(c)}
          back={back}
          note={note}
          suggested={suggested}
        />
      ) : null}
      <AdjustmentForms of={of} viewer={viewer} back={back} />
    </div>
  )
}
