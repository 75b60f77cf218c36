import { findLink } from '../db/read-links.ts'
import type { Link } from '../db/schema.ts'
import * as write from '../db/write-links.ts'
import type { Deps } from '../deps.ts'
import type { LinkId } from '../domain/ids.ts'
import type { Operator } from '../domain/operator.ts'

/** The link, revoked now or before; null where there is none. It ends everywhere within a second. */
export async function revokeLink(deps: Deps, operator: Operator, id: LinkId): Promise<Link | null> {
  const link = await findLink(deps.db, id)
  if (link === null || link.revokedAt !== null) return link
  const revoked = await write.revokeLink(deps.db, link, operator, deps.now())
  return revoked ?? findLink(deps.db, id)
}
