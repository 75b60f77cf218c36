// What each rule gave and took, from sums of hours that are kept.

import type { KeptSum } from '../../db/read-dashboard.ts'
import { CHART_ROWS_MAX } from '../../domain/limits.ts'
import { totalsOf } from './chart.tsx'
import { Money } from './parts.tsx'

export const ByRule = ({ sums, currency }: { sums: readonly KeptSum[]; currency: string }) => {
  if (sums.length === 0) return <p class="soft">No rule has issued anything in these hours.</p>
  if (sums.length >= CHART_ROWS_MAX) {
    return (
      <p class="soft">More was issued than this page adds up. The list of adjustments has it.</p>
    )
  }
  const rules = Map.groupBy(sums, ({ key }) => key)
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="What each rule gave and took">
      <table>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col" class="num">
              Adjustments
            </th>
            <th scope="col" class="num">
              Promised
            </th>
            <th scope="col" class="num">
              Recorded
            </th>
            <th scope="col" class="num">
              Charges
            </th>
          </tr>
        </thead>
        <tbody>
          {[...rules].map(([rule, of]) => {
            const { credits, recorded, charges } = totalsOf(of, currency)
            return (
              <tr>
                <td>{rule}</td>
                <td class="num">{of.reduce((all, sum) => all + sum.adjustments, 0)}</td>
                <td class="num">
                  <Money of={{ amount: -credits, currency }} />
                </td>
                <td class="num">
                  <Money of={{ amount: -recorded, currency }} />
                </td>
                <td class="num">
                  <Money of={{ amount: charges, currency }} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
