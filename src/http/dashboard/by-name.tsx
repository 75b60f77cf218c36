// What each source or rule gave and took, today and in a week, the largest first, with a bar beside its numbers.

import type { DayTotals } from '../../db/read-totals.ts'
import { CHART_BARS_MAX } from '../../domain/limits.ts'
import { isNothing, Lines, saidOf, sumsOf, type Sums } from './chart.tsx'
import { lastWeek, TooMuch, weekWords } from './days.tsx'

type Props = {
  head: string
  totals: readonly DayTotals[]
  /** The oldest first, today last. */
  days: readonly string[]
  currency: string
  nameOf: (row: DayTotals) => string
}

type Bar = { readonly name: string; readonly today: Sums; readonly week: Sums }

export const ByName = ({ head, totals, days, currency, nameOf }: Props) => {
  if (days.length === 0) return <TooMuch />
  const week = lastWeek(days)
  const bars = barsOf(totals, week, nameOf)
  if (bars.length === 0)
    return <p class="soft">{`Nothing was invoiced: ${weekWords(days).toLowerCase()}.`}</p>
  const most = Math.max(...bars.map(({ week: sums }) => sizeOf(sums)))
  return (
    <div
      class="scroll"
      tabindex={0}
      role="region"
      aria-label={`Invoiced, by ${head.toLowerCase()}`}
    >
      <table class="tight">
        <thead>
          <tr>
            <th scope="col">{head}</th>
            <th scope="col" class="num">
              Today
            </th>
            <th scope="col" class="num">
              {weekWords(days)}
            </th>
          </tr>
        </thead>
        <tbody>
          {bars.map(({ name, today, week: sums }) => (
            <tr>
              <td class="named">
                <b>{name}</b>
                <Strip of={sums} most={most} />
              </td>
              <td class="num">
                <Cell of={today} currency={currency} />
              </td>
              <td class="num">
                <Cell of={sums} currency={currency} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const sizeOf = ({ credits, recorded, charges, recordedBack }: Sums): number =>
  credits + recorded + charges + recordedBack

/** Those that don't fit are one bar, so that the bars add up to the day's. */
function barsOf(
  totals: readonly DayTotals[],
  week: readonly string[],
  nameOf: Props['nameOf'],
): readonly Bar[] {
  const inWeek = totals.filter(
    ({ day, invoiced, voided }) => invoiced + voided > 0 && week.includes(day),
  )
  const bar = (name: string, rows: readonly DayTotals[]): Bar => ({
    name,
    today: sumsOf(rows.filter(({ day }) => day === week.at(-1))),
    week: sumsOf(rows),
  })
  const groups = [...Map.groupBy(inWeek, nameOf)].toSorted(
    ([, one], [, other]) => sizeOf(sumsOf(other)) - sizeOf(sumsOf(one)),
  )
  const named = groups.slice(0, CHART_BARS_MAX).map(([name, rows]) => bar(name, rows))
  const others = groups.slice(CHART_BARS_MAX)
  if (others.length === 0) return named
  return [
    ...named,
    bar(
      `${others.length} others`,
      others.flatMap(([, rows]) => rows),
    ),
  ]
}

const WIDTH = 100
const HEIGHT = 4

/** The numbers beside it say the same. */
const Strip = ({
  of: { credits, recorded, charges, recordedBack },
  most,
}: {
  of: Sums
  most: number
}) => {
  const unit = WIDTH / Math.max(most, 1)
  const part = (kind: string, from: number, size: number) =>
    size === 0 ? null : <rect class={kind} x={from * unit} width={size * unit} height={HEIGHT} />
  return (
    <svg
      class="chart strip"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {part('credit', 0, credits)}
      {part('record', credits, recorded)}
      {part('charge', credits + recorded, charges)}
      {part('record', credits + recorded + charges, recordedBack)}
    </svg>
  )
}

const Cell = ({ of, currency }: { of: Sums; currency: string }) => {
  if (isNothing(of)) return <span class="soft">–</span>
  return (
    <>
      <Lines of={saidOf(of)} currency={currency} />
      {of.count === 0 ? null : (
        <small class="soft">{of.count === 1 ? '1 adjustment' : `${of.count} adjustments`}</small>
      )}
    </>
  )
}
