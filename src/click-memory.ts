// What an isolate remembers of clicks, and loses with itself: the links that were opened just now, what the
// billing API was asked for, and the openings that are not written yet. All of it is bounded.

import type { Link } from './db/schema.ts'
import { BILLING_DEADLINE_MS } from './domain/limits.ts'
import { LINK_HOT_MS, LINKS_REMEMBERED_MAX } from './domain/limits-links.ts'
import type { Fetched, TargetAddress } from './domain/link.ts'
import type { Opening } from './domain/opening.ts'

/** A link's row, and the address that was kept in it as soon as it was opened. */
export type HotLink = {
  readonly link: Link
  /** Before its row was read, milliseconds since 1970. */
  readonly readAt: number
  address: TargetAddress | null
}

/** One call of the billing API for a link's address, and what came of it. */
export type Asked = {
  readonly answer: Promise<Fetched>
  isAnswered: boolean
  /** When it was answered, and before that when it was asked; milliseconds since 1970. */
  at: number
}

export type ClickMemory = {
  /** By slug. */
  readonly hot: Map<string, HotLink>
  /** By link. */
  readonly asked: Map<string, Asked>
  /** By link and kind of agent. */
  readonly openings: Map<string, Opening>
  /** Until when somebody else is about to write them, milliseconds since 1970. */
  writtenBy: number
}

export const createClickMemory = (): ClickMemory => ({
  hot: new Map(),
  asked: new Map(),
  openings: new Map(),
  writtenBy: 0,
})

/** Null from LINK_HOT_MS after its row was about to be read: what was revoked then is asked for again. */
export function hotLink({ hot }: ClickMemory, slug: string, now: number): HotLink | null {
  const found = hot.get(slug)
  if (found === undefined) return null
  if (isWithin(LINK_HOT_MS, found.readAt, now)) return found
  hot.delete(slug)
  return null
}

/** Null where a link's address may be asked for: `againMs` after the last answer, or once none can come. */
export function askedLately(
  { asked }: ClickMemory,
  link: string,
  againMs: number,
  now: number,
): Promise<Fetched> | null {
  const last = asked.get(link)
  if (last === undefined) return null
  const isLately = isWithin(last.isAnswered ? againMs : BILLING_DEADLINE_MS, last.at, now)
  return isLately ? last.answer : null
}

/** A clock that went back says nothing. */
const isWithin = (milliseconds: number, since: number, now: number): boolean =>
  now >= since && now - since < milliseconds

/** The one that was remembered first is forgotten for it, where there are too many. */
export function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key)
  memory.set(key, value)
  if (memory.size <= LINKS_REMEMBERED_MAX) return
  const [first] = memory.keys()
  if (first !== undefined) memory.delete(first)
}
