// How a month's report is shown: each row once, as JSON and as a line of CSV.

import type { Adjustment } from '../../db/schema.ts'
import { csvField } from '../../domain/csv.ts'
import { currencyDecimals } from '../../domain/currencies.ts'
import { daysIn } from '../../domain/day.ts'
import { decimalText } from '../../domain/money.ts'
import type { Reason } from '../../domain/reason.ts'
import type { Invoiced, Sum, Tally, Total } from '../../domain/report.ts'
import type { OpenItem } from '../../usecases/open-steps.ts'
import type { ReportHead, ReportPage } from '../../usecases/make-report.ts'

export type Reasons = ReadonlyMap<string, Reason>

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export const presentHead = ({ month, timeZone, from, to, asOf, isFinal }: ReportHead) => ({
  month,
  timeZone,
  from: iso(from),
  to: iso(to),
  asOf: iso(asOf),
  isFinal,
})

/** `rows` of a page, those that waited at its end with what they waited as. */
export function presentRows(page: ReportPage, reasons: Reasons) {
  const dayOf = daysIn(page.head.timeZone)
  const present = (row: Adjustment) => presentRow(row, page, reasons, dayOf)
  const open = page.open.map(({ adjustment, stop }: OpenItem) => ({
    ...present(adjustment),
    atCutoff: { state: stop.state, since: iso(stop.at) },
  }))
  return { rows: page.rows.map(present), open }
}

function presentRow(
  row: Adjustment,
  { approvers }: ReportPage,
  reasons: Reasons,
  dayOf: (ms: number) => string,
) {
  return {
    object: 'report_row',
    id: row.id,
    /** By the configured time zone: of its invoice, else of its recording. */
    date: dayOf(row.invoicedAt ?? row.createdAt),
    recordedAt: iso(row.createdAt),
    invoicedAt: iso(row.invoicedAt),
    state: row.state,
    mode: row.mode,
    direction: row.amount < 0 ? 'credit' : 'charge',
    /** As it was asked for; the rest is the billing API's. */
    amount: row.amount,
    currency: row.currency,
    invoice:
      row.invoiceId === null
        ? null
        : {
            id: row.invoiceId,
            number: row.invoiceNumber,
            status: row.invoiceStatus,
            currency: row.invoiceCurrency?.toLowerCase() ?? null,
            net: row.invoiceSubtotal,
            tax: row.invoiceTax,
            total: row.invoiceTotal,
          },
    settlement: row.settlement,
    ...reasonOf(row.reason, reasons),
    customer: row.request?.customerId ?? row.customerId ?? row.customerReference,
    asker: row.asker,
    maker: row.maker,
    approvers: approvers.get(row.id) ?? [],
    source: {
      name: row.source,
      endpoint: row.endpoint,
      account: row.account,
      subject: row.subject,
      part: row.part,
      event: row.eventId,
    },
    originalInvoice: row.originalInvoice,
    reverses: row.reverses,
    reversedBy: row.reversedBy,
  }
}

/** A reason that is configured no more has no account. */
const reasonOf = (reason: string, reasons: Reasons) => ({
  reason,
  reasonLabel: reasons.get(reason)?.label ?? null,
  ledgerAccount: reasons.get(reason)?.account ?? null,
})

export const presentSum = ({ reason, ...sum }: Sum, reasons: Reasons) => ({
  ...sum,
  ...reasonOf(reason, reasons),
})

type Row = ReturnType<typeof presentRow> & {
  readonly atCutoff?: { readonly state: string; readonly since: string | null }
}

/** A number of our own, such as -25.00, is no formula. */
const amountCell = (minorUnits: number | null, currency: string | null): string => {
  if (minorUnits === null || currency === null) return ''
  const isKnown = currencyDecimals(currency) !== null
  return isKnown ? decimalText(minorUnits, currency) : String(minorUnits)
}

const line = (cells: readonly string[]): string => `${cells.join(',')}\r\n`
const text = (value: string | null): string => csvField(value ?? '')

