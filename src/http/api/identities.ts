// Which customer of the billing API a source's customer is: a list, one at a time, or a whole CSV.

import * as z from 'zod/mini'
import { findIdentity, listIdentities } from '../../db/read-identities.ts'
import type { Identity } from '../../db/schema.ts'
import { unreachable } from '../../domain/assert.ts'
import type { Actor } from '../../domain/audit.ts'
import {
  IDENTITY_KINDS,
  versionOf,
  type IdentityCondition,
  type IdentityFault,
} from '../../domain/identity.ts'
import {
  BILLING_ID_CHARS_MAX,
  CUSTOMER_REFERENCE_CHARS_MAX,
  IDENTITY_IMPORT_BYTES_MAX,
  IDENTITY_IMPORT_ROWS_MAX,
} from '../../domain/limits.ts'
import type { Operator } from '../../domain/operator.ts'
import {
  IDENTITY_COLUMNS,
  importIdentities,
  type ImportTrouble,
  type LineFault,
} from '../../usecases/import-identities.ts'
import { removeIdentity } from '../../usecases/remove-identity.ts'
import { setIdentity, type SetIdentityTrouble } from '../../usecases/set-identity.ts'
import { fail, NOT_FOUND, succeed, TRY_AGAIN, type Failure } from '../answers.ts'
import { ifMatch, isOnlyNew, PRECONDITION_FAILED, setTag, takesCondition } from '../conditions.ts'
import type { AppContext } from '../context.ts'
import { noteBulk } from '../note-bulk.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { limitBody, validBody, validPageWith } from '../validate.ts'

const filters = {
  /** Empty: those of every account. */
  account: z.optional(z.string().check(z.maxLength(CUSTOMER_REFERENCE_CHARS_MAX))),
  value: z.optional(z.string().check(z.minLength(1), z.maxLength(CUSTOMER_REFERENCE_CHARS_MAX))),
  customerId: z.optional(z.string().check(z.minLength(1), z.maxLength(BILLING_ID_CHARS_MAX))),
}

const newIdentity = z.strictObject({
  /** Left out: in every account. */
  account: z._default(z.string(), ''),
  kind: z.enum(IDENTITY_KINDS),
  value: z.string(),
  customerId: z.string(),
})

export const identities = createRoutes()
  .get('/', requireScope('read'), validPageWith(filters), noteBulk('identities'), async (c) => {
    const { limit, cursor = null, ...filter } = c.req.valid('query')
    const page = { before: cursor, limit }
    const { rows, next } = await listIdentities(c.var.deps.db, filter, page)
    return c.json({
      success: true,
      data: rows.map(presentIdentity),
      hasMore: next !== null,
      ...(next === null ? {} : { nextCursor: String(next) }),
    })
  })
  .get('/:id', requireScope('read'), async (c) => {
    const id = c.req.param('id')
    const found = ID.test(id) ? await findIdentity(c.var.deps.db, Number(id)) : null
    return found === null ? fail(c, MISSING) : succeedWithTag(c, found)
  })
  .post(
    '/',
    requireScope('write'),
    takesCondition('If-Match', 'If-None-Match'),
    validBody(newIdentity),
    async (c) => {
      const { deps, operator, logFields } = c.var
      const condition = conditionOf(c)
      const set = await setIdentity(deps, c.req.valid('json'), actorOf(operator), condition)
      if (!set.ok) {
        const { reason } = set.error
        logFields.set('reason', reason)
        if (reason === 'billing_unavailable') {
          logFields.set('code', set.error.code)
          logFields.set('answered', set.error.answered)
        }
        return fail(c, setAnswerFor(set.error))
      }
      const { identity, isNew } = set.value
      setTag(c, tagOf(identity))
      return succeed(c, { ...presentIdentity(identity), isNew }, isNew ? 201 : 200)
    },
  )
  .post('/import', requireScope('write'), limitBody(IDENTITY_IMPORT_BYTES_MAX), async (c) => {
    const { deps, operator, logFields } = c.var
    if (!/^text\/csv\s*(;|$)/i.test(c.req.header('content-type') ?? '')) return fail(c, NOT_CSV)
    const csv = decode(await c.req.arrayBuffer())
    if (csv === null) return fail(c, NOT_UTF8)
    const imported = await importIdentities(deps, csv, actorOf(operator))
    if (!imported.ok) {
      logFields.set('reason', imported.error.reason)
      return fail(c, importAnswerFor(imported.error))
    }
    const { rows, added, changed } = imported.value
    logFields.set('rows', rows)
    return succeed(c, { object: 'identity_import', rows, added, changed })
  })
  .delete('/:id', requireScope('write'), takesCondition('If-Match'), async (c) => {
    const { deps, operator } = c.var
    const id = c.req.param('id')
    if (!ID.test(id)) return fail(c, MISSING)
    const wanted = ifMatch(c)
    const seen = wanted === '*' ? null : wanted && versionsOf(wanted)
    const removed = await removeIdentity(deps, Number(id), actorOf(operator), seen)
    if (removed === null) {
      const isThere = seen !== null && (await findIdentity(deps.db, Number(id))) !== null
      return fail(c, isThere ? PRECONDITION_FAILED : MISSING)
    }
    return succeed(c, { ...presentIdentity(removed), isRemoved: true })
  })

