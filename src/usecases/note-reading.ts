import { commitRead } from '../db/write-reading.ts'
import type { Deps } from '../deps.ts'
import { MS_PER_HOUR } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'

/** Lists in which people stand, and what shows a whole delivery. */
export type ReadList =
  | 'events'
  | 'adjustments'
  | 'identities'
  | 'links'
  | 'discrepancies'
  | 'invoices'
  | 'customers'
  | 'payloads'
  | 'reports'

/**
 * That an operator reads on in a list, or what was delivered: an entry, once an hour for each. Throws where it can't be
 * written.
 */
export const noteReading = (
  { db, now }: Pick<Deps, 'db' | 'now'>,
  operator: Operator,
  list: ReadList,
): Promise<void> =>
  commitRead(db, {
    at: now(),
    actor: `operator:${operator.name}`,
    action: 'list.read',
    subject: `${list}:${Math.floor(now() / MS_PER_HOUR)}`,
    data: { list },
  })
