// The sentences on one adjustment of an explained event: what it is, where it stands and what stands in
// its way; or that it was there before, and what differs.

import {
  amountText,
  isWithdrawn,
  wordFor,
  type AdjustmentFacts,
  type AdjustmentState,
} from './adjustment.ts'
import { unreachable } from './assert.ts'
import type { Consideration } from './decide.ts'
import type { Fate, Mode } from './event.ts'
import type { HoldDetail, HoldReason } from './hold.ts'
import { OTHER_MAKERS } from './requested-invoice.ts'
import type { ReversalOf } from './reversal.ts'
import { helpFor } from './todo.ts'
import type { Trouble } from './trouble.ts'
import { customerText, holdText, plain, reversalText } from './why-texts.ts'

export type WhyEvent = {
  readonly id: string
  readonly fate: Fate
  readonly ruleId: string | null
  readonly reason: string | null
  readonly mode: Mode | null
  readonly decision: {
    readonly considered: readonly Consideration[]
    readonly detail?: string
    readonly undoes?: { readonly subject: string; readonly ruleIds: readonly string[] }
    readonly shadows?: readonly WhyShadow[]
    /** The event in conflict that a person answers with it. */
    readonly answers?: string
  }
}

type WhyShadow = {
  readonly rule: string
  readonly subject: string
  readonly part: string
  readonly amount: number
  readonly currency: string
}

export type WhyAdjustment = Pick<
  AdjustmentFacts,
  | 'id'
  | 'eventId'
  | 'ruleId'
  | 'subject'
  | 'part'
  | 'amount'
  | 'currency'
  | 'settlement'
  | 'mode'
  | 'customerReference'
  | 'customerKind'
> & {
  readonly state: AdjustmentState
  readonly holdReasons: readonly HoldReason[] | null
  readonly holdDetails: readonly HoldDetail[] | null
  readonly clearedReasons: readonly HoldReason[] | null
  readonly trouble: Trouble | null
  readonly invoiceNumber: string | null
  readonly invoiceStatus: string | null
  readonly reversedBy: string | null
  readonly reversal: ReversalOf | null
  /** Of one that is due: nothing is issued before our record has been compared with the billing API. */
  readonly waitsForRecord: boolean
}

/** What the event asks for. */
export type Wanted = Pick<
  WhyAdjustment,
  'subject' | 'part' | 'amount' | 'currency' | 'customerReference' | 'mode'
>

export type Asked =
  /** `isOfNow`: the rules have changed since the event came, and say this by now. */
  | { readonly kind: 'known'; readonly wanted: readonly Wanted[]; readonly isOfNow: boolean }
  | { readonly kind: 'unknown'; readonly because: string }

export type Explained = {
  readonly event: WhyEvent
  /** The source's title: "Stripe". */
  readonly source: string
  /** Those that the event made, and those that were there when it asked for them. */
  readonly adjustments: readonly WhyAdjustment[]
  /** What is there of what the event undoes. */
  readonly undone: readonly WhyAdjustment[]
  /** What people made by hand in answer to its conflict. */
  readonly answers: readonly Pick<WhyAdjustment, 'id' | 'amount' | 'currency' | 'state'>[]
  readonly asked: Asked
}

/** What was made, and what was there before. */
export const adjustmentSentences = (explained: Explained): string[] =>
  explained.adjustments.flatMap((adjustment) =>
    adjustment.eventId === explained.event.id
      ? madeSentences(explained, adjustment)
      : repeatedSentences(explained, adjustment),
  )

function madeSentences({ event, source }: Explained, adjustment: WhyAdjustment): string[] {
  const { ruleId, settlement } = adjustment
  const who = OTHER_MAKERS.get(ruleId) ?? `The rule ${ruleId} made`
  const { answers } = event.decision
  return [
    `${who} ${whatOf(adjustment)}.`,
    ...(answers === undefined ? [] : [`It answers the conflict of ${answers}.`]),
    settlement === 'owed'
      ? 'It is promised: its invoice stays open.'
      : `It is a record: the money has already moved at ${source}.`,
    ...stateSentences(adjustment),
  ]
}

/** Where each of them stands now tells if it was cancelled or reversed. */
export const undoneSentences = ({ undone }: Explained): string[] =>
  undone.length === 0 ? ['There is nothing of it yet.'] : undone.flatMap(undoneOne)

function undoneOne(there: WhyAdjustment): string[] {
  const isDecided = there.reversal?.state === 'rejected'
  const verb = isDecided ? 'would undo' : 'undoes'
  return [
    `It ${verb} ${there.id} of the event ${there.eventId}: ${whatOf(there)}.`,
    ...stateSentences(there),
    ...(isDecided ? ['That was decided, so no undo makes another reversal.'] : []),
  ]
}

