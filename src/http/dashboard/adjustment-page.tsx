// One adjustment: how much, for whom and why, where its invoice is, and what can be done about it.

import { findAdjustment } from '../../db/read-adjustments.ts'
import { findEvent } from '../../db/read-events.ts'
import { listApprovals } from '../../db/read-approvals.ts'
import type { Adjustment } from '../../db/schema.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import { todoOf } from '../../domain/todo.ts'
import { customerText } from '../../domain/why-texts.ts'
import { linkAddress } from '../../usecases/link-address.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { AdjustmentForms } from './adjustment-forms.tsx'
import type { Trouble } from './event-page.tsx'
import { HoldForms, Reasons } from './held-card.tsx'
import { shownOf } from './inbox.tsx'
import { clockOf, showPage } from './layout.tsx'
import { Chip, Facts, Id, Money, subjectText, When, type Clock } from './parts.tsx'
import { showMissing } from './refusal.tsx'
import { requireOf } from './session.ts'
import { amountShown } from './shown.ts'
import { stepsOf, Timeline } from './timeline.tsx'
import { titleOf, toldOf, viewerOf } from './viewer.ts'
import { SETTLEMENTS, STATES } from './words.ts'

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
  const { deps } = c.var
  const row = isAdjustmentId(id) ? await findAdjustment(deps.db, id) : null
  if (row === null) return showMissing(c)
  const found = await findEvent(deps.db, row.eventId)
  const [[shown], steps, link, approvals] = await Promise.all([
    shownOf(c, [row]),
    stepsOf(c, found?.event ?? null, [row]),
    row.invoiceId === null ? null : linkAddress(deps, row.invoiceId, new URL(c.req.url).origin),
    row.holds === 0 ? [] : listApprovals(deps.db, row.id),
  ])
  const [viewer, clock, back] = [viewerOf(c), clockOf(c), `/adjustments/${row.id}`]
  const title = subjectText(titleOf(c, row), row.subject, row.part)
  const todo = todoOf(row)
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
      <div class="head">
        <p class="crumb">
          <a href="/adjustments">Adjustments</a>
        </p>
        <h1>
          <Money of={row} /> {title}
        </h1>
        <p id="adjustment-state" data-part>
          <Chip tone={STATES[row.state].tone}>{STATES[row.state].text}</Chip>{' '}
          {row.amount < 0 ? 'credit to' : 'charge to'} {customerText(row)}, made{' '}
          <When at={row.createdAt} clock={clock} />
        </p>
      </div>
      <div class="columns">
        <div>
          {row.state === 'held' ? (
            <section class="sheet" id="adjustment-hold" data-part>
              <h2>Why it waits</h2>
              <Reasons of={row} />
            </section>
          ) : null}
          {todo === null ? null : (
            <section class="sheet" id="adjustment-todo" data-part>
              <h2>What helps</h2>
              <p>{todo}</p>
            </section>
          )}
          <section class="sheet" id="adjustment-invoice" data-part>
            <h2>Its invoice</h2>
            <Invoice of={row} link={link} clock={clock} />
          </section>
          <section class="sheet" id="adjustment-facts" data-part>
            <h2>What it is</h2>
            <FactsOf of={row} approvers={approvals.map(({ operator }) => operator)} />
          </section>
        </div>
        <div>
          <section class="sheet" id="adjustment-forms" data-part>
            <h2>What you can do</h2>
            <div class="card-forms">
              {row.state === 'held' && shown ? (
                <HoldForms of={shown} viewer={viewer} clock={clock} back={back} note={note} />
              ) : null}
              <AdjustmentForms of={row} viewer={viewer} back={back} />
            </div>
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

const Invoice = ({ of, link, clock }: { of: Adjustment; link: string | null; clock: Clock }) => {
  if (of.invoiceId === null) return <p class="soft">There is none yet.</p>
  const total = {
    amount: of.invoiceTotal ?? of.amount,
    currency: of.invoiceCurrency ?? of.currency,
  }
  return (
    <>
      <Facts
        rows={[
          ['Number', of.invoiceNumber ?? 'not numbered yet'],
          ['Status at billing', of.invoiceStatus],
          ['Total', <Money of={{ ...total, currency: total.currency.toLowerCase() }} />],
          [
            'Tax in it',
            of.invoiceTax === null || of.invoiceTax === 0 ? null : (
              <Money of={{ amount: of.invoiceTax, currency: total.currency.toLowerCase() }} />
            ),
          ],
          ['Made', of.invoicedAt === null ? null : <When at={of.invoicedAt} clock={clock} />],
          ['Link to the PDF', link === null ? null : <LinkTo address={link} />],
        ]}
      />
      {of.answerDifferences === null ? null : (
        <p class="told is-bad">
          {`The billing API answered something else than was asked for: ${of.answerDifferences
            .map(({ field, asked, answered }) => `${field} ${answered} instead of ${asked}`)
            .join('; ')}.`}
        </p>
      )}
    </>
  )
}

const LinkTo = ({ address }: { address: string }) => (
  <span class="id">
    <a href={address} rel="noreferrer">
      {address}
    </a>
    <button type="button" class="copy" data-copy={address} hidden aria-label="Copy the link">
      Copy
    </button>
  </span>
)

const FactsOf = ({ of, approvers }: { of: Adjustment; approvers: readonly string[] }) => (
  <Facts
    rows={[
      ['Settlement', SETTLEMENTS[of.settlement]],
      ['Reason', of.reason],
      ['Customer', customerText(of)],
      ['Customer at billing', of.request?.customerId ?? of.customerId],
      ['Asked for by', of.asker],
      ['Made by', of.maker],
      ['Approved by', approvers.length === 0 ? null : [...new Set(approvers)].join(', ')],
      ['Note', of.decisionNote === null || of.decisionNote === '' ? null : of.decisionNote],
      ['Rule', of.ruleId],
      ['Event', <a href={`/events/${of.eventId}`}>{of.eventId}</a>],
      ['Undoes', of.reverses && <a href={`/adjustments/${of.reverses}`}>{of.reverses}</a>],
      [
        'Undone by',
        of.reversedBy === 'void' || of.reversedBy === null ? (
          of.reversedBy && 'voiding its invoice'
        ) : (
          <a href={`/adjustments/${of.reversedBy}`}>{of.reversedBy}</a>
        ),
      ],
      ['Adjustment', <Id of={of.id} />],
      ['Attempts', String(of.attempts)],
    ]}
  />
)
