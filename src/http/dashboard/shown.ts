// How money and times are shown: sign and currency always, times by the configured clocks. Pure.

import { decimalText } from '../../domain/money.ts'
import { MS_PER_DAY, MS_PER_HOUR } from '../../domain/limits.ts'

const MS_PER_MINUTE = 60_000
/** Older than that, the day says more than how long ago it was. */
const RELATIVE_DAYS_MAX = 14

export type Amount = { readonly amount: number; readonly currency: string }

/** "−1,250.00 USD": a credit has a minus, a charge a plus. */
export function amountShown({ amount, currency }: Amount): string {
  const sign = amount < 0 ? '−' : amount > 0 ? '+' : ''
  return `${sign}${grouped(decimalText(Math.abs(amount), currency))} ${currency.toUpperCase()}`
}

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')

export const countShown = (count: number, max: number): string =>
  count > max ? `${max}+` : String(count)

/** "4 min ago", "in 13 days", or the day itself. */
export function agoShown(at: number, now: number, timeZone: string): string {
  const apart = Math.abs(now - at)
  if (apart < MS_PER_MINUTE) return at <= now ? 'just now' : 'in a moment'
  if (apart > RELATIVE_DAYS_MAX * MS_PER_DAY) return dayShown(at, timeZone)
  const [n, unit] =
    apart < MS_PER_HOUR
      ? [Math.floor(apart / MS_PER_MINUTE), 'min']
      : apart < 2 * MS_PER_DAY
        ? [Math.floor(apart / MS_PER_HOUR), 'h']
        : [Math.floor(apart / MS_PER_DAY), 'days']
  return at <= now ? `${n} ${unit} ago` : `in ${n} ${unit}`
}

/** "4 s ago" within the first minute, where somebody waits for it. */
export function agoFineShown(at: number, now: number, timeZone: string): string {
  const seconds = Math.floor((now - at) / 1_000)
  return at <= now && now - at < MS_PER_MINUTE ? `${seconds} s ago` : agoShown(at, now, timeZone)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${timeZone} ${JSON.stringify(options)}`
  const known = formats.get(name) ?? new Intl.DateTimeFormat('en-GB', { timeZone, ...options })
  formats.set(name, known)
  return known
}

/** "23 November 2026 at 18:02:11 CET". */
export const exactShown = (at: number, timeZone: string): string =>
  format(timeZone, { dateStyle: 'long', timeStyle: 'long' }).format(at)

export const dayShown = (at: number, timeZone: string): string =>
  format(timeZone, { dateStyle: 'medium' }).format(at)

/** `2026-10` is "October 2026". */
export const monthShown = (month: string): string =>
  format('UTC', { month: 'long', year: 'numeric' }).format(Date.parse(`${month}-15T00:00:00Z`))
