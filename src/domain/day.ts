/** The day on which a moment falls, `YYYY-MM-DD`, by the clocks of a time zone (IANA name). */
export const dayOf = (ms: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(ms)
