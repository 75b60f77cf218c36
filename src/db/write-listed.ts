import type { FrozenRequest } from '../domain/adjustment.ts'
import { commitChange } from './commit.ts'
import type { Database } from './database.ts'
import type { Adjustment } from './schema.ts'
import { changed, entry, heldSince } from './write-adjustment.ts'
import {
  issuedColumns,
  issuedData,
  linkAfterChange,
  stopAfterDifference,
  type Issued,
} from './write-invoice.ts'

/**
 * The invoice of what was not under way, found in the billing API's listing. Its customer is the
 * invoice's, where no attempt has named one.
 */
export function commitListed(
  db: Database,
  read: Adjustment,
  issued: Issued,
  request: FrozenRequest,
  now: number,
): Promise<Adjustment | null> {
  const { customerId } = request
  return commitChange(
    db,
    changed(db, read, {
      ...issuedColumns(read, issued, now),
      customerId,
      ...(read.request === null ? { request } : {}),
    }),
    {
      ...entry(now, 'adjustment.invoiced', read, {
        ...issuedData(issued, read),
        was: read.state,
        ...heldSince(read),
      }),
      actor: 'system:reconciliation',
    },
    [...linkAfterChange(db, issued, now), ...stopAfterDifference(db, read, issued, now)],
  )
}
