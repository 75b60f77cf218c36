// What was held or had failed when a month ended.

import { customerText } from '../../domain/why-texts.ts'
import type { ReportPage } from '../../usecases/make-report.ts'
import type { AppContext } from '../context.ts'
import { Chip, Empty, Money, subjectText, When, type Clock } from './parts.tsx'
import { ofMode, Scroll } from './report-parts.tsx'
import { SETTLED } from './report-sums.tsx'
import { titleOf } from './viewer.ts'
import { STATES } from './words.ts'

type OpenProps = { c: AppContext; page: ReportPage; clock: Clock }

export const OpenItems = ({ c, page: { open, openSums, next }, clock }: OpenProps) => (
  <section class="sheet is-flush" id="open-items">
    {open.length === 0 ? (
      <Empty title="Nothing waited">
        Nothing was held and nothing had failed at the end of the month.
      </Empty>
    ) : (
      <Scroll label="What was held or had failed">
        <table>
          <thead>
            <tr>
              <th scope="col" class="num">
                Amount
              </th>
              <th scope="col">For</th>
              <th scope="col">Settlement</th>
              <th scope="col">Then</th>
              <th scope="col">Since</th>
              <th scope="col" class="wide">
                Now
              </th>
            </tr>
          </thead>
          <tbody>
            {open.map(({ adjustment: row, stop }) => (
              <tr data-card tabindex={-1}>
                <td class="num">
                  <Money of={row} /> {ofMode(row.mode)}
                </td>
                <td>
                  <a class="row" href={`/adjustments/${row.id}`}>
                    {subjectText(titleOf(c, row), row.subject, row.part)}
                  </a>
                  <span class="under">{customerText(row)}</span>
                </td>
                <td>{SETTLED[row.settlement]}</td>
                <td>
                  <Chip tone={STATES[stop.state].tone}>{STATES[stop.state].text}</Chip>
                </td>
                <td>
                  <When at={stop.at} clock={clock} />
                </td>
                <td class="wide">
                  <Chip tone={STATES[row.state].tone}>{STATES[row.state].text}</Chip>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    )}
    {openSums.map((sum) => (
      <p class="inset">
        {`${STATES[sum.state].text}, ${SETTLED[sum.settlement].toLowerCase()}: ${sum.adjustments} ${next === null ? 'in all' : 'so far'}, `}
        <Money of={{ amount: sum.credits, currency: sum.currency }} />
        {' credits, '}
        <Money of={{ amount: sum.charges, currency: sum.currency }} />
        {' charges '}
        {ofMode(sum.mode)}
      </p>
    ))}
  </section>
)
