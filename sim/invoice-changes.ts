// What happens to invoices at the billing API without the product: people there void one, a customer pays
// one; and its webhooks, which tell of that and of each new invoice.

import type { Invoice } from './commet.ts'
import { billingEvent } from './fact-makers.ts'
import type { Fact, SourceEvent } from './facts.ts'
import { createRandom, type Random } from './random.ts'
import { DAY, HOUR, MINUTE, type Scenario } from './scenario.ts'
import type { Timeline } from './timeline.ts'

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly isHealed: () => boolean
  /** One more event, as if it had just happened at its source. */
  readonly tell: (event: SourceEvent) => void
}

/** Is told each new invoice. */
export type InvoiceWatcher = (invoice: Invoice) => void

export type InvoiceChanges = {
  readonly onInvoice: InvoiceWatcher
  /** When somebody there changed it; only what was committed by then hears of it. */
  readonly changedAt: ReadonlyMap<Invoice['id'], number>
}

export function watchInvoices({ scenario, timeline, isHealed, tell }: Parts): InvoiceChanges {
  const random = createRandom(scenario.seed, 'invoices')
  const changedAt = new Map<string, number>()
  if (!scenario.hasBillingWebhooks) return { onInvoice: () => undefined, changedAt }

  const say = (type: string, invoice: Invoice, status: Invoice['status']): void => {
    const { id, customerId, currency, amount: total } = invoice
    const at = timeline.now() + random.pick([0, 2_000, 10 * MINUTE])
    const data = { invoiceId: id, invoiceStatus: status, customerId, currency, amount: total }
    const told = billingEvent(`${type}_${id}`, type, at, 'test', data)
    const deliveryId = `msg_${type}_${id}`
    tell({ fact: factOf(invoice, scenario), kind: 'sees', at, deliveryId, ...told })
  }
  const change = (invoice: Invoice): void => {
    if (isHealed() || invoice.status !== 'outstanding') return
    const isPaid = invoice.amount > 0 && random.chance(0.6)
    invoice.status = isPaid ? 'paid' : 'void'
    changedAt.set(invoice.id, timeline.now())
    say(isPaid ? 'payment.received' : 'invoice.voided', invoice, invoice.status)
  }
  return {
    changedAt,
    onInvoice: (invoice) => {
      if (random.chance(0.5)) say('invoice.created', invoice, invoice.status)
      const isPromise = invoice.metadata['makegood_settlement'] === 'owed'
      if (isPromise && random.chance(0.15)) timeline.after(later(random), () => change(invoice))
    },
  }
}

const later = (random: Random): number => random.pick([MINUTE, HOUR, 5 * HOUR, DAY])

const factOf = ({ id }: Invoice, { seed }: Scenario): Fact => ({
  number: seed,
  endpoint: 'commet',
  rule: 'commet-invoice-status',
  subject: `invoice:${id}`,
  settlement: 'owed',
  amounts: [],
  customer: null,
  asker: null,
  mode: 'test',
  isUndone: false,
  parts: 0,
})
