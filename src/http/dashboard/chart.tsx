// Credits and charges as bars, drawn by the server from the sums of days: credits downwards, as money that is given. What
// the bars say stands in a table too.

import type { DayTotals } from '../../db/read-totals.ts'
import { decimalText } from '../../domain/money.ts'
import { Money } from './parts.tsx'
import { amountShown } from './shown.ts'

const FIGURES = {
  credits: { direction: 'credit', settlement: 'owed', word: 'promised', voided: 'promises' },
  /** The money has moved elsewhere, and is not promised once more. */
  recorded: {
    direction: 'credit',
    settlement: 'already_paid',
    word: 'recorded',
    voided: 'records',
  },
  charges: { direction: 'charge', settlement: 'owed', word: 'charged', voided: 'charges' },
  /** A record that is undone: nobody is charged. */
  recordedBack: {
    direction: 'charge',
    settlement: 'already_paid',
    word: 'recorded back',
    voided: 'records back',
  },
} as const

export type Figure = keyof typeof FIGURES
const NAMES = Object.keys(FIGURES) as readonly Figure[]

/** Minor units, without a sign; no two of them in one sum. */
type Figures = Readonly<Record<Figure, number>>

export type Sums = Figures & {
  /** Invoiced on whichever day, and voided on these. */
  readonly voided: Figures
  readonly count: number
  readonly voidedCount: number
}

export type DaySums = Sums & { readonly day: string }

/** The oldest first; days without any are there too. */
export const sumsByDay = (
  totals: readonly DayTotals[],
  days: readonly string[],
): readonly DaySums[] =>
  days.map((day) => ({ day, ...sumsOf(totals.filter((row) => row.day === day)) }))

/** Of one currency. */
export const sumsOf = (totals: readonly DayTotals[]): Sums => ({
  ...figuresIn(totals, 'invoicedSum'),
  voided: figuresIn(totals, 'voidedSum'),
  count: totals.reduce((sum, row) => sum + row.invoiced, 0),
  voidedCount: totals.reduce((sum, row) => sum + row.voided, 0),
})

function figuresIn(totals: readonly DayTotals[], column: 'invoicedSum' | 'voidedSum'): Figures {
  const of = (name: Figure) =>
    totals
      .filter((row) => row.direction === FIGURES[name].direction)
      .filter((row) => row.settlement === FIGURES[name].settlement)
      .reduce((sum, row) => sum + row[column], 0)
  return {
    credits: of('credits'),
    recorded: of('recorded'),
    charges: of('charges'),
    recordedBack: of('recordedBack'),
  }
}

export const isNothing = ({ count, voidedCount }: Sums): boolean => count + voidedCount === 0

/** `amount` has its sign. */
export type Said = { readonly amount: number; readonly word: string }

const signed = (name: Figure, amount: number): number =>
  FIGURES[name].direction === 'credit' && amount !== 0 ? -amount : amount

/** What there is of them, in words; `always`: also where it is nothing. */
export const saidOf = (sums: Sums, always: readonly Figure[] = []): readonly Said[] => [
  ...NAMES.filter((name) => sums[name] !== 0 || always.includes(name)).map((name) => ({
    amount: signed(name, sums[name]),
    word: FIGURES[name].word,
  })),
  ...voidedOf(sums),
]

const voidedOf = ({ voided }: Sums): readonly Said[] =>
  NAMES.filter((name) => voided[name] !== 0).map((name) => ({
    amount: signed(name, voided[name]),
    word: `voided ${FIGURES[name].voided}`,
  }))

/** Each on a line of its own. */
export const Lines = ({ of, currency }: { of: readonly Said[]; currency: string }) => (
  <>
    {of.map(({ amount, word }) => (
      <span class="line">
        <Money of={{ amount, currency }} /> <small>{word}</small>
      </span>
    ))}
  </>
)

const WIDTH = 640
const HEIGHT = 170
const TOP = 14
const BOTTOM = 24
const LABEL_EACH_DAYS = 5

export const DayChart = ({ days, currency }: { days: readonly DaySums[]; currency: string }) => {
  const credits = Math.max(...days.map((each) => each.credits + each.recorded))
  const charges = Math.max(...days.map((each) => each.charges + each.recordedBack))
  const unit = (HEIGHT - TOP - BOTTOM) / Math.max(credits + charges, 1)
  const zero = TOP + charges * unit
  const step = WIDTH / days.length
  const sum = (which: Figure) => days.reduce((total, each) => total + each[which], 0)
  const shown = (which: Figure) => amountShown({ amount: signed(which, sum(which)), currency })
  const label = `Of ${days.length} days: promised credits of ${shown('credits')}, recorded ones of ${shown('recorded')}, charges of ${shown('charges')}, recorded back ${shown('recordedBack')}`
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {days.map(({ day, ...of }, at) => (
        <g>
          <title>{titleOf(day, of, currency)}</title>
          {bar(
            'record is-back',
            at * step,
            zero - (of.charges + of.recordedBack) * unit,
            step,
            of.recordedBack * unit,
          )}
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
      y={
        (kind === 'charge' || kind === 'record is-back') && height < VISIBLE
          ? y - VISIBLE + height
          : y
      }
      height={Math.max(height, VISIBLE)}
      rx={2}
    />
  )

const titleOf = (day: string, of: Sums, currency: string): string =>
  `${day}: ${saidOf(of, ['credits', 'recorded', 'charges'])
    .map(({ amount, word }) => `${decimalText(Math.abs(amount), currency)} ${word}`)
    .join(', ')}, ${currency.toUpperCase()}`

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
            <th scope="col" class="num">
              Recorded back
            </th>
            <th scope="col" class="num">
              Voided
            </th>
          </tr>
        </thead>
        <tbody>
          {days
            .filter((of) => !isNothing(of))
            .toReversed()
            .map((of) => (
              <tr>
                <td>{dayWord(of.day)}</td>
                {NAMES.map((name) => (
                  <td class="num">
                    <Money of={{ amount: signed(name, of[name]), currency }} />
                  </td>
                ))}
                <td class="num">
                  <Lines of={voidedOf(of)} currency={currency} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  </details>
)
