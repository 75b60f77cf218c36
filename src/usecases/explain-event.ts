// Why an event became what it became: its record, its adjustments and its payload, once more through the
// rule that decided. Nothing is written.

import { findUndone } from '../db/ask-dry.ts'
import { findAnswers, findReversals } from '../db/read-adjustments.ts'
import { findIsRecordOld } from '../db/read-record.ts'
import type { Payload } from '../db/read-events.ts'
import type { Adjustment, Event } from '../db/schema.ts'
import { unreachable } from '../domain/assert.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import { decide } from '../domain/decide.ts'
import type { SourceEvent } from '../domain/event.ts'
import { err, type Result } from '../domain/result.ts'
import { ownIds, type Rule } from '../domain/rule.ts'
import { why } from '../domain/why.ts'
import type { Asked, WhyAdjustment } from '../domain/why-adjustment.ts'
import { fieldsOf, type FieldValue } from '../domain/why-fields.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { eventOfRecord, type RecordTrouble } from '../sources/recorded-event.ts'

export type Explanation = {
  /** Sentences of plain text, at least one. */
  readonly why: readonly string[]
  /** What the deciding rule read of the event, by path. Empty where that can't be told any more. */
  readonly fields: Readonly<Record<string, FieldValue>>
}

export type ToExplain = {
  readonly event: Event
  /** Null once it was forgotten. */
  readonly payload: Payload | null
  /** Those that the event asked for, whoever made them. */
  readonly adjustments: readonly Adjustment[]
}

export async function explainEvent(
  deps: Pick<Deps, 'config' | 'db' | 'ruleSet' | 'billing' | 'now'>,
  { event, payload, adjustments }: ToExplain,
): Promise<Explanation> {
  const { config, db } = deps
  const source = config.endpoints.get(event.endpoint)?.source
  const given: Given = source
    ? eventOfRecord(source, event, payload)
    : err({ reason: 'endpoint_unknown' })
  const asked = askedBy(config, event, given, event.ruleSet !== (await deps.ruleSet()))
  const { undoes } = event.decision
  const undone = undoes ? (await findUndone(db, event.account, undoes, event.mode)).adjustments : []
  const explained = {
    event,
    source: source?.title ?? event.source,
    adjustments: await withWaits(deps, adjustments),
    undone: await withWaits(deps, undone),
    answers: mayBeAnswered(event) ? await findAnswers(db, event.id) : [],
    asked,
  }
  return { why: why(explained), fields: given.ok ? fieldsRead(config, event, given.value) : {} }
}

const mayBeAnswered = ({ fate }: Event): boolean => fate === 'conflict' || fate === 'dismissed'

/** With what each waits for, and what undoes it. */
async function withWaits(
  { db, billing, now }: Pick<Deps, 'db' | 'billing' | 'now'>,
  rows: readonly Adjustment[],
): Promise<readonly WhyAdjustment[]> {
  const isAnyDue = billing !== null && rows.some(({ state }) => state === 'due')
  const isRecordOld = isAnyDue && (await findIsRecordOld(db, billing.mode, now()))
  const reversals =
    rows.length === 0
      ? []
      : await findReversals(
          db,
          rows.map(({ id }) => id),
        )
  const reversalOf = ({ id }: Adjustment) => reversals.find(({ reverses }) => reverses === id)
  return rows.map((row) => ({
    ...row,
    reversal: reversalOf(row) ?? null,
    waitsForRecord: isRecordOld && row.state === 'due',
  }))
}

type Trouble = RecordTrouble | { readonly reason: 'endpoint_unknown' }
type Given = Result<SourceEvent, Trouble>

/** `isOfNow`: the rules have changed since. */
function askedBy(config: Config, event: Event, found: Given, isOfNow: boolean): Asked {
  if (event.source === OPERATOR_ENDPOINT) return { kind: 'known', wanted: [], isOfNow: false }
  if (!found.ok) return { kind: 'unknown', because: becauseOf(found.error) }
  const decision = decide(config.rules, event.source, found.value)
  const proposals = decision.kind === 'adjust' ? decision.proposals : []
  const wanted = proposals.map(({ customer, ...proposal }) => ({
    ...proposal,
    customerReference: customer?.value ?? null,
    mode: event.mode,
  }))
  return { kind: 'known', wanted, isOfNow }
}

function becauseOf(trouble: Trouble): string {
  switch (trouble.reason) {
    case 'payload_forgotten':
      return 'what was delivered is not kept any more'
    case 'body_hidden':
      return 'what was delivered holds a secret and was never kept'
    case 'not_readable':
      return 'it can not be read'
    case 'endpoint_unknown':
      return 'its endpoint is not configured any more'
    default:
      return unreachable(trouble)
  }
}

/** A rule is the user's own code: it may throw here as it may when it decides. */
function fieldsRead(config: Config, event: Event, given: SourceEvent): Explanation['fields'] {
  try {
    return fieldsOf(ruleThatRead(config, event)?.read(given))
  } catch {
    return {}
  }
}

/** The one that decided, or else the first that was asked. */
function ruleThatRead({ rules }: Config, { ruleId, decision }: Event): Rule | undefined {
  const asked = decision.considered.find(({ answer }) => !UNASKED.has(answer))?.rule
  const id = ruleId ?? asked
  return rules.find((rule) => id !== undefined && ownIds(rule).includes(id))
}

const UNASKED: ReadonlySet<string> = new Set(['other_event_type', 'not_reached'])
