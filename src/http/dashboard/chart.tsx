// Credits and charges as bars, drawn by the server from the sums of days: credits downwards, as money that is given. What
// the bars say stands in a table too.

import type { DayTotals } from '../../db/read-totals.ts'
import { decimalText } from '../../domain/money.ts'
import { Money } from './parts.tsx'
import { amountShown } from './shown.ts'

export type Sums = {
  /** Minor units, without a sign. */
  readonly credits: number
  /** Credits that are a record: the money has moved elsewhere, and is not promised once more. */
  readonly recorded: number
  readonly charges: number
  readonly count: number
}

export type DaySums = Sums & { readonly day: string }

/** The oldest first; days without any are there too. */
export const sumsByDay = (
  totals: readonly DayTotals[],
  days: readonly string[],
): readonly DaySums[] =>
  days.map((day) => ({ day, ...sumsOf(totals.filter((row) => row.day === day)) }))

/** Of one currency. Promises and records apart: no sum is of both. */
export function sumsOf(totals: readonly DayTotals[]): Sums {
  const of = (isOf: (row: DayTotals) => boolean) =>
    totals.filter(isOf).reduce((sum, row) => sum + row.invoicedSum, 0)
  return {
    credits: of(({ direction, settlement }) => direction === 'credit' && settlement === 'owed'),
    recorded: of(({ direction, settlement }) => direction === 'credit' && settlement !== 'owed'),
    charges: of(({ direction }) => direction === 'charge'),
    count: totals.reduce((sum, row) => sum + row.invoiced, 0),
  }
}

const WIDTH = 640
const HEIGHT = 170
const TOP = 14
const BOTTOM = 24
const LABEL_EACH_DAYS = 5

export const DayChart = ({ days, currency }: { days: readonly DaySums[]; currency: string }) => {
  const credits = Math.max(...days.map((each) => each.credits + each.recorded))
  const charges = Math.max(...days.map((each) => each.charges))
  const unit = (HEIGHT - TOP - BOTTOM) / Math.max(credits + charges, 1)
  const zero = TOP + charges * unit
  const step = WIDTH / days.length
  const sum = (which: 'credits' | 'recorded' | 'charges') =>
    days.reduce((total, each) => total + each[which], 0)
  const label = `Of ${days.length} days: promised credits of ${amountShown({ amount: -sum('credits'), currency })}, recorded ones of ${amountShown({ amount: -sum('recorded'), currency })}, charges of ${amountShown({ amount: sum('charges'), currency })}`
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {days.map(({ day, ...of }, at) => (
        <g>
          <title>{titleOf(day, of, currency)}</title>
          {bar('charge', at * step, zero - of.charges * unit, step, of.charges * unit)}
          {bar('credit', at * step, zero, step, of.credits * unit)}
          {bar('record', at * step, zero + of.credits * unit, step, of.recorded * unit)}
          {(days.length - 1 - at) % LABEL_EACH_DAYS === 0 ? (
            <text {...labelPlace(at, step, days.length)} y={HEIGHT - 6}>
              {dayWord(day)}
            </text>
          ) : null}
        </g>
      ))}
      <line class="axis" x1={0} x2={WIDTH} y1={zero} y2={zero} />
    </svg>
  )
}

/** The last one is written against the edge, where its middle would be cut. */
const labelPlace = (at: number, step: number, count: number) =>
  at === count - 1
    ? { x: WIDTH, 'text-anchor': 'end' }
    : { x: at * step + step / 2, 'text-anchor': 'middle' }

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** `2026-11-23` is "23 Nov". */
export const dayWord = (day: string): string =>
  `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1] ?? ''}`

/** A sum that is there is seen, however small. */
const VISIBLE = 2

const bar = (kind: string, x: number, y: number, step: number, height: number) =>
  height === 0 ? null : (
    <rect
      class={kind}
      x={x + step * 0.2}
      width={step * 0.6}
      y={kind === 'charge' && height < VISIBLE ? y - VISIBLE + height : y}
      height={Math.max(height, VISIBLE)}
      rx={2}
    />
  )

const titleOf = (day: string, of: Sums, currency: string): string =>
  `${day}: ${decimalText(of.credits, currency)} promised, ${decimalText(of.recorded, currency)} recorded, ${decimalText(of.charges, currency)} charges, ${currency.toUpperCase()}`

/** The same in numbers, for who sees no bars: days with something in them, the newest first. */
export const DayTable = ({ days, currency }: { days: readonly DaySums[]; currency: string }) => (
  <details>
    <summary>The days in numbers</summary>
    <div class="scroll" tabindex={0} role="region" aria-label="The days in numbers">
      <table class="tight">
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col" class="num">
              Promised
            </th>
            <th scope="col" class="num">
              Recorded
            </th>
            <th scope="col" class="num">
              Charged
            </th>
          </tr>
        </thead>
        <tbody>
          {days
            .filter(({ count }) => count > 0)
            .toReversed()
            .map(({ day, credits, recorded, charges }) => (
              <tr>
                <td>{dayWord(day)}</td>
                {[-credits, -recorded, charges].map((amount) => (
                  <td class="num">
                    <Money of={{ amount, currency }} />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  </details>
)
