import * as z from 'zod/mini'
import { findAdjustment, findReversal } from '../../db/read-adjustments.ts'
import { listApprovals, type ApprovalRow } from '../../db/read-approvals.ts'
import { listAdjustments } from '../../db/read-filtered.ts'
import type { Adjustment } from '../../db/schema.ts'
import { ADJUSTMENT_STATES, amountText } from '../../domain/adjustment.ts'
import { holdExpiresAt } from '../../domain/hold-clock.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import { note } from '../../domain/note.ts'
import { todoOf } from '../../domain/todo.ts'
import { linkAddress } from '../../usecases/link-address.ts'
import { fail, NOT_FOUND, succeed, succeedFound } from '../answers.ts'
import { setTag, versionTag } from '../conditions.ts'
import type { AppContext } from '../context.ts'
import { noteBulk } from '../note-bulk.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { signedAmount, validPageWith, word } from '../validate.ts'

const filters = {
  state: z.optional(z.enum(ADJUSTMENT_STATES)),
  endpoint: z.optional(word),
  rule: z.optional(word),
  customer: z.optional(word),
  amount: z.optional(signedAmount),
}

export const adjustments = createRoutes()
  .get('/', requireScope('read'), validPageWith(filters), noteBulk('adjustments'), async (c) => {
    const { limit, cursor = null, ...filter } = c.req.valid('query')
    const found = await listAdjustments(c.var.deps.db, filter, { before: cursor, limit })
    return succeedFound(c, found, presentAdjustment)
  })
  .get('/:id', requireScope('read'), async (c) => {
    const id = c.req.param('id')
    const adjustment = isAdjustmentId(id) ? await findAdjustment(c.var.deps.db, id) : null
    if (adjustment === null) return fail(c, { ...NOT_FOUND, code: 'adjustment_not_found' })
    return succeedWithTag(c, adjustment)
  })

/** Whoever changes it next may say by the tag what he has seen. */
export async function succeedWithTag(
  c: AppContext,
  adjustment: Adjustment,
  status: 200 | 202 = 200,
): Promise<Response> {
  setTag(c, versionTag(adjustment.version))
  return succeed(c, await presentWithNote(c, adjustment), status)
}

/**
 * With who approved it, its reversal, what the asker reads, and the short link; the last two are made of
 * the row, and not stored.
 */
export async function presentWithNote(
  c: AppContext,
  adjustment: Adjustment,
  { isLinkShown }: { readonly isLinkShown: boolean } = { isLinkShown: true },
): Promise<object> {
  const { deps } = c.var
  const { id, invoiceId, endpoint, source, holds, reversedBy } = adjustment
  const origin = new URL(c.req.url).origin
  const link =
    invoiceId === null || !isLinkShown ? null : await linkAddress(deps, invoiceId, origin)
  const title = deps.config.endpoints.get(endpoint)?.source.title ?? source
  const approvals = holds === 0 ? [] : await listApprovals(deps.db, id)
  const approvers = approvals.filter(({ hold }) => hold === holds).map(({ operator }) => operator)
  const reversal = reversedBy === null ? null : await findReversal(deps.db, id)
  return {
    ...presentAdjustment(adjustment),
    approvals: approvals.map(presentApproval),
    /** What undoes it once it is invoiced, and how far it is. */
    reversal: reversal && { id: reversal.id, state: reversal.state },
    link,
    note: note({ ...adjustment, approvers }, title, link),
  }
}

/** The operator's name is what the audit log knows him by; his identity may be an e-mail. */
const presentApproval = ({ hold, operator, at }: ApprovalRow) => ({ hold, operator, at: iso(at) })

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export function presentAdjustment(adjustment: Adjustment) {
  return {
    object: 'adjustment',
    id: adjustment.id,
    state: adjustment.state,
    ...presentHold(adjustment),
    version: adjustment.version,
    amount: adjustment.amount,
    currency: adjustment.currency,
    amountText: amountText(adjustment),
    settlement: adjustment.settlement,
    reason: adjustment.reason,
    subject: adjustment.subject,
    part: adjustment.part,
    rule: adjustment.ruleId,
    source: adjustment.source,
    endpoint: adjustment.endpoint,
    account: adjustment.account,
    mode: adjustment.mode,
    event: adjustment.eventId,
    customer: {
      kind: adjustment.customerKind,
      reference: adjustment.customerReference,
      id: adjustment.request?.customerId ?? adjustment.customerId,
    },
    asker: adjustment.asker,
    maker: adjustment.maker,
    reverses: adjustment.reverses,
    reversedBy: adjustment.reversedBy,
    originalInvoice: adjustment.originalInvoice,
    attempts: adjustment.attempts,
    trouble: adjustment.trouble,
    /** What a person can do, where it goes on no further by itself. */
    todo: todoOf(adjustment),
    wakeAt: iso(adjustment.wakeAt),
    createdAt: iso(adjustment.createdAt),
    invoicedAt: iso(adjustment.invoicedAt),
    invoice: presentInvoice(adjustment),
  }
}

/** `holdReasons` is null unless it is held; the rest tells of the last time that it was. */
const presentHold = (adjustment: Adjustment) => ({
  holdReasons: adjustment.holdReasons,
  holdDetails: adjustment.holdDetails,
  holds: adjustment.holds,
  heldAt: iso(adjustment.heldAt),
  expiresAt: iso(expiryOf(adjustment)),
  approversNeeded: adjustment.approversNeeded,
  clearedReasons: adjustment.clearedReasons,
  decisionNote: adjustment.decisionNote,
})

const expiryOf = ({ heldAt, holdReasons }: Adjustment): number | null =>
  heldAt === null || holdReasons === null ? null : holdExpiresAt({ heldAt, holdReasons })

const presentInvoice = (adjustment: Adjustment) =>
  adjustment.invoiceId === null
    ? null
    : {
        id: adjustment.invoiceId,
        number: adjustment.invoiceNumber,
        status: adjustment.invoiceStatus,
        currency: adjustment.invoiceCurrency,
        subtotal: adjustment.invoiceSubtotal,
        taxAmount: adjustment.invoiceTax,
        total: adjustment.invoiceTotal,
        differences: adjustment.answerDifferences,
      }
