// The days of the overview: which they are, and their credits and charges.

import type { DayTotals, SumsState } from '../../db/read-totals.ts'
import { dayOf } from '../../domain/day.ts'
import { CHART_DAYS, CHART_ROWS_MAX, DAY_SUMS_LATE_MS, MS_PER_DAY } from '../../domain/limits.ts'
import { DayChart, DayTable, isNothing, saidOf, sumsByDay, sumsOf } from './chart.tsx'
import { Empty, Money, When, type Clock } from './parts.tsx'

const DAYS_PER_WEEK = 7

/** Of the days that are added up, those of a week; and what they may be called. */
export const lastWeek = (days: readonly string[]): readonly string[] => days.slice(-DAYS_PER_WEEK)
export const weekWords = (days: readonly string[]): string =>
  days.length === 1 ? 'Last day' : `Last ${lastWeek(days).length} days`

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
  if (days.length === 0) return <TooMuch />
  const byDay = sumsByDay(totals, days)
  if (byDay.every(isNothing)) {
    return (
      <Empty title="Nothing was invoiced in these days">
        Each day shows up here with its credits and charges, a minute after one is invoiced.
      </Empty>
    )
  }
  return (
    <>
      <Totals totals={totals} days={days} currency={currency} />
      <DayChart days={byDay} currency={currency} />
      <p class="key">
        <span>
          <i></i>Credits, promised
        </span>
        <span>
          <i class="record"></i>A record of money that moved elsewhere, or back
        </span>
        <span>
          <i class="charge"></i>Charges
        </span>
        <span>{`Invoiced, in ${currency.toUpperCase()}, added up each minute. What is voided stays in it, and is said on the day on which it was.`}</span>
      </p>
      <DayTable days={byDay} currency={currency} />
    </>
  )
}

const ALWAYS = ['credits', 'recorded', 'charges'] as const

const Totals = ({ totals, days, currency }: Props) => {
  const row = (name: string, of: readonly string[]) => (
    <div>
      <dt>{name}</dt>
      <dd>
        {saidOf(sumsOf(totals.filter(({ day }) => of.includes(day))), ALWAYS).map(
          ({ amount, word }, at) => (
            <>
              {at === 0 ? '' : ', '}
              <Money of={{ amount, currency }} />
              {` ${word}`}
            </>
          ),
        )}
      </dd>
    </div>
  )
  return (
    <dl class="facts">
      {row('Today', days.slice(-1))}
      {days.length === 1 ? null : row(weekWords(days), lastWeek(days))}
    </dl>
  )
}

/** One day alone has more rows than the page reads. */
export const TooMuch = () => (
  <p class="soft">
    Today has more to add up than one page reads. The sums of the month are in{' '}
    <a href="/reports">Reports</a>.
  </p>
)

type StateProps = { of: SumsState; clock: Clock }

/** What the sums beside it lack. */
export const SumsLack = ({ of: { waitingSince, hasOtherCurrencies }, clock }: StateProps) => (
  <>
    {waitingSince !== null && waitingSince < clock.now - DAY_SUMS_LATE_MS ? (
      <p class="told is-wait">
        These sums are behind: they lack what was written since{' '}
        <When at={waitingSince} clock={clock} />.
      </p>
    ) : null}
    {hasOtherCurrencies ? (
      <p class="soft">
        There are adjustments in other currencies too: <a href="/reports">Reports</a> has them.
      </p>
    ) : null}
  </>
)
