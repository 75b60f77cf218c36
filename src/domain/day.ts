/** The day on which a moment falls, `YYYY-MM-DD`, by the clocks of a time zone (IANA name). */
export const dayOf = (ms: number, timeZone: string): string => daysIn(timeZone)(ms)

/** The same of many moments: a formatter is dear to make. */
export function daysIn(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return (ms) => format.format(ms)
}