function stateSentences(adjustment: WhyAdjustment): string[] {
  const { state, invoiceNumber, invoiceStatus } = adjustment
  const [cleared, reversed] = [clearedSentences(adjustment), reversedSentences(adjustment)]
  switch (state) {
    case 'due':
      return [
        ...cleared,
        adjustment.waitsForRecord
          ? 'It waits until our record has been compared with the billing API.'
          : 'It waits for its turn to be issued.',
        ...troubleSentences(adjustment),
      ]
    case 'issuing':
      return [...cleared, 'It is being issued.']
    case 'invoiced': {
      const status = invoiceStatus === null ? '' : `, which is ${plain(invoiceStatus)}`
      return [
        ...cleared,
        `It is issued as invoice ${invoiceNumber ?? 'without a number'}${status}.`,
        ...reversed,
      ]
    }
    case 'held':
      return ['It waits for a person.', ...heldBecause(adjustment)]
    case 'failed':
      return [
        'It could not be issued.',
        ...troubleSentences(adjustment),
        ...(adjustment.trouble === null ? [] : [helpFor(adjustment.trouble)]),
      ]
    case 'rejected':
      return ['It was rejected by a person, or because nobody answered in time.']
    case 'cancelled':
      return ['It was cancelled before it was issued: what it is for had been undone.']
    default:
      return unreachable(state)
  }
}

const heldBecause = ({ holdDetails, holdReasons, currency }: WhyAdjustment): string[] =>
  (holdDetails ?? (holdReasons ?? []).map((reason): HoldDetail => ({ reason }))).map((detail) =>
    holdText(detail, currency),
  )

/** Without numbers: those that were shown are in the audit log. */
const clearedSentences = ({ clearedReasons, currency }: WhyAdjustment): string[] =>
  clearedReasons === null || clearedReasons.length === 0
    ? []
    : [
        'It was held, and let through by a person, who saw this.',
        ...clearedReasons.map((reason) => holdText({ reason }, currency)),
      ]

const reversedSentences = ({ reversal, reversedBy }: WhyAdjustment): string[] => [
  ...(reversal === null ? [] : [reversalText(reversal)]),
  ...(reversedBy === 'void' ? ['Its invoice is voided, or about to be.'] : []),
]

const troubleSentences = ({ trouble }: WhyAdjustment): string[] =>
  trouble === null
    ? []
    : [
        `The last trouble with billing: ${plain(trouble.code)}${trouble.status === null ? '' : `, status ${trouble.status}`}.`,
      ]

function repeatedSentences(explained: Explained, there: WhyAdjustment): string[] {
  const { asked, event } = explained
  const before = `${there.id} of the event ${there.eventId} was there before: ${whatOf(there)}.`
  if (event.fate === 'duplicate') {
    return [before, 'This event asks for the same, so nothing was made again.']
  }
  if (asked.kind === 'unknown') {
    return [before, 'What this event asks for instead can not be shown.']
  }
  const wanted = asked.wanted.find(
    ({ subject, part }) => subject === there.subject && part === there.part,
  )
  const rules = asked.isOfNow ? 'By the rules of now, which are others, this' : 'This'
  if (!wanted) return [before, `${rules} event does not ask for it.`]
  const differences = differencesOf(wanted, there)
  if (differences.length === 0 && isWithdrawn(there)) {
    const meant = `${rules} event asks for the same again, and only a person can say if it is meant.`
    return [before, ...stateSentences(there), meant]
  }
  return [
    before,
    differences.length === 0
      ? `${rules} event asks for the same, so nothing was made again.`
      : `${rules} event asks for something else: ${differences.join('; ')}. Nothing was changed.`,
  ]
}

const differencesOf = (wanted: Wanted, there: WhyAdjustment): string[] => {
  const texts: readonly (readonly [string, string, string])[] = [
    [
      'amount',
      `${wordOf(wanted)} of ${amountText(wanted)}`,
      `${wordOf(there)} of ${amountText(there)}`,
    ],
    ['customer', wanted.customerReference ?? 'nobody', there.customerReference ?? 'nobody'],
    ['mode', wanted.mode ?? 'none', there.mode ?? 'none'],
  ]
  return texts
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other]) => `${name}: ${one} instead of ${other}`)
}

export const wordOf = ({ amount }: { readonly amount: number }): string =>
  wordFor(amount).toLowerCase()

const whatOf = (adjustment: WhyAdjustment): string =>
  `a ${wordOf(adjustment)} of ${amountText(adjustment)} to ${customerText(adjustment)} for ${nameOf(adjustment)}`

export const nameOf = ({ subject, part }: Pick<WhyAdjustment, 'subject' | 'part'>): string =>
  part === '' ? subject : `${subject} (${part})`
