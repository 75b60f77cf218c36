// What was held or had failed at a cut-off, a bounded step at a time. An adjustment is found once: while it still waits
// by that, else by the first entry by which it went on.

import type { Database } from '../db/database.ts'
import {
  readByIds,
  readLeft,
  readStopped,
  readStops,
  seqBefore,
  type Stop,
} from '../db/read-open-items.ts'
import type { Adjustment } from '../db/schema.ts'
import {
  REPORT_ENTRIES_BEFORE,
  REPORT_LEFT_ENTRIES,
  REPORT_ROWS_READ_EACH,
} from '../domain/limits.ts'
import { addOpen, type OpenSum } from '../domain/report.ts'
import type { Budget } from './report-steps.ts'

export type OpenItem = { readonly adjustment: Adjustment; readonly stop: Stop }

/** `seq`: of the row before, or in `left` of the entry before. */
export type OpenProgress = {
  readonly phase: 'held' | 'failed' | 'left'
  readonly seq: number
  readonly sums: readonly OpenSum[]
}

/** `isOver`: whether the cut-off is a moment that is over; else all is as it is now. */
export type OpenScope = { readonly cutoff: number; readonly isOver: boolean }

export const BEGIN_OPEN: OpenProgress = { phase: 'held', seq: 0, sums: [] }

type Part = {
  readonly items: readonly OpenItem[]
  readonly reads: number
  readonly next: Pick<OpenProgress, 'phase' | 'seq'> | null
}

export type OpenStep = {
  readonly items: readonly OpenItem[]
  readonly progress: OpenProgress
  readonly isDone: boolean
}

/** Of one entry before another, in the index and in the log. */
const READS_PER_HISTORY = 2 * REPORT_ENTRIES_BEFORE + 3

export async function takeOpenStep(
  db: Database,
  scope: OpenScope,
  from: OpenProgress,
  budget: Budget,
): Promise<OpenStep> {
  const items: OpenItem[] = []
  let progress = from
  let left = budget.reads
  for (;;) {
    const take = progress.phase === 'left' ? takeLeft : takeStopped
    const room = Math.min(budget.rows - items.length, roomFor(progress, left))
    if (room < 1) return { items, progress, isDone: false }
    const part = await take(db, scope, progress, room)
    let { sums } = progress
    for (const { adjustment, stop } of part.items) sums = addOpen(sums, adjustment, stop.state)
    items.push(...part.items)
    left -= part.reads
    if (part.next === null) return { items, progress: { ...progress, sums }, isDone: true }
    progress = { ...part.next, sums }
  }
}

const readsEach = (phase: OpenProgress['phase']): number =>
  1 + REPORT_ROWS_READ_EACH + (phase === 'held' ? 0 : READS_PER_HISTORY)

function roomFor({ phase }: OpenProgress, reads: number): number {
  const each = readsEach(phase)
  const room = Math.floor((reads - 2) / each)
  return phase === 'left' ? Math.min(room, REPORT_LEFT_ENTRIES) : room
}

/** What is held now and was by then has been held all the time; of what has failed, its last failure says it. */
async function takeStopped(
  db: Database,
  scope: OpenScope,
  { phase, seq }: OpenProgress,
  limit: number,
): Promise<Part> {
  const state = phase === 'held' ? 'held' : 'failed'
  const found = await readStopped(db, state, seq, limit)
  const stops =
    state === 'held'
      ? found.map(({ heldAt, createdAt }): Stop => ({ state, at: heldAt ?? createdAt }))
      : await stopsNow(db, found)
  const items = found.flatMap((adjustment, at) => {
    const stop = stops[at]
    if (!stop || adjustment.createdAt >= scope.cutoff) return []
    return scope.isOver && stop.at >= scope.cutoff ? [] : [{ adjustment, stop }]
  })
  const last = found.at(-1)
  const isAll = found.length < limit || !last
  return {
    items,
    reads: found.length * readsEach(phase) + 2,
    next: isAll ? await phaseAfter(db, scope, phase) : { phase, seq: last.seq },
  }
}

async function phaseAfter(
  db: Database,
  { cutoff, isOver }: OpenScope,
  phase: OpenProgress['phase'],
): Promise<Part['next']> {
  if (phase === 'held') return { phase: 'failed', seq: 0 }
  return isOver ? { phase: 'left', seq: await seqBefore(db, cutoff) } : null
}

/** An entry that nobody finds any more is an old one. */
async function stopsNow(db: Database, found: readonly Adjustment[]): Promise<readonly Stop[]> {
  const stops = await readStops(
    db,
    found.map(({ id }) => ({ subject: id, seq: Number.MAX_SAFE_INTEGER })),
  )
  return found.map(({ createdAt }, at) => stops[at] ?? { state: 'failed', at: createdAt })
}

async function takeLeft(
  db: Database,
  { cutoff }: OpenScope,
  { seq }: OpenProgress,
  limit: number,
): Promise<Part> {
  const entries = await readLeft(db, seq, limit)
  const left = entries.filter(({ at }) => at >= cutoff)
  const stops = await readStops(db, left)
  const stopped = new Map(
    left.flatMap(({ subject }, at) => {
      const stop = stops[at]
      return stop && stop.at < cutoff ? [[subject, stop] as const] : []
    }),
  )
  const rows = await readByIds(db, [...stopped.keys()])
  const last = entries.at(-1)
  return {
    items: rows.flatMap((adjustment) => {
      const stop = stopped.get(adjustment.id)
      return stop ? [{ adjustment, stop }] : []
    }),
    reads: left.length * readsEach('left') + entries.length + 2,
    next: entries.length < limit || !last ? null : { phase: 'left', seq: last.seq },
  }
}
