// A month's totals and sums, in the words of those who keep the books.

import type { Reason } from '../../domain/reason.ts'
import type { Invoiced, Sum, Tally, Total } from '../../domain/report.ts'
import { plain } from '../../domain/why-texts.ts'
import type { ReportPage } from '../../usecases/make-report.ts'
import { Empty, Money } from './parts.tsx'
import { ofMode, Scroll } from './report-parts.tsx'

export const SETTLED = { owed: 'Promises', already_paid: 'Records' } as const

const TallyCell = ({ of, currency }: { of: Tally; currency: string }) => (
  <td class="num">
    <Money of={{ amount: of.credits + of.charges, currency }} />
    <span class="under">
      {of.adjustments === 1 ? '1 adjustment' : `${of.adjustments} adjustments`}
    </span>
  </td>
)

export const Totals = ({ page: { totals } }: { page: ReportPage }) => (
  <section class="sheet is-flush" id="totals">
    <h2 class="inset">Three totals</h2>
    {totals.length === 0 ? (
      <Empty title="Nothing in this month">
        No credit and no charge came in, and none was invoiced.
      </Empty>
    ) : (
      <Scroll label="Three totals">
        <table>
          <thead>
            <tr>
              <th scope="col">Settlement</th>
              <th scope="col" class="num">
                Asked for
              </th>
              <th scope="col" class="num">
                Recorded
              </th>
              <th scope="col" class="num">
                Invoiced, net
              </th>
              <th scope="col">Why the last two differ</th>
            </tr>
          </thead>
          <tbody>
            {totals.map((total) => (
              <TotalRow of={total} />
            ))}
          </tbody>
        </table>
      </Scroll>
    )}
    <p class="inset soft">
      Asked for: all that came in the month. Recorded: of that, what was not rejected or cancelled.
      Invoiced: what billing invoiced in the month, in its own figures.
    </p>
  </section>
)

const TotalRow = ({ of }: { of: Total }) => {
  const { currency, notInvoiced, fromEarlier, differing } = of
  const why = [
    [notInvoiced, 'recorded, and not invoiced in this month', -1],
    [fromEarlier, 'invoiced now, and recorded in an earlier month', 1],
    [differing, 'billed otherwise than asked for, such as with tax in the price', 1],
  ] as const
  const there = why.filter(
    ([tally]) => tally.adjustments !== 0 || tally.credits + tally.charges !== 0,
  )
  return (
    <tr>
      <th scope="row" class="name">
        {SETTLED[of.settlement]} {ofMode(of.mode)}
        <span class="under">{currency.toUpperCase()}</span>
      </th>
      <TallyCell of={of.asked} currency={currency} />
      <TallyCell of={of.recorded} currency={currency} />
      <TallyCell of={of.invoiced} currency={currency} />
      <td>
        {there.length === 0 ? <span class="soft">They are the same.</span> : null}
        {there.map(([tally, text, sign]) => (
          <span class="under">
            <Money of={{ amount: sign * (tally.credits + tally.charges), currency }} /> {text}
          </span>
        ))}
      </td>
    </tr>
  )
}

type SumsProps = { page: ReportPage; reasons: ReadonlyMap<string, Reason> }

export const Sums = ({ page: { sums }, reasons }: SumsProps) =>
  sums.length === 0 ? null : (
    <section class="sheet is-flush" id="sums">
      <h2 class="inset">What was invoiced, by reason</h2>
      <Scroll label="Sums by reason">
        <table>
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col">Account</th>
              <th scope="col">Settlement</th>
              <th scope="col" class="num">
                Number
              </th>
              <th scope="col" class="num">
                Net
              </th>
              <th scope="col" class="num">
                Tax
              </th>
              <th scope="col" class="num">
                Total
              </th>
            </tr>
          </thead>
          <tbody>
            {sums.flatMap((sum) =>
              LINES.filter(([part]) => sum[part].adjustments > 0).map(([part, text]) => (
                <SumRow of={sum} part={sum[part]} text={text} reasons={reasons} />
              )),
            )}
          </tbody>
        </table>
      </Scroll>
    </section>
  )

const LINES = [
  ['credits', 'credits'],
  ['charges', 'charges'],
  ['voided', 'of these void by now'],
] as const

type SumProps = { of: Sum; part: Invoiced; text: string; reasons: SumsProps['reasons'] }

const SumRow = ({ of, part, text, reasons }: SumProps) => {
  const reason = reasons.get(of.reason)
  const cell = (amount: number) => (
    <td class="num">
      <Money of={{ amount, currency: of.currency }} />
    </td>
  )
  return (
    <tr>
      <th scope="row" class="name">
        {reason?.label ?? plain(of.reason)}
        <span class="under">{text}</span>
      </th>
      <td>{reason?.account ?? <span class="soft">none</span>}</td>
      <td>
        {SETTLED[of.settlement]} {ofMode(of.mode)}
      </td>
      <td class="num">{part.adjustments}</td>
      {cell(part.net)}
      {cell(part.tax)}
      {cell(part.total)}
    </tr>
  )
}

export const Undecided = ({ page: { waiting } }: { page: ReportPage }) => {
  const { conflict, undecided, dismissed } = waiting
  if (conflict + undecided + dismissed === 0) return null
  return (
    <p class="soft" id="undecided">
      {`In no total: ${conflict} in conflict, ${undecided} that nobody could read, ${dismissed} that somebody dismissed. Those that wait are in the `}
      <a href="/inbox">inbox</a>.
    </p>
  )
}
