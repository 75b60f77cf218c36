// What a test or a person turns, below /sandbox: the switches, the faults, the payments that the real
// vendor would see, and what can be read. The clock and the reset are the object's own.
import * as z from 'zod'
import { notesControl } from '../notes/notes.ts'
import { slackControl } from '../slack/messages.ts'
import { stripeControl } from '../stripe/events.ts'
import { zendeskControl } from '../zendesk/act.ts'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import { armFaults, faultsSchema, readFaults } from './faults.ts'
import { invoiceNotFound } from './invoices.ts'
import { findInvoice, publicCustomerId } from './ledger.ts'
import { CLOCK_ADVANCE_SECONDS_MAX, CLOCK_MAX_MS, CLOCK_MIN_MS } from './limits.ts'
import { readMails } from './outbox.ts'
import { invalid, parse, text } from './parse.ts'
import { readRequests } from './request-log.ts'
import { isoTime, newId, nowMs, readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'
import { readSwitches, switchChanges, writeSwitches } from './switches.ts'
import { readDeliveries } from './webhook-deliveries.ts'
import { emit } from './webhook-events.ts'

const clockSchema = z.union([
  z.strictObject({ advanceSeconds: z.number().min(0).max(CLOCK_ADVANCE_SECONDS_MAX) }),
  z.strictObject({ now: z.iso.datetime() }),
])
const paymentSchema = z.strictObject({
  event: z.enum(['payment.refunded', 'payment.disputed']),
  invoiceId: text,
  /** Minor units of the invoice's currency; without it, the invoice's total. */
  amount: z.int().min(1).exactOptional(),
  reason: text.exactOptional(),
})

function shown(body: unknown): Answer {
  return { status: 200, body }
}

function clock(store: Store): Answer {
  const offsetMs = Number(readSetting(store.sql, 'clock_offset_ms') ?? '0')
  return shown({ now: isoTime(nowMs(store)), offsetMs })
}

function moveClock(store: Store, body: unknown): Answer {
  const wanted = parse(clockSchema, body)
  if (!wanted.ok) return wanted.error
  const before = nowMs(store)
  const after =
    'now' in wanted.value
      ? Date.parse(wanted.value.now)
      : before + Math.round(wanted.value.advanceSeconds * 1000)
  if (!(CLOCK_MIN_MS <= after && after <= CLOCK_MAX_MS)) {
    const field = 'now' in wanted.value ? 'now' : 'advanceSeconds'
    const range = `${isoTime(CLOCK_MIN_MS)} to ${isoTime(CLOCK_MAX_MS)}`
    return invalid(field, `must keep the clock within ${range}`)
  }
  const offset = Number(readSetting(store.sql, 'clock_offset_ms') ?? '0') + after - before
  writeSetting(store.sql, 'clock_offset_ms', String(offset))
  return clock(store)
}

function setFaults(store: Store, body: unknown): Answer {
  const wanted = parse(faultsSchema, body)
  if (!wanted.ok) return wanted.error
  armFaults(store, wanted.value.faults)
  return shown({ faults: readFaults(store) })
}

function setSwitches(store: Store, body: unknown): Answer {
  const wanted = parse(switchChanges, body)
  if (!wanted.ok) return wanted.error
  writeSwitches(store, { ...readSwitches(store), ...wanted.value })
  return shown(readSwitches(store))
}

/** A refund or a dispute that the vendor's payment side would report for a paid invoice. */
function reportPayment(store: Store, body: unknown): Answer {
  const wanted = parse(paymentSchema, body)
  if (!wanted.ok) return wanted.error
  const invoice = findInvoice(store, wanted.value.invoiceId)
  if (invoice === null) return invoiceNotFound(wanted.value.invoiceId)
  const { event, reason } = wanted.value
  const amount = wanted.value.amount ?? Math.abs(invoice.total)
  const payment = {
    paymentTransactionId: newId('ptx'),
    provider: 'stripe' as const,
    paymentLinkId: null,
    invoiceId: invoice.id,
    invoiceNumber: invoice.invoiceNumber,
    customerId: publicCustomerId(store, invoice.customerId),
    subscriptionId: invoice.subscriptionId,
    currency: invoice.currency,
  }
  const now = nowMs(store)
  if (event === 'payment.refunded') emit(store, event, { ...payment, refundAmount: amount }, now)
  else {
    const dispute = { ...payment, disputeAmount: amount, disputeReason: reason ?? null }
    emit(store, event, dispute, now)
  }
  return shown({ paymentTransactionId: payment.paymentTransactionId })
}

/** One control, in one synchronous step. `/reset` and the deliveries after a clock move are not here. */
export function control(store: Store, method: string, path: string, body: unknown): Answer {
  switch (`${method} ${path}`) {
    case 'GET /clock':
      return clock(store)
    case 'POST /clock':
      return moveClock(store, body)
    case 'GET /faults':
      return shown({ faults: readFaults(store) })
    case 'PUT /faults':
      return setFaults(store, body)
    case 'DELETE /faults':
      return setFaults(store, { faults: [] })
    case 'GET /switches':
      return shown(readSwitches(store))
    case 'PUT /switches':
      return setSwitches(store, body)
    case 'GET /outbox':
      return shown({ mails: readMails(store) })
    case 'GET /requests':
      return shown({ requests: readRequests(store) })
    case 'GET /deliveries':
      return shown({ deliveries: readDeliveries(store) })
    case 'POST /payments':
      return reportPayment(store, body)
    default:
      return (
        zendeskControl(store, method, path, body) ??
        slackControl(store, method, path) ??
        notesControl(store, method, path, body) ??
        stripeControl(store, method, path, body) ??
        refusal('not_found', `There is no control ${method} /sandbox${path}`)
      )
  }
}
