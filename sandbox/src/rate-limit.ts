// The limiter: a fixed window of real time, counted in memory. What a restart forgets is one window.
import { RATE_WINDOW_MS } from './limits.ts'

export type Allowance = {
  readonly allowed: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly resetSeconds: number
}

export class RateLimit {
  #windowStart = 0
  #calls = 0

  /** Counts one call. Times are milliseconds; the headers are those of every API answer. */
  count(nowMs: number, callsMax: number): Allowance {
    const start = nowMs - (nowMs % RATE_WINDOW_MS)
    if (start !== this.#windowStart) {
      this.#windowStart = start
      this.#calls = 0
    }
    this.#calls += 1
    const resetSeconds = Math.max(1, Math.ceil((start + RATE_WINDOW_MS - nowMs) / 1000))
    const headers = {
      'ratelimit-limit': String(callsMax),
      'ratelimit-remaining': String(Math.max(0, callsMax - this.#calls)),
      'ratelimit-reset': String(resetSeconds),
    }
    return { allowed: this.#calls <= callsMax, headers, resetSeconds }
  }
}
