// What an isolate remembers of clicks, and loses with itself: the links that were opened just now, and the
// openings that are not written yet. Both are bounded.

import type { Link } from './db/schema.ts'
import { LINK_HOT_MS, LINKS_HOT_MAX } from './domain/limits-links.ts'
import type { Fetched, TargetAddress } from './domain/link.ts'
import type { Opening } from './domain/opening.ts'

/** A link's row, and the address that it leads to as soon as that is known. */
export type HotLink = {
  readonly link: Link
  /** Before its row was read, milliseconds since 1970. */
  readonly readAt: number
  address: TargetAddress | null
  /** While the billing API is asked for it. */
  fetching: Promise<Fetched> | null
}

export type ClickMemory = {
  /** By slug. */
  readonly hot: Map<string, HotLink>
  /** By link and kind of agent. */
  readonly openings: Map<string, Opening>
  /** Until when somebody else is about to write them, milliseconds since 1970. */
  writtenBy: number
}

export const createClickMemory = (): ClickMemory => ({
  hot: new Map(),
  openings: new Map(),
  writtenBy: 0,
})

/** Null from LINK_HOT_MS after its row was about to be read: what was revoked then is asked for again. */
export function hotLink({ hot }: ClickMemory, slug: string, now: number): HotLink | null {
  const found = hot.get(slug)
  if (found === undefined) return null
  const age = now - found.readAt
  if (age >= 0 && age < LINK_HOT_MS) return found
  hot.delete(slug)
  return null
}

/** The one that was remembered first is forgotten for it, where there are too many. */
export function rememberLink({ hot }: ClickMemory, slug: string, link: HotLink): void {
  hot.delete(slug)
  hot.set(slug, link)
  if (hot.size <= LINKS_HOT_MAX) return
  const [first] = hot.keys()
  if (first !== undefined) hot.delete(first)
}
