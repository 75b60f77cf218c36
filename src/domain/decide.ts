// From an event and the rules to a decision. Pure, on the delivered bytes only, and it never throws:
// a rule that does is an `undecided` event, not a lost one.

import { checked, trouble } from './check-outcome.ts'
import type { SourceEvent } from './event.ts'
import { REASON_CHARS_MAX } from './limits.ts'
import type { Outcome, Proposal, SeenFact, UndecidedReason } from './outcome.ts'
import type { Rule } from './rule.ts'
import { oneLine } from './text.ts'

/** Why each rule of the source did or didn't decide, in the order of the configuration. */
export type Consideration = { readonly rule: string; readonly answer: string }

/** What a rule in shadow mode would have made. */
export type Shadow = { readonly rule: Rule; readonly proposals: readonly Proposal[] }

export type Decision = {
  readonly considered: readonly Consideration[]
  readonly shadows: readonly Shadow[]
} & (
  | { readonly kind: 'adjust'; readonly rule: Rule; readonly proposals: readonly Proposal[] }
  | {
      readonly kind: 'undo'
      readonly rule: Rule
      readonly subject: string
      readonly of: string
      readonly asker: string | null
    }
  | {
      readonly kind: 'approve'
      readonly rule: Rule
      readonly subject: string
      readonly of: string
      readonly by: string
    }
  | { readonly kind: 'seen'; readonly rule: Rule; readonly fact: SeenFact }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'shadow'; readonly rule: Rule }
  | {
      readonly kind: 'undecided'
      readonly rule: Rule
      readonly reason: UndecidedReason
      readonly detail: string
      readonly subject: string | null
    }
)

/**
 * The first rule that doesn't ignore the event decides; the later ones are listed as not reached. A
 * rule in shadow mode is asked and listed, and never decides.
 */
export function decide(rules: readonly Rule[], source: string, event: SourceEvent): Decision {
  const considered: Consideration[] = []
  const shadows: Shadow[] = []
  const candidates = rules.filter((rule) => rule.source === source)
  let ignored: string | null = null
  for (const [position, rule] of candidates.entries()) {
    if (!rule.on.includes(event.type)) {
      considered.push({ rule: rule.id, answer: 'other_event_type' })
      continue
    }
    const outcome = answerOf(rule, event)
    if (rule.mode === 'shadow') {
      considered.push({ rule: rule.id, answer: `shadow: ${answerText(outcome)}` })
      if (outcome.kind === 'adjust') shadows.push({ rule, proposals: outcome.proposals })
      continue
    }
    considered.push({ rule: rule.id, answer: answerText(outcome) })
    if (outcome.kind === 'ignore') {
      ignored ??= outcome.reason
      continue
    }
    for (const later of candidates.slice(position + 1)) {
      considered.push({ rule: later.id, answer: 'not_reached' })
    }
    return { ...decided(rule, outcome), considered, shadows }
  }
  const [shadow] = shadows
  if (shadow) return { kind: 'shadow', rule: shadow.rule, considered, shadows }
  const isAsked = considered.some(({ answer }) => answer !== 'other_event_type')
  const unanswered = isAsked ? 'shadow_only' : 'no_rule_for_this_event_type'
  return { kind: 'ignored', reason: ignored ?? unanswered, considered, shadows }
}

function decided(rule: Rule, outcome: Exclude<Outcome, { kind: 'ignore' }>) {
  switch (outcome.kind) {
    case 'adjust':
      return { kind: 'adjust', rule, proposals: outcome.proposals } as const
    case 'undo': {
      const { subject, of, asker } = outcome
      return { kind: 'undo', rule, subject, of: of ?? rule.id, asker } as const
    }
    case 'seen':
      return { kind: 'seen', rule, fact: outcome.fact } as const
    case 'approve':
      return { ...outcome, rule, of: outcome.of ?? rule.id } as const
    case 'undecided':
      return {
        kind: 'undecided',
        rule,
        reason: outcome.reason,
        detail: outcome.detail,
        subject: outcome.subject ?? null,
      } as const
  }
}

function answerText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'adjust':
    case 'undo':
    case 'approve':
    case 'seen':
      return outcome.kind
    case 'ignore':
      return `ignored: ${outcome.reason}`
    case 'undecided':
      return `undecided: ${outcome.reason}`
  }
}

function answerOf(rule: Rule, event: SourceEvent): Outcome {
  try {
    return checked(rule, rule.decide(event))
  } catch (error) {
    const name: unknown = error instanceof Error ? error.name : 'not an Error'
    const shown = typeof name === 'string' ? oneLine(name, REASON_CHARS_MAX) : 'an unnamed Error'
    return trouble('rule_threw', `the rule threw: ${shown}`)
  }
}
