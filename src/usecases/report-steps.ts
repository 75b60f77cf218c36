// A month, a bounded step at a time: what was invoiced in it, what was recorded in it without an invoice, and how many
// events asked for something that nobody has decided. What a step knows, it hands to the next.

import {
  countInbox,
  countInvoiced,
  countRecorded,
  INBOX_FATES,
  readBySeqs,
  readInvoiced,
  seqsOfTime,
  type InboxFate,
} from '../db/read-report.ts'
import type { Database } from '../db/database.ts'
import type { SeqRange } from '../db/read-audit.ts'
import type { Adjustment } from '../db/schema.ts'
import { REPORT_ROWS_READ_EACH } from '../domain/limits.ts'
import type { Range } from '../domain/month.ts'
import {
  addInvoiced,
  totalInvoiced,
  totalRecorded,
  type Countable,
  type Sum,
  type Total,
} from '../domain/report.ts'

export type Waiting = Readonly<Record<InboxFate, number>>

/** How far it is. `at`: of the row before; in `events`, which fate. */
export type Progress = {
  readonly phase: 'invoiced' | 'recorded' | 'events'
  readonly at: number
  readonly seq: number
  readonly recorded: SeqRange
  readonly events: SeqRange
  readonly sums: readonly Sum[]
  readonly totals: readonly Total[]
  readonly waiting: Waiting
}

/** `range`: of a month that is not over, until `asOf`, which is when its first page was read. */
export type Scope = { readonly range: Range; readonly asOf: number; readonly isListed: boolean }

/** `rows` that are listed, and `reads` of D1. */
export type Budget = { readonly rows: number; readonly reads: number }

export type Step = {
  readonly rows: readonly Adjustment[]
  readonly progress: Progress
  readonly isDone: boolean
}

export const beginReport = async (db: Database, range: Range): Promise<Progress> => ({
  phase: 'invoiced',
  at: range.from - 1,
  seq: 0,
  recorded: await seqsOfTime(db, 'adjustments', range),
  events: await seqsOfTime(db, 'events', range),
  sums: [],
  totals: [],
  waiting: { conflict: 0, undecided: 0, dismissed: 0 },
})

/** One part of a step. `left`: what of its budget remains; `next`: null where the whole is done. */
type Part = {
  readonly rows: readonly Adjustment[]
  readonly reads: number
  /** Null where its budget is too small for any more. */
  readonly progress: Progress | null
  readonly isDone?: true
}

export async function takeReportStep(
  db: Database,
  scope: Scope,
  from: Progress,
  budget: Budget,
): Promise<Step> {
  const rows: Adjustment[] = []
  let progress = from
  let left = budget.reads
  for (;;) {
    const room = { rows: budget.rows - rows.length, reads: left }
    const part = await PARTS[progress.phase](db, scope, progress, room)
    if (part.progress === null) return { rows, progress, isDone: false }
    rows.push(...part.rows)
    progress = part.progress
    left -= part.reads
    if (part.isDone) return { rows, progress, isDone: true }
  }
}

const TOO_SMALL: Part = { rows: [], reads: 0, progress: null }
/** Below this a part is left to the next step. */
const READS_MIN = 40

type TakePart = (db: Database, scope: Scope, progress: Progress, budget: Budget) => Promise<Part>

/** D1 counts a row that an index has found once. */
const takeInvoiced: TakePart = async (db, { range, isListed }, progress, budget) => {
  const each = isListed ? 1 + REPORT_ROWS_READ_EACH : 1
  const affordable = Math.floor(budget.reads / each)
  const limit = isListed ? Math.min(budget.rows, affordable) : affordable
  if (limit < 1 || budget.reads < READS_MIN) return TOO_SMALL
  const rows = isListed ? await readInvoiced(db, range, progress, limit) : []
  const found = isListed ? rows : await countInvoiced(db, range, progress, limit)
  let { sums, totals } = progress
  for (const row of found) {
    sums = addInvoiced(sums, row)
    totals = totalInvoiced(totals, row, range)
  }
  const last = found.at(-1)
  const next: Progress = { ...progress, sums, totals }
  return {
    rows,
    reads: found.length * each + 2,
    progress:
      found.length < limit || !last
        ? { ...next, phase: 'recorded', at: 0, seq: progress.recorded.start - 1 }
        : { ...next, at: last.invoicedAt ?? 0, seq: last.seq },
  }
}

const isOf = ({ createdAt }: Countable, { from, to }: Range): boolean =>
  createdAt >= from && createdAt < to

/** Of a month that isn't over, what is invoiced while its pages are read is still without an invoice. */
const isWithoutInvoice = ({ invoicedAt }: Countable, asOf: number): boolean =>
  invoicedAt === null || invoicedAt >= asOf

const takeRecorded: TakePart = async (db, scope, progress, budget) => {
  const { range, asOf, isListed } = scope
  // Half of what may be read is for finding them, half for showing them.
  const affordable = Math.floor(budget.reads / 2 / REPORT_ROWS_READ_EACH)
  const room = isListed ? Math.min(budget.rows, affordable) : 0
  const limit = budget.reads - room * REPORT_ROWS_READ_EACH
  if (limit < READS_MIN || (isListed && room < 1)) return TOO_SMALL
  const seqs = { start: progress.seq + 1, end: progress.recorded.end }
  const found = await countRecorded(db, seqs, limit)
  const own = found.filter((row) => isOf(row, range))
  const open = own.filter((row) => isListed && isWithoutInvoice(row, asOf))
  const cut = open[room]?.seq ?? Number.POSITIVE_INFINITY
  let { totals } = progress
  for (const row of own) if (row.seq < cut) totals = totalRecorded(totals, row, range)
  const listed = open.slice(0, room)
  const rows = await readBySeqs(
    db,
    listed.map(({ seq }) => seq),
  )
  const last = found.filter(({ seq }) => seq < cut).at(-1)
  const isOver = found.length < limit && cut === Number.POSITIVE_INFINITY
  return {
    rows,
    reads: found.length + listed.length * REPORT_ROWS_READ_EACH + 2,
    progress: isOver
      ? { ...progress, totals, phase: 'events', at: 0, seq: progress.events.start - 1 }
      : { ...progress, totals, seq: last?.seq ?? progress.seq },
  }
}

const takeEvents: TakePart = async (db, { range }, progress, budget) => {
  const limit = budget.reads
  const fate = INBOX_FATES[progress.at]
  if (fate === undefined) return { rows: [], reads: 0, progress, isDone: true }
  if (budget.reads < READS_MIN) return TOO_SMALL
  const seqs = { start: progress.seq + 1, end: progress.events.end }
  const found = await countInbox(db, fate, seqs, limit)
  const own = found.filter(({ receivedAt: at }) => at >= range.from && at < range.to)
  const waiting = { ...progress.waiting, [fate]: progress.waiting[fate] + own.length }
  const last = found.at(-1)
  return {
    rows: [],
    reads: found.length + 2,
    progress:
      found.length < limit || !last
        ? { ...progress, waiting, at: progress.at + 1, seq: progress.events.start - 1 }
        : { ...progress, waiting, seq: last.seq },
  }
}

const PARTS: Readonly<Record<Progress['phase'], TakePart>> = {
  invoiced: takeInvoiced,
  recorded: takeRecorded,
  events: takeEvents,
}
