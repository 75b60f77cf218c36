import { env } from 'cloudflare:workers'
import type { Deps } from '../src/deps.ts'
import { findAdjustment } from '../src/db/read-adjustments.ts'
import type { Adjustment } from '../src/db/schema.ts'
import { fail } from '../src/db/write-adjustment.ts'

/** As if the billing API had refused it for good. */
export async function failRow({ db }: Deps, row: Adjustment, now: number): Promise<Adjustment> {
  await env.DB.prepare(
    `UPDATE adjustments SET state = 'issuing', version = version + 1, lease_until = ?, request = '{}',
       counted_at = ?, counted_day = '2000-01-01' WHERE id = ?`,
  )
    .bind(now, now, row.id)
    .run()
  const read = await findAdjustment(db, row.id)
  if (!read) throw new Error('no such adjustment')
  const trouble = { step: 'post', code: 'validation_error', status: 400, requestId: null } as const
  const alarm = {
    id: 'alm_1',
    cause: 'adjustment_failed',
    key: '',
    hour: 0,
    at: now,
    facts: {},
  } as const
  const failed = await fail(db, read, { trouble, attempts: 1, attemptedAt: null, alarm }, now)
  if (!failed) throw new Error('it has moved')
  return failed
}
