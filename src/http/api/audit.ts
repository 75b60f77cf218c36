// The audit log: a list, exports, checkpoints, and whether it still is as it was sealed.

import * as z from 'zod/mini'
import { findNewestCheckpoint } from '../../db/read-seal.ts'
import type { StoredCheckpoint } from '../../db/read-seal.ts'
import type { Deps } from '../../deps.ts'
import { unreachable } from '../../domain/assert.ts'
import { intactThrough } from '../../domain/checkpoint-note.ts'
import { FILTER_ADJUSTMENTS_MAX } from '../../domain/limits.ts'
import { faultText } from '../../domain/log-fault.ts'
import type { Operator } from '../../domain/operator.ts'
import { ok } from '../../domain/result.ts'
import { dataOf, type EntryRow } from '../../domain/sealed-entry.ts'
import { verifyLog, type LogCheck } from '../../usecases/check-log.ts'
import { EXPORT_KINDS, exportLog, type ExportKind } from '../../usecases/export-log.ts'
import { exportZip, type ZipTrouble } from '../../usecases/export-zip.ts'
import { listLog, type LogQuery } from '../../usecases/list-log.ts'
import { sealLog, type SealTrouble } from '../../usecases/seal-log.ts'
import { fail, NOT_FOUND, succeed, TRY_AGAIN, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { streamOf } from '../stream-of.ts'
import { signedAmount, validPageWith, validQuery, word } from '../validate.ts'

/** RFC 3339, with its offset: a time without one would be the server's. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/
const isTime = (text: string): boolean =>
  TIME.test(text) && !Number.isNaN(Date.parse(text)) && isDay(text.slice(0, 10))
/** The 30th of February is read as one of March. */
const isDay = (day: string): boolean =>
  new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().startsWith(day)
const time = z.pipe(
  z.string().check(z.refine(isTime, 'a time is wanted, such as 2026-10-26T07:33:12Z')),
  z.transform((text: string) => Date.parse(text)),
)
const filters = {
  /** `from` is in it, `to` is not. */
  from: z.optional(time),
  to: z.optional(time),
  actor: z.optional(word),
  action: z.optional(word),
  subject: z.optional(word),
  customer: z.optional(word),
  ticket: z.optional(word),
  invoice: z.optional(word),
  amount: z.optional(signedAmount),
}

export const audit = createRoutes()
  .get('/', requireScope('read'), validPageWith(filters), async (c) => {
    const { deps, operator } = c.var
    const { limit, cursor = null, ...query } = c.req.valid('query')
    const page = await listLog(deps, operator, query, { before: cursor, limit })
    if (!page.ok) return fail(c, troubleOf(page.error))
    const { rows, next } = page.value
    return c.json({
      success: true,
      data: rows.map(presentEntry),
      hasMore: next !== null,
      ...(next === null ? {} : { nextCursor: String(next) }),
    })
  })
  .get(
    '/export',
    requireScope('read'),
    validQuery(z.strictObject({ format: z._default(z.enum(EXPORT_KINDS), 'ndjson'), ...filters })),
    async (c) => {
      const { deps, operator } = c.var
      const { format, ...query } = c.req.valid('query')
      const made = await partsOf(deps, operator, format, query)
      if (!made.ok) return fail(c, troubleOf(made.error))
      const { type, name } = FILES[format]
      return c.body(streamOf(made.value), 200, {
        'content-type': type,
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store',
      })
    },
  )
  .get('/checkpoint', requireScope('read'), async (c) =>
    answerCheckpoint(c, await findNewestCheckpoint(c.var.deps.db)),
  )
  .post('/checkpoint', requireScope('read'), async (c) => {
    const { deps, logFields } = c.var
    const sealed = await sealLog(deps, 'asked')
    if (sealed.ok) return answerCheckpoint(c, await findNewestCheckpoint(deps.db))
    logFields.set('reason', sealed.error.reason)
    return fail(c, failureOf(sealed.error))
  })
  .get('/verify', requireScope('read'), validPageWith({}), async (c) => {
    const { cursor = 0 } = c.req.valid('query')
    // With no key nobody's signature can be checked, and that is no fault of the log.
    if (c.var.deps.settings.auditKeys.length === 0) return fail(c, NOT_CONFIGURED)
    const checked = await verifyLog(c.var.deps, cursor)
    if (checked.fault) {
      c.var.logFields.set('reason', checked.fault.reason)
      c.var.logFields.set('entry', checked.fault.seq)
    }
    return c.json({
      success: true,
      data: presentCheck(checked),
      hasMore: checked.next !== null,
      ...(checked.next === null ? {} : { nextCursor: String(checked.next) }),
    })
  })

const FILES: Readonly<Record<ExportKind, { readonly type: string; readonly name: string }>> = {
  ndjson: { type: 'application/x-ndjson; charset=utf-8', name: 'audit-log.ndjson' },
  csv: { type: 'text/csv; charset=utf-8', name: 'audit-log.csv' },
  zip: { type: 'application/zip', name: 'audit-log.zip' },
}

async function partsOf(deps: Deps, operator: Operator, format: ExportKind, query: LogQuery) {
  if (format === 'zip') return exportZip(deps, operator, query)
  const made = await exportLog(deps, operator, format, query)
  return made.ok ? ok(made.value.parts) : made
}

function troubleOf(trouble: ZipTrouble): Failure {
  switch (trouble.reason) {
    case 'page_not_deployed':
      return {
        ...TRY_AGAIN,
        code: 'not_configured',
        message:
          'The page assets/verify.html is not deployed. As ndjson the log is exported all the same.',
      }
    case 'too_many_adjustments':
      return {
        status: 409,
        type: 'conflict_error',
        code: trouble.reason,
        message: TOO_MANY_ADJUSTMENTS,
      }
    default:
      return unreachable(trouble)
  }
}

/** Where an answer would be of some of them. */
export const TOO_MANY_ADJUSTMENTS = `It has more than ${FILTER_ADJUSTMENTS_MAX} adjustments: name one of them as subject.`

const NOTHING_SEALED: Failure = {
  ...NOT_FOUND,
  code: 'nothing_sealed',
  message: 'Nothing of the audit log is sealed yet.',
}

/** The note itself where text is asked for: that is what programs for signed notes read. */
function answerCheckpoint(c: AppContext, checkpoint: StoredCheckpoint | null): Response {
  if (checkpoint === null) return fail(c, NOTHING_SEALED)
  const { size, root, at, note } = checkpoint
  if (c.req.header('accept')?.includes('text/plain')) return c.text(note)
  return succeed(c, { object: 'checkpoint', size, root, sealedAt: iso(at), note })
}

const NOT_CONFIGURED: Failure = {
  ...TRY_AGAIN,
  code: 'not_configured',
  message: 'No audit key is configured.',
}

function failureOf(trouble: SealTrouble): Failure {
  switch (trouble.reason) {
    case 'not_configured':
      return NOT_CONFIGURED
    case 'busy':
      return { ...TRY_AGAIN, code: 'busy', message: 'The log is being sealed. Try again.' }
    case 'broken':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'log_broken',
        message: `Nothing is sealed: ${faultText(trouble.fault)}.`,
        details: trouble.fault,
      }
    default:
      return unreachable(trouble)
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

const presentEntry = ({ data, at, ...entry }: EntryRow) => ({
  object: 'audit_entry',
  ...entry,
  at: iso(at),
  data: dataOf(data),
})

export function presentCheck(checked: LogCheck) {
  const { checkpoint, from, to, fault, last } = checked
  const size = checkpoint?.size ?? 0
  return {
    object: 'audit_check',
    isIntact: fault === null,
    /** The first entry that is not as it was sealed. */
    fault,
    from,
    to,
    entries: size,
    sealedAt: checkpoint && iso(checkpoint.at),
    unsealed: Math.max(0, last - size),
    summary: summaryOf(checked),
  }
}

function summaryOf({ checkpoint, from, to, fault, next, through }: LogCheck): string {
  if (fault) return `not intact: ${faultText(fault)}`
  if (checkpoint === null) return 'nothing is sealed yet'
  if (next !== null) return `entries ${from} to ${to} of ${checkpoint.size} are as they were sealed`
  return from === 1 && through !== null
    ? intactThrough(checkpoint.size, through)
    : `entries ${from} to ${to}, the last of ${checkpoint.size}, are as they were sealed`
}
