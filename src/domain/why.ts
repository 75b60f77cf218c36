// Why an event became what it became, as sentences for a support agent: which rule decided and what it
// made, what stands in the way, what it repeats, and why every other rule did not apply.

import { amountText } from './adjustment.ts'
import { unreachable } from './assert.ts'
import {
  adjustmentSentences,
  nameOf,
  undoneSentences,
  wordOf,
  type Explained,
  type WhyEvent,
} from './why-adjustment.ts'
import { plain, undecidedWords } from './why-texts.ts'

/** At least one sentence; plain text. */
export const why = (explained: Explained): string[] => [
  ...fateSentences(explained),
  ...shadowSentences(explained.event),
  ...otherRules(explained.event),
  ...missingSentences(explained),
]

function fateSentences(explained: Explained): string[] {
  const { event } = explained
  switch (event.fate) {
    case 'adjusted':
    case 'duplicate':
      return [...undoSentences(explained), ...adjustmentSentences(explained)]
    case 'conflict':
      return [
        ...adjustmentSentences(explained),
        ...answerSentences(explained),
        explained.answers.length === 0
          ? 'A person can make a further adjustment by hand, or dismiss this event.'
          : 'A person can make one more by hand on purpose, or dismiss this event.',
      ]
    case 'ignored':
      return [
        event.decision.considered.length === 0
          ? `No rule reads events of ${explained.source}.`
          : 'No rule made anything of this event.',
      ]
    case 'shadow':
      return [
        `The rule ${event.ruleId} is in shadow mode: it decides and is recorded, and nothing is made.`,
      ]
    case 'undecided':
      return undecidedSentences(event)
    case 'dismissed':
      return [
        explained.answers.length === 0
          ? 'A person has dismissed this event: nothing more is to be done for it.'
          : 'A person has answered this event by hand: nothing more is to be done for it.',
        ...(event.reason === null ? adjustmentSentences(explained) : undecidedSentences(event)),
        ...answerSentences(explained),
      ]
    default:
      return unreachable(event.fate)
  }
}

const answerSentences = ({ answers }: Explained): string[] =>
  answers.map(
    (answer) =>
      `A person has answered it by ${answer.id}, a ${wordOf(answer)} of ${amountText(answer)}, which is ${answer.state}.`,
  )

function undecidedSentences({ ruleId, reason, decision }: WhyEvent): string[] {
  const { says, helps } = undecidedWords(reason ?? 'shape')
  const where = decision.detail === undefined ? '' : ` (${decision.detail})`
  const who = ruleId === null ? 'Nobody could read it' : `The rule ${ruleId} could not decide`
  return [`${who}: ${says}${where}.`, helps]
}

function undoSentences(explained: Explained): string[] {
  const { ruleId, fate, decision } = explained.event
  const { undoes } = decision
  if (undoes === undefined) return []
  const what = `what ${undoes.ruleIds.join(', ')} made for ${undoes.subject}, or makes for it later`
  return [
    `The rule ${ruleId} undoes ${what}.`,
    ...(fate === 'duplicate' ? ['An earlier event had undone it: nothing was done again.'] : []),
    ...undoneSentences(explained),
  ]
}

const shadowSentences = ({ decision: { shadows = [] } }: WhyEvent): string[] =>
  shadows.map(
    (shadow) =>
      `The rule ${shadow.rule}, in shadow mode, would have made a ${wordOf(shadow)} of ${amountText(shadow)} for ${nameOf(shadow)}.`,
  )

/** Of what nobody could read there was nothing to show. */
const missingSentences = ({ event, asked }: Explained): string[] => {
  const wasUnreadable = event.fate === 'undecided' && event.ruleId === null
  if (asked.kind === 'known' || wasUnreadable) return []
  return [`The fields that were read can not be shown: ${asked.because}.`]
}

/** Why each rule that didn't decide did not. */
export function otherRules({
  ruleId,
  fate,
  decision,
}: Pick<WhyEvent, 'ruleId' | 'fate'> & {
  readonly decision: Pick<WhyEvent['decision'], 'considered'>
}): string[] {
  return decision.considered
    .filter(({ rule }) => rule !== ruleId || fate === 'ignored')
    .flatMap(({ rule, answer }) => {
      const told = answerText(answer)
      return told === null ? [] : [`The rule ${rule} ${told}.`]
    })
}

const SHADOW = 'shadow: '

/** Null where another sentence has told it. */
function answerText(answer: string): string | null {
  if (answer === 'other_event_type') return 'reads other types of events'
  if (answer === 'not_reached') return 'was not asked, since one before it had decided'
  if (answer === `${SHADOW}adjust`) return null
  if (answer.startsWith(SHADOW)) {
    const told = answerText(answer.slice(SHADOW.length))
    return told === null ? null : `is in shadow mode; it ${told}`
  }
  const [, verb, code = ''] = /^(ignored|undecided): (.*)$/s.exec(answer) ?? []
  if (verb === 'ignored') return `ignored it: ${plain(code)}`
  if (verb === 'undecided') return `could not decide: ${undecidedWords(code).says}`
  return answer === 'undo' ? 'would undo something' : plain(answer)
}
