// The billing system's own webhooks: an invoice's status is kept in step, and a refund that it has recorded
// itself is noted, so that it isn't counted twice. It makes no adjustment.

import * as z from 'zod/mini'
import { INVOICE_STATUSES, type InvoiceStatus } from '../domain/adjustment.ts'
import { ignore, rule, seen, undecided, type Outcome, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { textOrNull } from './sender-fields.ts'

const payload = z.object({
  event: z.string(),
  data: z.object({
    invoiceId: z.nullish(z.string()),
    invoiceStatus: z.nullish(z.string()),
    customerId: z.nullish(z.string()),
    amount: z.optional(z.unknown()),
    refundAmount: z.optional(z.unknown()),
    currency: z.nullish(z.string()),
  }),
})
type Data = z.output<typeof payload>['data']

/** Caused by the system. An overdue invoice is still outstanding; a failed payment proves nothing. */
export function commetInvoiceStatus(options: RuleSettings = {}): Rule {
  return rule({
    id: 'commet-invoice-status',
    source: 'commet',
    on: [
      'invoice.created',
      'invoice.voided',
      'invoice.overdue',
      'payment.received',
      'payment.refunded',
    ],
    settlement: 'owed',
    reason: 'correction',
    causedBy: 'system',
    ...settingsOf(options),
    payload,
    adjust({ event, data }) {
      switch (event) {
        case 'payment.received':
          return paymentOf(data)
        case 'payment.refunded':
          return refundOf(data)
        default:
          return statusOf(data, event === 'invoice.voided' ? 'void' : 'outstanding')
      }
    },
  })
}

/** `proven`: by the event's type, where it doesn't say its status itself. */
function statusOf({ invoiceId, invoiceStatus }: Data, proven: InvoiceStatus): Outcome {
  const invoice = textOrNull(invoiceId)
  if (invoice === null) return ignore('no_invoice')
  const status = INVOICE_STATUSES.find((each) => each === invoiceStatus) ?? proven
  return seen({ what: 'invoice_status', invoice, status, paid: null })
}

function paymentOf({ invoiceId, amount, currency }: Data): Outcome {
  const invoice = textOrNull(invoiceId)
  if (invoice === null) return ignore('no_invoice')
  if (typeof amount !== 'number') return undecided('amount_not_a_number', 'data.amount')
  const paid = { amount, currency: (currency ?? '').toLowerCase() }
  return seen({ what: 'invoice_status', invoice, status: 'paid', paid })
}

/** Nothing of the invoice: a refund leaves it as it is. */
function refundOf({ customerId, refundAmount: amount, currency }: Data): Outcome {
  const customer = textOrNull(customerId)
  if (customer === null) return ignore('no_customer')
  if (typeof amount !== 'number') return undecided('amount_not_a_number', 'data.refundAmount')
  return seen({ what: 'refund', customer, amount, currency: (currency ?? '').toLowerCase() })
}
