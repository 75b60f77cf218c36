// What a comparison came to, for people. Amounts are signed: a credit is negative.

import { currencyDecimals } from '../src/domain/currencies.ts'
import { decimalText } from '../src/domain/money.ts'
import type { Discrepancy, Reconciliation } from './reconcile-api.ts'

/** A table of days and currencies, then each open discrepancy with what to do. */
export function reconcileReport(
  { since, until, mode, counts, sums, outcome }: Reconciliation,
  open: readonly Discrepancy[],
): string {
  const { invoices, adopted, statuses } = counts
  const parts = [
    `Invoices of ${since} until ${until}, ${mode} mode: ${outcome}.`,
    `${invoices} compared, ${adopted} taken into our record, ${statuses} followed in their status.`,
    ...(sums === null || sums.length === 0 ? [] : ['', ...tableOf(sums)]),
    '',
    open.length === 0 ? 'No discrepancy is open.' : `${open.length} open:`,
    ...open.flatMap(told),
  ]
  return parts.join('\n')
}

const HEAD = ['day', 'currency', 'recorded', 'invoiced', 'difference'] as const

function tableOf(sums: NonNullable<Reconciliation['sums']>): readonly string[] {
  const rows = sums.map(({ day, currency, recorded, invoiced }) => [
    day,
    currency.toUpperCase(),
    money(recorded, currency),
    money(invoiced, currency),
    money(recorded - invoiced, currency),
  ])
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column < 2 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd()
  return [HEAD, ...rows].map(line)
}

/** A currency that isn't known here is one of the billing API's: its minor units are shown as they are. */
const money = (minorUnits: number, currency: string): string =>
  currencyDecimals(currency) === null
    ? `${minorUnits} minor units`
    : decimalText(minorUnits, currency)

function told(found: Discrepancy): readonly string[] {
  const { id, reason, meaning, todo, adjustmentId, eventId, invoiceId, day, currency } = found
  const about = [adjustmentId, eventId, invoiceId, day].filter((each) => each !== null)
  const amounts =
    currency === null || found.expected === found.found
      ? []
      : [
          `recorded ${money(found.expected, currency)}, at the billing API ${money(found.found, currency)} ${currency.toUpperCase()}`,
        ]
  const fields = found.fields.length === 0 ? [] : [`differs in ${found.fields.join(', ')}`]
  return [
    '',
    `${reason}  ${id}`,
    ...[about.join('  '), ...amounts, ...fields, meaning, `To do: ${todo}`].map(
      (line) => `  ${line}`,
    ),
  ]
}
