import { BACKOFF_FIRST_SECONDS, BACKOFF_MAX_SECONDS } from './limits.ts'

/**
 * Seconds until the next attempt: doubling from 15 s to an hour, ± 20 %, never sooner than asked for.
 * `attempts`: how many were made, 1 or more. `random`: 0 ≤ random < 1, drawn by the caller.
 */
export function backoffSeconds(
  attempts: number,
  retryAfterSeconds: number | null,
  random: number,
): number {
  const doubled = BACKOFF_FIRST_SECONDS * 2 ** Math.min(Math.max(attempts, 1) - 1, 16)
  const jittered = Math.min(doubled, BACKOFF_MAX_SECONDS) * (0.8 + 0.4 * random)
  return Math.ceil(Math.max(jittered, retryAfterSeconds ?? 0))
}
