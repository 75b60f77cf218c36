// That a link was opened is written behind the answer, and together with what else is opened within a second.
// It is no money: what an isolate takes with it, or the storage refuses, is lost.

import type { Deps } from '../deps.ts'
import { writeOpenings } from '../db/write-links.ts'
import type { Link } from '../db/schema.ts'
import type { Opener } from '../domain/agent.ts'
import {
  OPENINGS_LATE_MS,
  OPENINGS_TOGETHER_MAX,
  OPENINGS_WAIT_MS,
} from '../domain/limits-links.ts'
import type { After } from './fetch-address.ts'

export function noteOpening(deps: Deps, { id }: Link, agent: Opener, after: After): void {
  const { clicks } = deps
  const now = deps.now()
  const key = `${id} ${agent}`
  const before = clicks.openings.get(key)
  const times = (before?.times ?? 0) + 1
  const at = before?.at ?? now
  clicks.openings.set(key, { link: id, agent, times, at, lastAt: now })
  const isFull = clicks.openings.size >= OPENINGS_TOGETHER_MAX
  if (clicks.writtenBy > now && !isFull) return
  clicks.writtenBy = now + OPENINGS_LATE_MS
  after(async () => {
    if (!isFull) await sleep(OPENINGS_WAIT_MS)
    await writeNoted(deps)
  })
}

async function writeNoted({ db, clicks, log }: Deps): Promise<void> {
  const openings = [...clicks.openings.values()]
  clicks.openings.clear()
  clicks.writtenBy = 0
  if (openings.length === 0) return
  await writeOpenings(db, openings)
  log({ event: 'links_opened', openings: openings.length })
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
