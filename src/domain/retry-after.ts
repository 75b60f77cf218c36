import { RETRY_AFTER_SECONDS_MAX, RETRY_AFTER_SECONDS_MIN } from './limits.ts'

/**
 * Seconds to wait, from `Retry-After`: a number, or an HTTP date (RFC 9110, IMF-fixdate) taken relative
 * to the answer's own `Date`. Anything else counts as absent.
 */
export function retryAfterSeconds(headers: Headers): number | null {
  const text = headers.get('retry-after')?.trim()
  if (text === undefined) return null
  const seconds = /^\d{1,12}(\.\d{1,6})?$/.test(text)
    ? Number(text)
    : secondsBetween(headers.get('date'), text)
  if (seconds === null) return null
  return Math.min(Math.max(Math.ceil(seconds), RETRY_AFTER_SECONDS_MIN), RETRY_AFTER_SECONDS_MAX)
}

function secondsBetween(from: string | null, to: string): number | null {
  const start = from === null ? Number.NaN : httpDateMs(from)
  const seconds = (httpDateMs(to) - start) / 1000
  return Number.isFinite(seconds) ? seconds : null
}

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

// Date.parse alone takes almost any text for a date.
function httpDateMs(text: string): number {
  return IMF_FIXDATE.test(text.trim()) ? Date.parse(text) : Number.NaN
}