/** As its cursor: a whole number that JSON's numbers hold. */
const ID = /^[1-9]\d{0,14}$/

const MISSING: Failure = { ...NOT_FOUND, code: 'identity_not_found' }

/** Of its version only what a header may hold stands there as it is. */
const tagOf = (identity: Identity): string => encodeURIComponent(versionOf(identity))

const versionsOf = (tags: readonly string[]): readonly string[] =>
  tags.flatMap((tag) => {
    try {
      return decodeURIComponent(tag)
    } catch {
      return []
    }
  })

function conditionOf(c: AppContext): IdentityCondition {
  if (isOnlyNew(c)) return 'new'
  const wanted = ifMatch(c)
  return wanted === null ? 'any' : wanted === '*' ? 'there' : versionsOf(wanted)
}

function succeedWithTag(c: AppContext, identity: Identity): Response {
  setTag(c, tagOf(identity))
  return succeed(c, presentIdentity(identity))
}

const actorOf = ({ name }: Operator): Actor => `operator:${name}`

const presentIdentity = ({ seq, account, kind, value, customerId, at, actor }: Identity) => ({
  object: 'identity',
  id: String(seq),
  account,
  kind,
  value,
  customerId,
  setAt: new Date(at).toISOString(),
  setBy: actor,
})

const WRONG = { status: 400, type: 'validation_error', code: 'validation_error' } as const

const NOT_CSV: Failure = {
  ...WRONG,
  status: 415,
  code: 'unsupported_media_type',
  message: 'The list is sent as text/csv.',
}

const NOT_UTF8: Failure = { ...WRONG, message: 'The list is not text in UTF-8.' }

/** Without a byte order mark; null where the bytes are no UTF-8. */
function decode(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return null
  }
}

function setAnswerFor(trouble: SetIdentityTrouble): Failure {
  switch (trouble.reason) {
    case 'wrong_fields':
      return wrongFields(trouble.faults)
    case 'precondition_failed':
      return PRECONDITION_FAILED
    case 'unknown_customer':
      return {
        ...WRONG,
        status: 422,
        code: 'customer_not_found',
        message: 'customerId: the billing API has no customer with this id',
        param: 'customerId',
      }
    case 'billing_unavailable':
      return {
        ...TRY_AGAIN,
        message: 'The billing API could not be asked for this customer. Try again.',
      }
    default:
      return unreachable(trouble)
  }
}

function wrongFields(faults: readonly IdentityFault[]): Failure {
  const [first] = faults
  return {
    ...WRONG,
    message: first ? `${first.field}: ${first.message}` : 'a field is wrong',
    ...(first ? { param: first.field } : {}),
    details: faults,
  }
}

function importAnswerFor(trouble: ImportTrouble): Failure {
  switch (trouble.reason) {
    case 'wrong_header':
      return { ...WRONG, message: `The first line is not ${IDENTITY_COLUMNS.join(',')}` }
    case 'too_many_rows': {
      const { rows } = trouble
      const message = `${rows} rows are too many: at most ${IDENTITY_IMPORT_ROWS_MAX} at once`
      return { ...WRONG, status: 413, code: 'too_many_rows', message }
    }
    case 'too_large_to_keep':
      return {
        ...WRONG,
        status: 413,
        code: 'body_too_large',
        message: 'The list is too large to be kept at once. Send it in two parts.',
      }
    case 'wrong_lines': {
      const { count, faults } = trouble
      const message = `Nothing was set. Faults in the list: ${count}; the first are in details.`
      return { ...WRONG, message, details: faults.map(presentFault) }
    }
    default:
      return unreachable(trouble)
  }
}

const presentFault = ({ line, field, message }: LineFault) => ({
  line,
  field,
  message: `line ${line}${field === null ? '' : `, ${field}`}: ${message}`,
})
