// The billing API's own change of an invoice's status, asked of us. What we have made is voided as a person
// voids it, under the same conditions; every other change passes pauses and limits, and is handed on.

import { forwardedOf, type Forwarded } from '../commet/forward.ts'
import type { SettableStatus } from '../commet/contract.ts'
import { findAdjustment } from '../db/read-adjustments.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitInvoiceStatusSeen } from '../db/write-seen.ts'
import { callSubject } from '../domain/call-subject.ts'
import type { Operator } from '../domain/operator.ts'
import { isToVoid } from '../domain/reversal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Billing, Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'
import { readInvoice } from './created-invoice-of.ts'
import { forwardWrite } from './forward-call.ts'
import { issueAdjustment } from './issue-adjustment.ts'
import {
  lookAtInvoice,
  refusalOfStatus,
  type LookTrouble,
  type StatusRefusal,
} from './look-at-invoice.ts'
import type { UndoTrouble } from './reverse-adjustment.ts'
import { requestVoid } from './void-invoice.ts'
import { wakeToTell } from './wake-committed.ts'

export type StatusTrouble =
  | LookTrouble
  | StatusRefusal
  | UndoTrouble
  /** It is to be voided, and not known to be: that goes on by itself. */
  | { readonly reason: 'void_unknown'; readonly adjustment: Adjustment }

type StatusWanted = {
  readonly id: string
  readonly status: SettableStatus
  readonly key: string | null
}

export async function setInvoiceStatus(
  deps: Deps,
  operator: Operator,
  wanted: StatusWanted,
): Promise<Result<Forwarded, StatusTrouble>> {
  const { billing } = deps
  if (billing === null) return err({ reason: 'not_configured' })
  const looked = await lookAtInvoice(deps, billing, wanted.id, wanted.status)
  if (!looked.ok) return looked
  const { ours, secondOf } = looked.value
  if (ours !== null && wanted.status === 'void') {
    return voidOurs(deps, billing, operator, { ours, key: wanted.key })
  }
  const refusal = refusalOfStatus(deps, operator, looked.value, wanted.status)
  if (refusal !== null) return err(refusal)
  const answer = await forwardWrite(deps, operator, {
    method: 'PUT',
    path: '/invoices/{id}/status',
    id: wanted.id,
    body: { status: wanted.status },
    subject: ours?.id ?? secondOf ?? callSubject('invoice', wanted.id),
    key: wanted.key,
    wanted: { wanted: wanted.status },
  })
  if (answer.ok && answer.value.code === null && ours !== null) await noteStatus(deps, ours, wanted)
  return answer
}

/** What this misses, the next comparison sees. */
async function noteStatus(deps: Deps, ours: Adjustment, { status }: StatusWanted): Promise<void> {
  try {
    await commitInvoiceStatusSeen(deps.db, ours, { event: null, status }, deps.now())
  } catch (error) {
    deps.log({ event: 'alarm.call_unrecorded', adjustment: ours.id, ...thrownFields(error) })
  }
}

/** Asked again while it is under way, it is tried again at once; with a key, what is voided is answered as it is. */
async function voidOurs(
  deps: Deps,
  billing: Billing,
  operator: Operator,
  { ours, key }: { readonly ours: Adjustment; readonly key: string | null },
): Promise<Result<Forwarded, StatusTrouble>> {
  const { id, version } = ours
  if (key !== null && ours.reversedBy === 'void' && ours.invoiceStatus === 'void') {
    return answerOf(deps, billing, ours, null)
  }
  const isUnderWay = ours.state === 'invoiced' && isToVoid(ours)
  // No queue is woken: it would be at the same call.
  const asleep = { ...deps, wake: async () => {} }
  const requested = isUnderWay ? ok(ours) : await requestVoid(asleep, operator, id, { version })
  if (!requested.ok) return requested
  let last: Forwarded | null = null
  const witnessed: Billing = {
    ...billing,
    invoices: {
      ...billing.invoices,
      updateStatus: (invoice, status, options) =>
        billing.invoices.updateStatus(invoice, status, {
          ...options,
          seen: (arrival) => {
            last = forwardedOf(arrival)
          },
        }),
    },
  }
  const due = { id, version: requested.value.version }
  try {
    const result = await issueAdjustment({ ...deps, billing: witnessed }, due)
    deps.log({ event: 'invoice_call', adjustment: id, result })
    await wakeToTell(deps, id)
  } catch (error) {
    // That it is wanted is committed: the sweep goes on with it.
    deps.log({ event: 'alarm.message_threw', adjustment: id, ...thrownFields(error) })
  }
  return answerOf(deps, billing, requested.value, last)
}

async function answerOf(
  deps: Deps,
  billing: Billing,
  { id }: Adjustment,
  last: Forwarded | null,
): Promise<Result<Forwarded, StatusTrouble>> {
  const adjustment = await findAdjustment(deps.db, id)
  if (adjustment === null) return err({ reason: 'adjustment_not_found' })
  const { invoiceId, invoiceStatus } = adjustment
  const isVoid = invoiceStatus === 'void'
  // The billing API's own word, whichever it was: done, or refused for good.
  if (last !== null && (last.code === null) === isVoid && !isToVoid(adjustment)) return ok(last)
  const unknown = { reason: 'void_unknown', adjustment } as const
  if (!isVoid || invoiceId === null) return err(unknown)
  const found = await readInvoice(billing, invoiceId, CHANGED_FIELDS)
  return found.ok ? found : err(unknown)
}

/** What the call answers of it. */
const CHANGED_FIELDS: readonly string[] = ['id', 'status', 'updatedAt', 'object', 'livemode']
