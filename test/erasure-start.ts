import { env } from 'cloudflare:workers'
import { sandboxControl } from './harness.ts'

/** What earlier tests have left goes on for nobody, and nobody is known by anything. */
export async function startErasures(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(`DELETE FROM identities`),
    env.DB.prepare(`DELETE FROM erased_identities`),
    env.DB.prepare(`DELETE FROM seen_refunds`),
    env.DB.prepare(`DELETE FROM payloads`),
    env.DB.prepare(`UPDATE erasures SET wake_at = 9e15 WHERE wake_at IS NOT NULL`),
    env.DB.prepare(
      `UPDATE adjustments SET state = 'cancelled', version = version + 1, wake_at = NULL,
         hold_reasons = NULL, counted_at = NULL, counted_day = NULL
       WHERE state IN ('due', 'held', 'failed')`,
    ),
  ])
  await sandboxControl('POST', '/reset')
}
