import { Hono } from 'hono'
import { findAdjustment, listAdjustments } from '../../db/read-adjustments.ts'
import type { Adjustment } from '../../db/schema.ts'
import { amountText } from '../../domain/adjustment.ts'
import { isAdjustmentId } from '../../domain/ids.ts'
import { note } from '../../domain/note.ts'
import { linkAddress } from '../../usecases/link-address.ts'
import { fail, NOT_FOUND, succeed, succeedPage } from '../answers.ts'
import type { AppContext, AppEnv } from '../context.ts'
import { requireScope } from '../require-key.ts'
import { validPage } from '../validate.ts'

export const adjustments = new Hono<AppEnv>()
  .get('/', requireScope('read'), validPage, async (c) => {
    const { limit, cursor = null } = c.req.valid('query')
    const rows = await listAdjustments(c.var.deps.db, { before: cursor, limit: limit + 1 })
    return succeedPage(c, rows, limit, presentAdjustment)
  })
  .get('/:id', requireScope('read'), async (c) => {
    const id = c.req.param('id')
    const adjustment = isAdjustmentId(id) ? await findAdjustment(c.var.deps.db, id) : null
    if (adjustment === null) return fail(c, { ...NOT_FOUND, code: 'adjustment_not_found' })
    return succeed(c, await presentWithNote(c, adjustment))
  })

/** With what the asker reads, and the short link: both are made of the row, neither is stored. */
export async function presentWithNote(c: AppContext, adjustment: Adjustment): Promise<object> {
  const { deps } = c.var
  const { invoiceId, endpoint, source } = adjustment
  const origin = new URL(c.req.url).origin
  const link = invoiceId === null ? null : await linkAddress(deps, invoiceId, origin)
  const title = deps.config.endpoints.get(endpoint)?.source.title ?? source
  return { ...presentAdjustment(adjustment), link, note: note(adjustment, title, link) }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export function presentAdjustment(adjustment: Adjustment) {
  const { invoiceId } = adjustment
  return {
    object: 'adjustment',
    id: adjustment.id,
    state: adjustment.state,
    holdReasons: adjustment.holdReasons,
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
      externalId: adjustment.customerReference,
      id: adjustment.request?.customerId ?? null,
    },
    asker: adjustment.asker,
    originalInvoice: adjustment.originalInvoice,
    attempts: adjustment.attempts,
    trouble: adjustment.trouble,
    wakeAt: iso(adjustment.wakeAt),
    createdAt: iso(adjustment.createdAt),
    invoicedAt: iso(adjustment.invoicedAt),
    invoice:
      invoiceId === null
        ? null
        : {
            id: invoiceId,
            number: adjustment.invoiceNumber,
            status: adjustment.invoiceStatus,
            currency: adjustment.invoiceCurrency,
            subtotal: adjustment.invoiceSubtotal,
            taxAmount: adjustment.invoiceTax,
            total: adjustment.invoiceTotal,
            differences: adjustment.answerDifferences,
          },
  }
}
