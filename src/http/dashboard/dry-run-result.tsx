// What would happen, in the words of what has happened.

import { unreachable } from '../../domain/assert.ts'
import { otherRules } from '../../domain/why.ts'
import { holdText, undecidedWords } from '../../domain/why-texts.ts'
import type { presentDryRun } from '../api/present-dry-run.ts'
import { Chip, Facts, Money, Sentence, subjectText, When, type Clock } from './parts.tsx'
import { FATES, SETTLEMENTS, type Tone } from './words.ts'

export type DryRunShown = ReturnType<typeof presentDryRun>
type Shown = DryRunShown['events'][number]
type ShownEvent = Extract<Shown, { object: 'dry_event' }>
type ShownAdjustment = ShownEvent['adjustments'][number]

export const DryRunResult = ({ of, clock }: { of: DryRunShown; clock: Clock }) => (
  <section class="sheet is-tried" id="tried" aria-label="What would happen" tabindex={-1}>
    <h2>What would happen</h2>
    <p class="soft">Nothing was written. Limits are asked for each by itself, as of now.</p>
    {of.events.map((event) =>
      event.object === 'dry_event' ? (
        <EventResult of={event} clock={clock} />
      ) : (
        <p>{`An event can not be read: ${undecidedWords(event.reason).says}. ${undecidedWords(event.reason).helps}`}</p>
      ),
    )}
  </section>
)

const EventResult = ({ of, clock }: { of: ShownEvent; clock: Clock }) => (
  <div class="tried">
    <div class="card-top">
      <h3>{of.type}</h3>
      <Chip tone={FATES[of.fate].tone}>{FATES[of.fate].text}</Chip>
      {of.occurredAt === null ? null : (
        <span class="soft">
          happened <When at={Date.parse(of.occurredAt)} clock={clock} />
        </span>
      )}
    </div>
    <ul class="why">
      {sentencesOf(of).map((text) => (
        <li>
          <Sentence text={text} />
        </li>
      ))}
    </ul>
    {of.adjustments.map((each) => (
      <AdjustmentResult of={each} />
    ))}
  </div>
)

function sentencesOf(of: ShownEvent): readonly string[] {
  const { fate, rule, reason, detail, recorded, undo, approves, considered } = of
  const words = fate === 'undecided' && reason !== null ? undecidedWords(reason) : null
  return [
    ...(recorded === null
      ? []
      : [`${recorded.id} is this event: a delivery of it would make nothing more.`]),
    ...(rule === null ? ['No rule would decide it.'] : [`The rule ${rule} would decide it.`]),
    ...(words === null
      ? []
      : [
          `It could not decide: ${words.says}${detail === null ? '' : ` (${detail})`}. ${words.helps}`,
        ]),
    ...(undo === null ? [] : [`It would undo what was made for ${undo.subject}.`]),
    ...(approves === undefined ? [] : [`It would approve what is held for ${approves.subject}.`]),
    ...otherRules({ ruleId: rule, fate, decision: { considered } }),
  ]
}

const AdjustmentResult = ({ of }: { of: ShownAdjustment }) => {
  const { text, tone } = wouldOf(of.would)
  const holds = 'holdReasons' in of ? of.holdReasons : []
  return (
    <div class="tried-one">
      <div class="card-top">
        <Money of={of} big />
        <h3>{subjectText('', of.subject, of.part).trim()}</h3>
        <Chip tone={tone}>{text}</Chip>
      </div>
      {holds.length === 0 ? null : (
        <ul class="why">
          {holds.map((hold) => (
            <li>{holdText(hold, of.currency)}</li>
          ))}
        </ul>
      )}
      <Facts
        rows={[
          ['Customer', of.customer.reference ?? 'not named'],
          ['At billing', 'id' in of.customer ? (of.customer.id ?? 'not found') : null],
          ['Settlement', SETTLEMENTS[of.settlement]],
          [
            'Approvers',
            'approversNeeded' in of && of.approversNeeded > 1 ? String(of.approversNeeded) : null,
          ],
          ['Asked for by', of.asker],
          ['There already', 'standing' in of ? <Sentence text={of.standing.adjustment} /> : null],
        ]}
      />
    </div>
  )
}

function wouldOf(would: ShownAdjustment['would']): { readonly text: string; readonly tone: Tone } {
  switch (would) {
    case 'issue':
      return { text: 'Would be invoiced', tone: 'good' }
    case 'hold':
      return { text: 'Would be held', tone: 'wait' }
    case 'wait':
      return { text: 'Would wait: it is paused', tone: 'wait' }
    case 'cancel':
      return { text: 'Would be cancelled: its undo came first', tone: 'over' }
    case 'exists':
      return { text: 'Is there, made by this event', tone: 'over' }
    case 'duplicate':
      return { text: 'Already credited', tone: 'over' }
    case 'conflict':
      return { text: 'Conflict with what is there', tone: 'wait' }
    default:
      return unreachable(would)
  }
}
