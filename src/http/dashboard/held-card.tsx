// A held adjustment with everything that is needed to decide, and the forms that decide.

import type { Past } from '../../db/read-dashboard.ts'
import type { SimilarRow } from '../../db/read-similar.ts'
import type { Adjustment } from '../../db/schema.ts'
import { holdExpiresAt } from '../../domain/hold-clock.ts'
import type { HoldDetail } from '../../domain/hold.ts'
import {
  BILLING_ID_CHARS_MAX,
  NOTE_CHARS_MAX,
  SIMILAR_INBOX_WINDOW_ROWS,
} from '../../domain/limits.ts'
import type { Similar } from '../../domain/similar.ts'
import type { Suggestion } from '../../domain/suggest-customer.ts'
import { customerText, holdText } from '../../domain/why-texts.ts'
import { Field, Form, Money, Sentence, When, Chip, subjectText, type Clock } from './parts.tsx'
import { Suggestions } from './suggestions.tsx'
import { amountShown } from './shown.ts'
import { similarScope, SimilarList } from './similar.tsx'
import { holdWord, isAnyBarred, STATES } from './words.ts'

/** What the viewer may do, and with which form token. */
export type Viewer = {
  readonly token: string
  readonly mayApprove: boolean
  readonly mayWrite: boolean
  readonly mayAdmin: boolean
  readonly identity: string
}

export type Shown = {
  readonly adjustment: Adjustment
  /** The source's title. */
  readonly source: string
  /** What he was given or charged before. */
  readonly past: readonly Past[]
  readonly approvers: readonly string[]
  readonly similar: readonly Similar<SimilarRow>[]
}

type Props = {
  of: Shown
  viewer: Viewer
  clock: Clock
  back: string
  note?: string
  /** Where they were looked for: on its own page. */
  suggested?: readonly Suggestion[]
}

export const HeldCard = (props: Props) => {
  const { adjustment, source } = props.of
  const { id, subject, part, heldAt, createdAt, asker, ruleId } = adjustment
  return (
    <article class="card" id={id} data-card tabindex={-1}>
      <div class="card-what">
        <div class="card-top">
          <Money of={adjustment} big />
          <h3>
            <a href={`/adjustments/${id}`}>{subjectText(source, subject, part)}</a>
          </h3>
          <span class="soft">
            held <When at={heldAt ?? createdAt} clock={props.clock} />
          </span>
        </div>
        <p>
          {adjustment.amount < 0 ? 'To ' : 'From '}
          <b>{customerText(adjustment)}</b>
          {asker === null ? '' : `, asked for by ${asker}`}
          {`, by the rule ${ruleId}.`}
        </p>
        <Reasons of={adjustment} />
        <History of={props.of} clock={props.clock} />
        <SimilarOnes of={props.of} clock={props.clock} />
      </div>
      <div class="card-do">
        <HoldForms {...props} />
      </div>
    </article>
  )
}

export const Reasons = ({ of }: { of: Adjustment }) => {
  const reasons = of.holdReasons ?? []
  const details: readonly HoldDetail[] = of.holdDetails ?? reasons.map((reason) => ({ reason }))
  return (
    <>
      <div class="chips">
        {reasons.map((reason) => (
          <Chip tone="wait">{holdWord(reason)}</Chip>
        ))}
      </div>
      <ul class="why">
        {details.map((detail) => (
          <li>
            <Sentence text={holdText(detail, of.currency)} />
          </li>
        ))}
      </ul>
    </>
  )
}

