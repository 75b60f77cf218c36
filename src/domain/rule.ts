// A rule says what an event of one source is worth: which adjustment to make, or why none.

import type * as z from 'zod/mini'
import type { SourceEvent } from './event.ts'
import { undecided, type Outcome } from './outcome.ts'
import { readShape } from './read-shape.ts'
import type { ReasonCode } from './reason.ts'
import { schemaPaths } from './schema-paths.ts'
import { unknownFields } from './unknown-fields.ts'

export { approve, charge, credit, hold, ignore, several, seen, undecided, undo } from './outcome.ts'
export type { Outcome, Proposal, ProposalFields } from './outcome.ts'

/** `owed`: a promise, the invoice stays open. `already_paid`: a record of money that moved elsewhere. */
export const SETTLEMENTS = ['owed', 'already_paid'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** Who can make this event happen at the source. What a customer can cause is always held. */
export const CAUSERS = ['customer', 'agent', 'system'] as const
export type Causer = (typeof CAUSERS)[number]

export type Rule = {
  /** For ever: adjustments' ids are derived from it. */
  readonly id: string
  readonly source: string
  readonly on: readonly string[]
  readonly settlement: Settlement
  readonly reason: ReasonCode
  readonly causedBy: Causer
  /**
   * The line that the customer reads on the invoice: plain text without anything that a sender wrote.
   * `{reason}` becomes the reason's label, `{original_invoice}` the invoice that it is about. Null is
   * the reason's label alone.
   */
  readonly description: string | null
  /** `shadow`: decides and is recorded, never billed, and doesn't stop the rules behind it. */
  readonly mode: 'live' | 'shadow'
  /** Its former ids: what they made counts as its own. */
  readonly was: readonly string[]
  /** Rules whose adjustment of the same subject is no reason to hold this one. */
  readonly alongside: readonly string[]
  /** What it was made with and how it decides, as text: the rule set's hash covers it. */
  readonly text: string
  /** What is wrong with its definition, each line with the path of the field: it does not start. */
  readonly problems: readonly string[]
  readonly decide: (event: SourceEvent) => Outcome
  /** The fields that it read of an event, as it understood them; null where it can't. */
  readonly read: (event: SourceEvent) => unknown
  /** The paths that it declares to read, such as `data.object.amount`. */
  readonly paths: () => readonly string[]
}

type Optional = 'description' | 'mode' | 'was' | 'alongside'
type Facts = Omit<Rule, 'decide' | 'read' | 'paths' | 'text' | 'problems'>

export type RuleDefinition<Payload extends z.core.$ZodType> = Omit<Facts, Optional> &
  Partial<Pick<Facts, Optional>> & {
    readonly payload: Payload
    readonly adjust: (payload: z.output<Payload>, event: SourceEvent) => Outcome
    /** What a ready-made rule was made with; another value is another rule set. */
    readonly options?: unknown
    /** Problems of these options, each line with the path of the option. */
    readonly problems?: readonly string[]
  }

const FIELDS: readonly (keyof RuleDefinition<z.core.$ZodType>)[] = [
  'id',
  'source',
  'on',
  'settlement',
  'reason',
  'causedBy',
  'description',
  'mode',
  'was',
  'alongside',
  'payload',
  'adjust',
  'options',
  'problems',
]

/**
 * A rule from its parts. `payload` declares the fields of `event.data` that `adjust` reads; an
 * event that lacks them is `undecided: shape`, with the path of the first one.
 */
export function rule<Payload extends z.core.$ZodType>(definition: RuleDefinition<Payload>): Rule {
  const { payload, adjust, options, problems, ...facts } = definition
  return {
    description: null,
    mode: 'live',
    was: [],
    alongside: [],
    ...facts,
    text: JSON.stringify([options ?? null, String(adjust)]),
    problems: [...unknownFields(definition, FIELDS), ...(problems ?? [])],
    decide(event) {
      const parsed = readShape(payload, event.data)
      if (parsed.success) return adjust(parsed.data, event)
      return undecided('shape', firstProblem(parsed.error.issues))
    },
    read: (event) => readShape(payload, event.data).data ?? null,
    paths: () => schemaPaths(payload),
  }
}

/** All ids under which a rule has made adjustments. */
export const ownIds = ({ id, was }: Pick<Rule, 'id' | 'was'>): readonly string[] => [id, ...was]

type Issue = z.core.$ZodIssue

/** The field and what is wrong with it. Of a union, the branch that came nearest speaks. */
function firstProblem(issues: readonly Issue[], outer: readonly PropertyKey[] = []): string {
  const [issue] = issues
  // The paths of a union's branches begin at the union.
  const path = [...outer, ...(issue?.path ?? [])]
  if (issue?.code === 'invalid_union') {
    const [nearest] = issue.errors.toSorted((one, other) => distance(one) - distance(other))
    if (nearest) return firstProblem(nearest, path)
  }
  return `${path.map(String).join('.') || 'event'}: ${issue?.message ?? 'unreadable'}`
}

/** A wrong literal (its `kind`, its `type`), or another kind of value: another branch was meant. */
const distance = (branch: readonly Issue[]): number =>
  branch.filter(({ code, path }) => code === 'invalid_value' || path.length === 0).length * 1_000 +
  branch.length