const COLUMNS: Readonly<Record<string, (row: Row) => string>> = {
  date: ({ date }) => text(date),
  id: ({ id }) => text(id),
  state: ({ state }) => text(state),
  state_at_cutoff: ({ atCutoff }) => text(atCutoff?.state ?? null),
  waiting_since: ({ atCutoff }) => text(atCutoff?.since ?? null),
  mode: ({ mode }) => text(mode),
  direction: ({ direction }) => text(direction),
  asked_amount: ({ amount, currency }) => amountCell(amount, currency),
  asked_currency: ({ currency }) => text(currency),
  net: ({ invoice }) => amountCell(invoice?.net ?? null, invoice?.currency ?? null),
  tax: ({ invoice }) => amountCell(invoice?.tax ?? null, invoice?.currency ?? null),
  total: ({ invoice }) => amountCell(invoice?.total ?? null, invoice?.currency ?? null),
  currency: ({ invoice }) => text(invoice?.currency ?? null),
  settlement: ({ settlement }) => text(settlement),
  reason: ({ reason }) => text(reason),
  ledger_account: ({ ledgerAccount }) => text(ledgerAccount),
  invoice_number: ({ invoice }) => text(invoice?.number ?? null),
  invoice_id: ({ invoice }) => text(invoice?.id ?? null),
  invoice_status: ({ invoice }) => text(invoice?.status ?? null),
  original_invoice: ({ originalInvoice }) => text(originalInvoice),
  customer: ({ customer }) => text(customer),
  asker: ({ asker }) => text(asker),
  made_by_hand_by: ({ maker }) => text(maker),
  approvers: ({ approvers }) => text(approvers.join(' ')),
  source: ({ source }) => text(source.name),
  endpoint: ({ source }) => text(source.endpoint),
  subject: ({ source }) => text(source.subject),
  part: ({ source }) => text(source.part),
  event: ({ source }) => text(source.event),
  reverses: ({ reverses }) => text(reverses),
  reversed_by: ({ reversedBy }) => text(reversedBy),
  recorded_at: ({ recordedAt }) => text(recordedAt),
  invoiced_at: ({ invoicedAt }) => text(invoicedAt),
}

export const CSV_HEAD = line(Object.keys(COLUMNS))

export const csvLines = (page: ReportPage, reasons: Reasons): string => {
  const { rows, open } = presentRows(page, reasons)
  return [...rows, ...open]
    .map((row) => line(Object.values(COLUMNS).map((cell) => cell(row))))
    .join('')
}

/**
 * `line` says what it is of: what is void is in the line above it already, totals have no reason, and of events that
 * nobody has decided there is a number alone. Each says when it was taken, and whether the month was final then.
 */
export const SUMS_HEAD = line(
  'line,mode,currency,settlement,reason,ledger_account,adjustments,net,tax,total,as_of,is_final'.split(
    ',',
  ),
)

export function csvSums({ sums, totals, waiting, head }: ReportPage, reasons: Reasons): string {
  const taken = [text(iso(head.asOf)), String(head.isFinal)]
  const lines = [
    ...sums.flatMap((sum) => [
      sumCells('credits', sum, sum.credits, reasons),
      sumCells('charges', sum, sum.charges, reasons),
      sumCells('of_these_void', sum, sum.voided, reasons),
    ]),
    ...totals.flatMap((total) =>
      TOTAL_PARTS.map((part) => totalCells(`total_${part}`, total, total[part])),
    ),
    ...Object.entries(waiting).map(([fate, events]) => undecidedCells(fate, events)),
  ]
  return lines.map((cells) => line([...cells, ...taken])).join('')
}

const undecidedCells = (fate: string, events: number): readonly string[] => [
  'undecided_events',
  '',
  '',
  '',
  fate,
  '',
  String(events),
  '',
  '',
  '',
]

const TOTAL_PARTS = [
  'asked',
  'recorded',
  'notInvoiced',
  'fromEarlier',
  'differing',
  'invoiced',
] as const

const sumCells = (name: string, sum: Sum, of: Invoiced, reasons: Reasons): readonly string[] => [
  name,
  text(sum.mode),
  text(sum.currency),
  text(sum.settlement),
  text(sum.reason),
  text(reasons.get(sum.reason)?.account ?? null),
  String(of.adjustments),
  ...[of.net, of.tax, of.total].map((each) => amountCell(each, sum.currency)),
]

const totalCells = (name: string, total: Total, of: Tally): readonly string[] => [
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  text(total.mode),
  text(total.currency),
  text(total.settlement),
  '',
  '',
  String(of.adjustments),
  amountCell(of.credits + of.charges, total.currency),
  '',
  '',
]
