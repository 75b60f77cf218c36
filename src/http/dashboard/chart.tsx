// Credits and charges as bars, drawn by the server from sums that are kept: credits downwards, as money that is given.

import type { KeptSum } from '../../db/read-dashboard.ts'
import { decimalText } from '../../domain/money.ts'
import { amountShown } from './shown.ts'

export type DaySums = {
  readonly day: string
  /** Minor units, without a sign. */
  readonly credits: number
  /** Credits that are a record: the money has moved elsewhere, and is not promised once more. */
  readonly recorded: number
  readonly charges: number
}

/** Of one currency, the oldest first; days without any are there too. */
export function sumsByDay(
  sums: readonly KeptSum[],
  days: readonly string[],
  currency: string,
): readonly DaySums[] {
  return days.map((day) => {
    const own = sums.filter((sum) => sum.bucket === day)
    return { day, ...totalsOf(own, currency) }
  })
}

/** Promises and records apart: no sum is of both. */
export function totalsOf(sums: readonly KeptSum[], currency: string): Omit<DaySums, 'day'> {
  const of = (direction: KeptSum['direction'], isOf: (sum: KeptSum) => boolean = () => true) =>
    sums
      .filter((sum) => sum.direction === direction && sum.currency === currency && isOf(sum))
      .reduce((total, sum) => total + sum.total, 0)
  return {
    credits: of('credit', ({ settlement }) => settlement === 'owed'),
    recorded: of('credit', ({ settlement }) => settlement !== 'owed'),
    charges: of('charge'),
  }
}

const WIDTH = 640
const HEIGHT = 170
const TOP = 14
const BOTTOM = 24

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
          {at % 2 === (days.length - 1) % 2 ? (
            <text x={at * step + step / 2} y={HEIGHT - 6} text-anchor="middle">
              {dayWord(day)}
            </text>
          ) : null}
        </g>
      ))}
      <line class="axis" x1={0} x2={WIDTH} y1={zero} y2={zero} />
    </svg>
  )
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** `2026-11-23` is "23 Nov". */
const dayWord = (day: string): string =>
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

const titleOf = (day: string, of: Omit<DaySums, 'day'>, currency: string): string =>
  `${day}: ${decimalText(of.credits, currency)} promised, ${decimalText(of.recorded, currency)} recorded, ${decimalText(of.charges, currency)} charges, ${currency.toUpperCase()}`