const History = ({ of, clock }: { of: Shown; clock: Clock }) => {
  if (of.adjustment.customerId === null) return null
  if (of.past.length === 0) return <p class="soft">This customer had no adjustment before.</p>
  return (
    <div>
      <p class="soft">This customer before:</p>
      <ul class="past">
        {of.past.map((each) => (
          <li>
            <Money of={each} />
            <a href={`/adjustments/${each.id}`}>{each.subject}</a>
            <span class="soft">
              {STATES[each.state].text.toLowerCase()}{' '}
              {each.countedAt === null ? null : <When at={each.countedAt} clock={clock} />}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** But for those that stand above it. */
const SimilarOnes = ({ of: { past, similar }, clock }: { of: Shown; clock: Clock }) => {
  const others = similar.filter(({ row }) => !past.some(({ id }) => id === row.id))
  if (others.length === 0) return null
  return (
    <div title={similarScope(SIMILAR_INBOX_WINDOW_ROWS)}>
      <p class="soft">Similar ones:</p>
      <SimilarList of={others} clock={clock} />
    </div>
  )
}

export const HoldForms = (props: Props) => {
  const { of, viewer, clock } = props
  const { adjustment, approvers } = of
  const { approversNeeded, heldAt } = adjustment
  const reasons = adjustment.holdReasons ?? []
  const expiresAt = heldAt === null ? null : holdExpiresAt({ heldAt, holdReasons: reasons })
  const own = whoseOwn(adjustment, viewer.identity)
  const isUnknown = reasons.includes('outcome_unknown')
  return (
    <>
      {approversNeeded > 1 ? (
        <p class="soft">
          {`${approvers.length} of ${approversNeeded} people have approved it`}
          {approvers.length === 0 ? '.' : `: ${approvers.join(', ')}.`}
        </p>
      ) : null}
      {viewer.mayApprove ? null : <p class="soft">Your key can not answer this.</p>}
      {own === null ? null : <p class="soft">{own}</p>}
      {viewer.mayApprove && own === null ? <LetThrough {...props} /> : null}
      {isUnknown ? (
        <p>
          <a href={`/adjustments/${adjustment.id}`}>Look for its invoice first</a>
        </p>
      ) : null}
      {viewer.mayApprove && !isUnknown ? <RejectForm {...props} /> : null}
      {expiresAt === null ? null : (
        <p class="soft">
          Unanswered, it is rejected <When at={expiresAt} clock={clock} />.
        </p>
      )}
    </>
  )
}

/** Approving names what was shown: another amount by then is another decision. */
const LetThrough = ({ of: { adjustment }, viewer, back, suggested }: Props) => {
  const { id, version, amount, currency } = adjustment
  const reasons = adjustment.holdReasons ?? []
  const common = { token: viewer.token, back, class: 'stack' }
  const isInDoubt = reasons.includes('customer_unresolved') || reasons.includes('currency_mismatch')
  return (
    <>
      {isAnyBarred(reasons) ? null : (
        <Form
          {...common}
          action={`/adjustments/${id}/approve`}
          fields={{ version, amount, currency }}
        >
          <button class="main">{`Approve ${amountShown(adjustment)}`}</button>
        </Form>
      )}
      {isInDoubt ? (
        <Form {...common} action={`/adjustments/${id}/customer`} fields={{ version }}>
          <Field label="Customer at billing" hint="His id there begins cus_.">
            <input
              type="text"
              name="customerId"
              required
              maxlength={BILLING_ID_CHARS_MAX}
              placeholder="cus_…"
              spellcheck={false}
            />
          </Field>
          <button>Choose this customer</button>
        </Form>
      ) : null}
      {suggested ? (
        <Suggestions of={adjustment} suggested={suggested} token={viewer.token} back={back} />
      ) : null}
      {isInDoubt && !suggested ? (
        <p>
          <a href={`/adjustments/${id}`}>Who it may be</a>
        </p>
      ) : null}
    </>
  )
}

/** Closed until it is wanted, and open where what was typed is given back. */
const RejectForm = ({ of: { adjustment }, viewer, back, note = '' }: Props) => (
  <details open={note !== ''} data-open={note === '' ? null : 'yes'}>
    <summary>Reject it…</summary>
    <Form
      token={viewer.token}
      back={back}
      class="stack"
      action={`/adjustments/${adjustment.id}/reject`}
      fields={{ version: adjustment.version }}
    >
      <Field label="Why not" hint="The person who asked reads this.">
        <textarea name="note" maxlength={NOTE_CHARS_MAX} rows={3}>
          {note}
        </textarea>
      </Field>
      <button class="danger">Reject</button>
    </Form>
  </details>
)

/** Who made it or asked for it is not who lets it through. */
function whoseOwn({ maker, asker }: Adjustment, identity: string): string | null {
  if (maker?.toLowerCase() === identity) return 'You made it, so another person has to approve it.'
  if (asker?.toLowerCase() !== identity) return null
  return 'You asked for it, so another person has to approve it.'
}
