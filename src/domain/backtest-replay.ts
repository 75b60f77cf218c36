// One recorded event through the rules of a backtest: what became of it then, and what would now.

import { unreachable } from './assert.ts'
import {
  add,
  addUndo,
  standing,
  undoInMode,
  undoKey,
  type Backtest,
  type KeptReason,
  type Made,
  type RecordedEvent,
  type Said,
  type Seen,
} from './backtest.ts'
import { decide, type Decision } from './decide.ts'
import type { Fate } from './event.ts'
import type { Proposal } from './outcome.ts'
import type { Rule } from './rule.ts'

/** The next event of the record. */
export function replay(backtest: Backtest, recorded: RecordedEvent, seen: Seen): void {
  count(backtest.seen, seen.kind === 'event' ? 'decided' : reasonOf(seen))
  const { fate, now, made, undoes } = present(backtest, recorded, seen)
  const { seq, id } = recorded
  const said: Said = { seq, event: id, saidThen: thenText(recorded), saidNow: now }
  for (const each of recorded.made) add(backtest, 'before', { ...each, said })
  for (const each of made) add(backtest, 'after', { ...each, said })
  addUndo(backtest, 'before', recorded, said)
  addUndo(backtest, 'after', { ...recorded, undoes }, said)
  // A dismissal is a person's, after the rules had spoken.
  if (fate !== recorded.fate && recorded.fate !== 'dismissed') {
    count(backtest.fates, `${recorded.fate} > ${fate}`)
  }
}

const reasonOf = (seen: Exclude<Seen, { kind: 'event' }>): KeptReason | 'not_received' =>
  seen.kind === 'kept' ? seen.reason : seen.kind

type Present = Pick<RecordedEvent, 'made' | 'undoes'> & {
  readonly fate: Fate | 'not_received'
  readonly now: string
}

function present(backtest: Backtest, recorded: RecordedEvent, seen: Seen): Present {
  switch (seen.kind) {
    case 'event':
      return judged(backtest, recorded, decide(backtest.rules, recorded.source, seen.event))
    case 'kept': {
      const { fate, undoes } = recorded
      // An earlier event may make by now what this one made then.
      const made = recorded.made.filter((each) => standing(backtest, each) === null)
      return { fate, made, undoes, now: `not decided again: ${seen.reason}` }
    }
    case 'not_received': {
      const now = `no endpoint receives ${recorded.source}`
      return { fate: 'not_received', made: [], undoes: null, now }
    }
    default:
      return unreachable(seen)
  }
}

function judged(backtest: Backtest, recorded: RecordedEvent, decision: Decision): Present {
  const nothing = { made: [], undoes: null }
  switch (decision.kind) {
    case 'ignored':
      return { ...nothing, fate: 'ignored', now: `ignored: ${decision.reason}` }
    case 'seen':
      return { ...nothing, fate: 'ignored', now: `ignored: ${decision.fact.what}` }
    case 'shadow':
      return { ...nothing, fate: 'shadow', now: `${decision.rule.id}: shadow` }
    case 'undecided': {
      const { rule, reason, detail } = decision
      return { ...nothing, fate: 'undecided', now: `${rule.id}: undecided: ${reason}, ${detail}` }
    }
    case 'undo': {
      const undoes = { subject: decision.subject, ruleIds: [decision.of] }
      const key = undoKey(backtest, recorded.account, decision.subject, decision.of)
      const isKnown = backtest.undone.after.has(undoInMode(key, recorded.mode))
      const fate = isKnown ? 'duplicate' : 'adjusted'
      return { made: [], undoes, fate, now: `${decision.rule.id}: undo` }
    }
    case 'approve': {
      // Who may approve, and what was held, is not asked again.
      const fate = recorded.fate === 'undecided' ? 'undecided' : 'adjusted'
      return { ...nothing, fate, now: `${decision.rule.id}: approve` }
    }
    case 'adjust':
      return adjusted(backtest, recorded, decision.rule, decision.proposals)
    default:
      return unreachable(decision)
  }
}

/** As the door finds it out: a conflict if one exists with other values, else adjusted if one is new. */
function adjusted(
  backtest: Backtest,
  { id, account, mode, fate: recordedFate }: RecordedEvent,
  rule: Rule,
  proposals: readonly Proposal[],
): Present {
  const wanted = proposals.map((proposal): Made => {
    const { subject, part, amount, currency, customer } = proposal
    const { settlement } = rule
    return {
      event: id,
      rule: rule.id,
      account,
      subject,
      part,
      amount,
      currency,
      customer,
      mode,
      settlement,
    }
  })
  const made = wanted.filter((each) => standing(backtest, each) === null)
  const rivals = wanted.map((each) => [each, standing(backtest, each)] as const)
  const conflict = rivals.find(([each, other]) => other !== null && isOther(each, other))?.[1]
  const answer = (fate: Fate, word: string): Present => ({
    fate,
    made,
    undoes: null,
    now: `${rule.id}: ${word}`,
  })
  if (conflict) return answer('conflict', `conflict with ${conflict.event}`)
  if (made.length > 0) return answer('adjusted', 'adjust')
  // What a person has withdrawn is not replayed; a request after it was a conflict and still is.
  const fate = recordedFate === 'conflict' ? 'conflict' : 'duplicate'
  return answer(
    fate,
    `${fate === 'conflict' ? 'conflict with' : 'duplicate of'} ${rivals[0]?.[1]?.event}`,
  )
}

const isOther = (one: Made, other: Made): boolean =>
  one.amount !== other.amount ||
  one.currency !== other.currency ||
  (one.customer?.value ?? null) !== (other.customer?.value ?? null) ||
  one.mode !== other.mode

function thenText({ fate, rule, reason }: RecordedEvent): string {
  const by = rule === null ? '' : `${rule}: `
  return by + (reason === null ? fate : `${fate}: ${reason}`)
}

const count = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
