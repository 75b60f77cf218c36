// What somebody may mean by a word that he looks for: a ticket, an event, an invoice, a customer, or an amount.

import { isInvoiceNumber } from './description.ts'
import { isAdjustmentId, isEventId, type AdjustmentId, type EventId } from './ids.ts'
import { SUBJECT_CHARS_MAX } from './limits.ts'
import { moneyFromText } from './money-text.ts'

/** Kinds of subjects that the ready-made rules make; one of another kind is found with its kind before it. */
export const SUBJECT_KINDS = [
  'ticket',
  'case',
  'conversation',
  'issue',
  'deal',
  'refund',
  'dispute',
  'credit_note',
  'adjustment',
] as const

export type Sought = {
  readonly text: string
  readonly adjustmentId: AdjustmentId | null
  readonly eventId: EventId | null
  /** As the rules name what an adjustment is for. */
  readonly subjects: readonly string[]
  /** A number or an id of the billing API. */
  readonly invoice: string | null
  /** Minor units of the configured currency, without a sign; null where it is no amount. */
  readonly amount: number | null
}

export function soughtBy(typed: string, currency: string): Sought {
  const text = typed.trim().replace(/^#/, '')
  return {
    text,
    adjustmentId: isAdjustmentId(text) ? text : null,
    eventId: isEventId(text) ? text : null,
    subjects: subjectsOf(text),
    invoice: isInvoiceNumber(text) ? text : null,
    amount: amountOf(text, currency),
  }
}

function subjectsOf(text: string): readonly string[] {
  if (text.length > SUBJECT_CHARS_MAX || /\s/.test(text)) return []
  return text.includes(':') ? [text] : SUBJECT_KINDS.map((kind) => `${kind}:${text}`)
}

/** In either way of writing decimals: `1.5` is one and a half, `1.234` more than a thousand. */
function amountOf(text: string, currency: string): number | null {
  const unsigned = text.replace(/^-/, '')
  for (const format of ['1,234.50', '1.234,50'] as const) {
    const money = moneyFromText(unsigned, currency, format)
    if (money.ok) return money.value.minorUnits
  }
  return null
}
