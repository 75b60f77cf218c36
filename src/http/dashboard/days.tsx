// The days of the overview: which they are, and their credits and charges.

import type { DayTotals } from '../../db/read-totals.ts'
import { dayOf } from '../../domain/day.ts'
import { CHART_DAYS, CHART_ROWS_MAX, MS_PER_DAY } from '../../domain/limits.ts'
import { DayChart, DayTable, sumsByDay, type DaySums } from './chart.tsx'
import { Empty, Money, type Clock } from './parts.tsx'

const DAYS_PER_WEEK = 7

export function lastDays({ now, timeZone }: Clock): readonly string[] {
  // A day of 23 hours must not hide the one before it, nor one of 25 be there twice.
  const days = Array.from({ length: CHART_DAYS * 2 }, (_, n) =>
    dayOf(now - (n * MS_PER_DAY) / 2, timeZone),
  )
  return [...new Set(days)].slice(0, CHART_DAYS).toReversed()
}

/** Of the day that was read last not every row may have come: it is left out, with those before it. */
export function wholeDays(totals: readonly DayTotals[], days: readonly string[]) {
  const oldest = totals.length < CHART_ROWS_MAX ? null : (totals.at(-1)?.day ?? null)
  if (oldest === null) return { totals, days }
  return {
    totals: totals.filter(({ day }) => day > oldest),
    days: days.filter((day) => day > oldest),
  }
}

type Props = { totals: readonly DayTotals[]; days: readonly string[]; currency: string }

export const Days = ({ totals, days, currency }: Props) => {
  const byDay = sumsByDay(totals, days)
  if (byDay.every(({ count }) => count === 0)) {
    return (
      <Empty title="Nothing was invoiced in these days">
        Each day shows up here with its credits and charges, a minute after one is invoiced.
      </Empty>
    )
  }
  return (
    <>
      <Totals days={byDay} currency={currency} />
      <DayChart days={byDay} currency={currency} />
      <p class="key">
        <span>
          <i></i>Credits, promised
        </span>
        <span>
          <i class="record"></i>Credits, a record of money that moved elsewhere
        </span>
        <span>
          <i class="charge"></i>Charges
        </span>
        <span>{`Invoiced, in ${currency.toUpperCase()}, added up each minute`}</span>
      </p>
      <DayTable days={byDay} currency={currency} />
    </>
  )
}

const Totals = ({ days, currency }: { days: readonly DaySums[]; currency: string }) => {
  const total = (of: readonly DaySums[], which: 'credits' | 'recorded' | 'charges') =>
    of.reduce((sum, each) => sum + each[which], 0)
  const row = (name: string, of: readonly DaySums[]) => (
    <div>
      <dt>{name}</dt>
      <dd>
        <Money of={{ amount: -total(of, 'credits'), currency }} /> promised,{' '}
        <Money of={{ amount: -total(of, 'recorded'), currency }} /> recorded,{' '}
        <Money of={{ amount: total(of, 'charges'), currency }} /> charged
      </dd>
    </div>
  )
  return (
    <dl class="facts">
      {row('Today', days.slice(-1))}
      {row('Last 7 days', days.slice(-DAYS_PER_WEEK))}
    </dl>
  )
}
