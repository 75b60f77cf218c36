// A month by the clocks of a time zone: where it begins is found, since clocks are put forward and back.

import { daysIn } from './day.ts'

/** `2026-10`. */
export type Month = `${number}-${number}`

export const isMonth = (text: string): text is Month => /^20\d\d-(0[1-9]|1[0-2])$/.test(text)

/** Milliseconds since 1970; `from` is in it, `to` is not. */
export type Range = { readonly from: number; readonly to: number }

/** One month ends where the next begins, so that every moment is in exactly one. */
export const monthRange = (month: Month, timeZone: string): Range => ({
  from: dayBegin(`${month}-01`, timeZone),
  to: dayBegin(`${monthAfter(month)}-01`, timeZone),
})

export function monthAfter(month: Month): Month {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return number === 12 ? `${year + 1}-01` : monthOf(year, number + 1)
}

export function monthBefore(month: Month): Month {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return number === 1 ? `${year - 1}-12` : monthOf(year, number - 1)
}

const monthOf = (year: number, number: number): Month =>
  `${year}-${String(number).padStart(2, '0') as `${number}`}`

const MS_PER_MINUTE = 60_000
/** No zone is further from UTC than 14 hours. */
const MINUTES_FROM_UTC_MAX = 15 * 60

/** The first minute of the zone's day, `YYYY-MM-DD`, by halving. */
export function dayBegin(first: string, timeZone: string): number {
  const middle = Date.parse(`${first}T00:00:00Z`)
  const dayOf = daysIn(timeZone)
  let [low, high] = [-MINUTES_FROM_UTC_MAX, MINUTES_FROM_UTC_MAX]
  while (low < high) {
    const at = Math.floor((low + high) / 2)
    if (dayOf(middle + at * MS_PER_MINUTE) < first) low = at + 1
    else high = at
  }
  return middle + low * MS_PER_MINUTE
}
