// What was sent through again: what was refused for good gets another key, and what may have arrived goes
// on with its own, or is given the invoice that a person has found.

import {
  ADJUSTMENT_METADATA_KEY,
  answerDifferences,
  isClosed,
  type AdjustmentState,
  type AnsweredInvoice,
  type FrozenRequest,
} from './adjustment.ts'
import type { VersionMoved } from './approval.ts'
import type { Mode } from './event.ts'
import type { HoldReason } from './hold.ts'
import { LOOK_BACK_SECONDS } from './limits.ts'
import { err, ok, type Result } from './result.ts'
import type { Settlement } from './rule.ts'

/** The adjustment as it is now. */
export type Requeueable = {
  readonly state: AdjustmentState
  readonly version: number
  readonly holdReasons: readonly HoldReason[] | null
}

export type NotRequeueable =
  | VersionMoved
  | { readonly reason: 'not_requeueable'; readonly state: AdjustmentState }

export type RequeueRefusal = NotRequeueable | { readonly reason: 'look_first' }

/** `new_key`: after nothing but definite refusals. `same_key`: an invoice may be there. */
export type RequeueWay = 'new_key' | 'same_key'

/** `looked`: the person says that he has looked for the invoice, and found none that stands. */
export function decideRequeue(
  adjustment: Requeueable,
  seen: { readonly version: number; readonly looked: boolean },
): Result<RequeueWay, RequeueRefusal> {
  const refusal = refusalOf(adjustment, seen.version, adjustment.state === 'failed')
  if (refusal) return err(refusal)
  if (adjustment.state === 'failed') return ok('new_key')
  return seen.looked ? ok('same_key') : err({ reason: 'look_first' })
}

/** Null: whether its invoice is there is for a person to say. */
export const refusalToAdopt = (adjustment: Requeueable, version: number): NotRequeueable | null =>
  refusalOf(adjustment, version, false)

function refusalOf(
  { state, version, holdReasons }: Requeueable,
  seen: number,
  hasFailed: boolean,
): NotRequeueable | null {
  const isUnknown = state === 'held' && (holdReasons ?? []).includes('outcome_unknown')
  if (!hasFailed && !isUnknown) return { reason: 'not_requeueable', state }
  return seen === version ? null : { reason: 'version_moved', seen, version }
}

/** An invoice of the billing API that a person takes for the adjustment's own. */
export type FoundInvoice = AnsweredInvoice & {
  readonly invoiceType?: string | null | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly createdAt: string
}

export type AdoptionDifference = {
  readonly field: string
  readonly asked: string
  readonly found: string
}

export type Adoptable = {
  readonly id: string
  readonly request: FrozenRequest
  readonly currency: string
  readonly mode: Mode | null
  readonly settlement: Settlement
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/**
 * Why it can't be this one: other money, another's, closed, or made before it was asked for. Tax was not
 * asked for, and one that lacks our metadata is a person's to judge. Empty: it may be adopted.
 */
export function adoptionDifferences(
  { id, request, currency, mode, settlement, createdAt }: Adoptable,
  invoice: FoundInvoice,
): AdoptionDifference[] {
  const { metadata } = invoice
  const told = (key: string, asked: string): string => {
    const value = metadata[key]
    return typeof value === 'string' ? value : asked
  }
  const money = answerDifferences(request, { currency, mode }, invoice)
    .filter(({ field }) => field !== 'taxAmount' && field !== 'total')
    .map(({ field, asked, answered }) => ({ field, asked, found: answered }))
  const since = createdAt - LOOK_BACK_SECONDS * 1_000
  const pairs: readonly (readonly [string, string, string])[] = [
    ['adjustment', id, told(ADJUSTMENT_METADATA_KEY, id)],
    ['settlement', settlement, told('makegood_settlement', settlement)],
    ['invoiceType', 'adjustment', invoice.invoiceType ?? 'adjustment'],
    ['status', 'open or paid', isClosed(invoice.status) ? invoice.status : 'open or paid'],
  ]
  const others = pairs
    .filter(([, asked, found]) => asked !== found)
    .map(([field, asked, found]) => ({ field, asked, found }))
  const isOlder = !(Date.parse(invoice.createdAt) >= since)
  const asked = new Date(createdAt).toISOString()
  return [
    ...money,
    ...others,
    ...(isOlder ? [{ field: 'createdAt', asked, found: invoice.createdAt }] : []),
  ]
}

/** Whether the billing API says itself whose it is. */
export const carriesOurId = (
  { metadata }: Pick<FoundInvoice, 'metadata'>,
  { id }: Pick<Adoptable, 'id'>,
): boolean => metadata[ADJUSTMENT_METADATA_KEY] === id
