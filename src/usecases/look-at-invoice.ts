// What is asked of an invoice before a call about it is handed on: whether it is one of ours that isn't
// recorded yet, whether its customer is paused, and how much money a change of its status gives away.

import * as z from 'zod/mini'
import type { SettableStatus } from '../commet/contract.ts'
import type { Forwarded } from '../commet/forward.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import { findPausing } from '../db/read-switches.ts'
import type { Adjustment } from '../db/schema.ts'
import { findInvoiced } from '../db/write-seen.ts'
import { ADJUSTMENT_METADATA_KEY, type AdjustmentState } from '../domain/adjustment.ts'
import { isAdjustmentId, type AdjustmentId } from '../domain/ids.ts'
import type { Operator, Scope } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Switch } from '../domain/switch.ts'
import type { Billing, Deps } from '../deps.ts'
import { forwardRead, type ForwardTrouble } from './forward-call.ts'

export type LookTrouble =
  | ForwardTrouble
  /** The billing API's own refusal to show it. */
  | { readonly reason: 'not_shown'; readonly answer: Forwarded }
  | { readonly reason: 'invoice_unreadable' }
  /**
   * It carries an adjustment's id, and is the invoice of none here: its answer was lost, or is on its way; or it is
   * a second one, which may only be voided. Null: what it carries is no id of ours.
   */
  | { readonly reason: 'not_recorded'; readonly adjustmentId: AdjustmentId | null }
  | { readonly reason: 'paused'; readonly by: readonly Switch[] }

export type StatusRefusal =
  | { readonly reason: 'scope_missing'; readonly scope: Scope }
  /** `max`: minor units; what is in another currency has no limit that it could pass. */
  | { readonly reason: 'above_limit'; readonly max: number; readonly currency: string }

export type LookedAt = {
  readonly ours: Adjustment | null
  /** Whose second invoice it is. */
  readonly secondOf: AdjustmentId | null
  /** Signed minor units: below zero it is a credit. */
  readonly amount: number
  readonly currency: string
}

/** Error: nothing may be asked about it now. `act`: what is to be asked. */
export async function lookAtInvoice(
  deps: Deps,
  billing: Billing,
  id: string,
  act: SettableStatus | 'send',
): Promise<Result<LookedAt, LookTrouble>> {
  const ours = await findInvoiced(deps.db, id)
  const found = ours === null ? await readForeign(billing, id) : ok({ ...ours, mark: null })
  if (!found.ok) return found
  const { customerId, amount, currency, mark } = found.value
  const secondOf = mark !== null && act === 'void' ? await findSettled(deps, mark) : null
  if (mark !== null && secondOf === null) {
    const adjustmentId = isAdjustmentId(mark) ? mark : null
    return err({ reason: 'not_recorded', adjustmentId })
  }
  const endpoint = ours?.endpoint ?? ''
  const ruleIds = ours === null ? [] : [ours.ruleId]
  const by = await findPausing(deps.db, { endpoint, ruleIds, customerId })
  if (by.length > 0) return err({ reason: 'paused', by })
  return ok({ ours, secondOf, amount, currency })
}

/** The adjustment of this mark, if it will never take another invoice than it has, or none: any other is one too many. */
async function findSettled({ db }: Deps, mark: string): Promise<AdjustmentId | null> {
  const adjustment = isAdjustmentId(mark) ? await findAdjustment(db, mark) : null
  if (adjustment === null) return null
  // One that was cancelled may still be found to be invoiced, and then it is undone: only a reversal never is.
  const isSettled = SETTLED.has(adjustment.state) || isCancelledReversal(adjustment)
  return isSettled ? adjustment.id : null
}

const SETTLED: ReadonlySet<AdjustmentState> = new Set(['invoiced', 'rejected'])

const isCancelledReversal = ({ state, reverses }: Adjustment): boolean =>
  state === 'cancelled' && reverses !== null

/** A voiding, and calling a debt paid, are last words that no one else is asked about. */
export function refusalOfStatus(
  { config }: Pick<Deps, 'config'>,
  operator: Operator,
  { amount, currency }: LookedAt,
  status: SettableStatus,
): StatusRefusal | null {
  const isFinal = status === 'void' || amount > 0
  const scope = isFinal ? 'approve' : 'write'
  if (!operator.scopes.includes(scope)) return { reason: 'scope_missing', scope }
  const max = config.limits.of.owed.holdAbove
  const isWithin = currency.toLowerCase() === config.currency && Math.abs(amount) <= max
  if (!isFinal || isWithin) return null
  return { reason: 'above_limit', max, currency: config.currency }
}

const foreign = z.object({
  customerId: z.string(),
  currency: z.string(),
  subtotal: z.int(),
  total: z.int(),
  metadata: z.nullish(z.record(z.string(), z.unknown())),
})

type Foreign = Pick<LookedAt, 'amount' | 'currency'> & {
  readonly customerId: string
  readonly mark: string | null
}

async function readForeign(billing: Billing, id: string): Promise<Result<Foreign, LookTrouble>> {
  const answer = await forwardRead({ billing }, { path: '/invoices/{id}', id })
  if (!answer.ok) return answer
  if (answer.value.code !== null) return err({ reason: 'not_shown', answer: answer.value })
  const shape = z.object({ data: z.extend(foreign, { id: z.literal(id) }) })
  const read = shape.safeParse(answer.value.body)
  if (!read.success) return err({ reason: 'invoice_unreadable' })
  const { customerId, currency, subtotal, total, metadata } = read.data.data
  const mark = metadata?.[ADJUSTMENT_METADATA_KEY] ?? null
  // Credits that were set off against it make its total smaller, and come back when it is void.
  const amount = Math.abs(subtotal) > Math.abs(total) ? subtotal : total
  return ok({ customerId, currency, amount, mark: mark === null ? null : String(mark) })
}
