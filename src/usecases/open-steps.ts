// What was held or had failed at a cut-off, a bounded step at a time. An adjustment is found once: while it still waits
// by that, else by the first entry by which it went on. These entries are read to the log's end before each step over
// what waits: so whoever is answered between two steps had gone on already, or was listed before.

import type { Database } from '../db/database.ts'
import {
  readByIds,
  readLeft,
  readStopped,
  readStops,
  seqBefore,
  type LeftEntry,
  type Stop,
} from '../db/read-open-items.ts'
import type { Adjustment } from '../db/schema.ts'
import type { AdjustmentId } from '../domain/ids.ts'
import {
  REPORT_ENTRIES_BEFORE,
  REPORT_LEFT_ENTRIES,
  REPORT_ROWS_READ_EACH,
} from '../domain/limits.ts'
import { addOpen, type OpenSum } from '../domain/report.ts'
import type { Budget } from './report-steps.ts'

export type OpenItem = { readonly adjustment: Adjustment; readonly stop: Stop }

/** `seq`: of the row of its phase before. `left`: of the entry before; null before the first was looked for. */
export type OpenProgress = {
  readonly phase: 'held' | 'failed'
  readonly seq: number
  readonly left: number | null
  readonly sums: readonly OpenSum[]
}

/** `isOver`: whether the cut-off is a moment that is over; else all is as it is now. */
export type OpenScope = { readonly cutoff: number; readonly isOver: boolean }

export const BEGIN_OPEN: OpenProgress = { phase: 'held', seq: 0, left: null, sums: [] }

type Place = Omit<OpenProgress, 'sums'>

type Part = {
  readonly items: readonly OpenItem[]
  readonly reads: number
  /** Null where the whole is done. */
  readonly next: Place | null
  /** Whether all that went on until then is listed. */
  readonly isCaughtUp: boolean
}

export type OpenStep = {
  readonly items: readonly OpenItem[]
  readonly progress: OpenProgress
  readonly isDone: boolean
}

/** Of one entry before another, in the index and in the log. */
const READS_PER_HISTORY = 2 * REPORT_ENTRIES_BEFORE + 3
const READS_PER_ROW = 1 + REPORT_ROWS_READ_EACH
const READS_PER_ENTRY = READS_PER_ROW + READS_PER_HISTORY
/** Of the end of each list, and where the log is. */
const READS_BESIDE = 4

export async function takeOpenStep(
  db: Database,
  scope: OpenScope,
  from: OpenProgress,
  budget: Budget,
): Promise<OpenStep> {
  const items: OpenItem[] = []
  let progress = await begun(db, scope, from)
  let isCaughtUp = !scope.isOver
  let { reads } = budget
  for (;;) {
    const each = isCaughtUp && progress.phase === 'held' ? READS_PER_ROW : READS_PER_ENTRY
    const room = Math.min(budget.rows - items.length, Math.floor((reads - READS_BESIDE) / each))
    if (room < 1) return { items, progress, isDone: false }
    const part: Part = isCaughtUp
      ? await takeStopped(db, scope, progress, room)
      : await takeLeft(db, scope, progress, Math.min(room, REPORT_LEFT_ENTRIES))
    let { sums } = progress
    for (const { adjustment, stop } of part.items) sums = addOpen(sums, adjustment, stop.state)
    items.push(...part.items)
    reads -= part.reads
    if (part.next === null) return { items, progress: { ...progress, sums }, isDone: true }
    progress = { ...part.next, sums }
    isCaughtUp = part.isCaughtUp
  }
}

async function begun(
  db: Database,
  { cutoff, isOver }: OpenScope,
  from: OpenProgress,
): Promise<OpenProgress> {
  return isOver && from.left === null ? { ...from, left: await seqBefore(db, cutoff) } : from
}

/** What is held now and was by then has been held all the time; of what has failed, its last failure says it. */
async function takeStopped(
  db: Database,
  scope: OpenScope,
  { phase, seq, left }: Place,
  limit: number,
): Promise<Part> {
  const leftUntil = left ?? Number.MAX_SAFE_INTEGER - 1
  const { rows, lastSeq, hasLeft } = await readStopped(db, phase, { after: seq, leftUntil }, limit)
  const isHeld = phase === 'held'
  const reads = rows.length * (isHeld ? READS_PER_ROW : READS_PER_ENTRY) + READS_BESIDE
  // What went on since is no longer among these, and is listed first.
  if (hasLeft) return { items: [], reads, next: { phase, seq, left }, isCaughtUp: false }
  const stops = isHeld
    ? rows.map(({ heldAt, createdAt }): Stop => ({ state: 'held', at: heldAt ?? createdAt }))
    : await stopsUntil(db, rows, lastSeq)
  const items = rows.flatMap((adjustment, at) => {
    const stop = stops[at]
    return stop && isOf(scope, adjustment, stop) ? [{ adjustment, stop }] : []
  })
  const last = rows.at(-1)
  const isAll = rows.length < limit || !last
  const next: Place | null = !isAll
    ? { phase, seq: last.seq, left }
    : isHeld
      ? { phase: 'failed', seq: 0, left }
      : null
  return { items, reads, next, isCaughtUp: true }
}

/** Of a month that isn't over, what was stopped since its first page may have been listed by an earlier stop. */
const isOf = ({ cutoff, isOver }: OpenScope, { createdAt }: Adjustment, { at }: Stop): boolean =>
  createdAt < cutoff && (isOver ? at < cutoff : at <= cutoff)

/** An entry that nobody finds any more is an old one. */
async function stopsUntil(
  db: Database,
  found: readonly Adjustment[],
  lastSeq: number,
): Promise<readonly Stop[]> {
  const stops = await readStops(
    db,
    found.map(({ id }) => ({ subject: id, seq: lastSeq + 1 })),
  )
  return found.map(({ createdAt }, at) => stops[at] ?? { state: 'failed', at: createdAt })
}

async function takeLeft(
  db: Database,
  { cutoff }: OpenScope,
  place: Place,
  limit: number,
): Promise<Part> {
  const entries = await readLeft(db, place.left ?? 0, limit)
  const later = entries.filter(({ at }) => at >= cutoff)
  const stopped = await stopsBefore(db, later, cutoff)
  const rows = await readByIds(db, [...stopped.keys()])
  return {
    items: rows.flatMap((adjustment) => {
      const stop = stopped.get(adjustment.id)
      return stop && !isListed(place, adjustment, stop) ? [{ adjustment, stop }] : []
    }),
    reads: later.length * READS_PER_ENTRY + entries.length + READS_BESIDE,
    next: { ...place, left: entries.at(-1)?.seq ?? place.left },
    isCaughtUp: entries.length < limit,
  }
}

/** What each was stopped as at the cut-off, where this entry is the first by which it went on. */
async function stopsBefore(
  db: Database,
  later: readonly LeftEntry[],
  cutoff: number,
): Promise<ReadonlyMap<AdjustmentId, Stop>> {
  const found = await readStops(
    db,
    later.filter(({ heldAt }) => heldAt === null),
  )
  const stops = new Map<AdjustmentId, Stop>()
  let nth = 0
  for (const { subject, heldAt } of later) {
    const stop = heldAt === null ? found[nth++] : ({ state: 'held', at: heldAt } as const)
    if (stop && stop.at < cutoff) stops.set(subject, stop)
  }
  return stops
}

/** By a step over what waited, which came by while it still did. */
const isListed = ({ phase, seq }: Place, row: Adjustment, { state }: Stop): boolean =>
  phase === state ? row.seq <= seq : state === 'held'
