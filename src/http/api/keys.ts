// Keys of the operator's API: who may do what, until when. All of it needs the scope admin.

import * as z from 'zod/mini'
import { findKey, listKeys, type Key } from '../../db/read-keys.ts'
import { unreachable } from '../../domain/assert.ts'
import {
  EMAIL_CHARS_MAX,
  MS_PER_DAY,
  OPERATOR_KEY_DAYS_MAX,
  OPERATOR_NAME_CHARS_MAX,
} from '../../domain/limits.ts'
import { BOOTSTRAP, isKeyId, OPERATOR_NAME, SCOPES } from '../../domain/operator.ts'
import { makeKey, type MakeKeyTrouble } from '../../usecases/make-key.ts'
import { revokeKey } from '../../usecases/revoke-key.ts'
import { fail, NOT_FOUND, succeed, succeedPage, type Failure } from '../answers.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validPage } from '../validate.ts'

const NAME_FORM = 'small letters, digits, dots, dashes and underscores, the first a letter or digit'

const newKey = z
  .strictObject({
    /** By which the audit log knows the holder. */
    name: z.string().check(z.maxLength(OPERATOR_NAME_CHARS_MAX), z.regex(OPERATOR_NAME, NAME_FORM)),
    /** Of a person: all keys with it are one identity. A program has none. */
    email: z.optional(z.email().check(z.maxLength(EMAIL_CHARS_MAX))),
    scopes: z.array(z.enum(SCOPES)).check(z.minLength(1), z.maxLength(SCOPES.length)),
    expiresAt: z.optional(z.iso.datetime({ offset: true })),
    expiresInDays: z.optional(z.int().check(z.gte(1), z.lte(OPERATOR_KEY_DAYS_MAX))),
  })
  .check(
    z.refine(
      ({ expiresAt, expiresInDays }) => expiresAt === undefined || expiresInDays === undefined,
      {
        path: ['expiresInDays'],
        message: 'either expiresAt or expiresInDays, not both',
      },
    ),
  )

const KEY_NOT_FOUND: Failure = { ...NOT_FOUND, code: 'key_not_found' }

const IS_BOOTSTRAP: Failure = {
  status: 409,
  type: 'conflict_error',
  code: 'bootstrap_key',
  message:
    'The bootstrap key is the secret BOOTSTRAP_KEY: put another value there, ' +
    'with npm run setup -- --renew BOOTSTRAP_KEY (of staging with --env staging), and the old one ends.',
}

export const keys = createRoutes()
  .post('/', requireScope('admin'), validBody(newKey), async (c) => {
    const { deps, operator, logFields } = c.var
    const { name, email = null, scopes, expiresAt, expiresInDays } = c.req.valid('json')
    const wanted = { name, email, scopes, expiresAt: endOf(expiresAt, expiresInDays, deps.now()) }
    const made = await makeKey(deps, wanted, operator)
    if (!made.ok) {
      for (const [field, value] of Object.entries(made.error)) logFields.set(field, value)
      return fail(c, answerFor(made.error))
    }
    c.header('cache-control', 'no-store')
    c.set('shownOnce', made.value.key.id)
    return succeed(c, { ...presentKey(made.value.key), key: made.value.secret }, 201)
  })
  .get('/', requireScope('admin'), validPage, async (c) => {
    const { limit, cursor = null } = c.req.valid('query')
    const rows = await listKeys(c.var.deps.db, { before: cursor, limit: limit + 1 })
    return succeedPage(c, rows, limit, presentKey)
  })
  .get('/:id', requireScope('admin'), async (c) => {
    const id = c.req.param('id')
    const key = isKeyId(id) ? await findKey(c.var.deps.db, id) : null
    return key === null ? fail(c, KEY_NOT_FOUND) : succeed(c, presentKey(key))
  })
  .delete('/:id', requireScope('admin'), async (c) => {
    const { deps, operator } = c.var
    const id = c.req.param('id')
    if (id === BOOTSTRAP.name) return fail(c, IS_BOOTSTRAP)
    const key = isKeyId(id) ? await revokeKey(deps, id, operator) : null
    return key === null ? fail(c, KEY_NOT_FOUND) : succeed(c, presentKey(key))
  })

function endOf(
  expiresAt: string | undefined,
  expiresInDays: number | undefined,
  now: number,
): number | null {
  if (expiresAt !== undefined) return Date.parse(expiresAt)
  return expiresInDays === undefined ? null : now + expiresInDays * MS_PER_DAY
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const presentKey = (key: Key) => ({
  object: 'key',
  id: key.id,
  name: key.name,
  email: key.email,
  scopes: key.scopes,
  createdAt: iso(key.createdAt),
  createdBy: key.createdBy,
  expiresAt: iso(key.expiresAt),
  revokedAt: iso(key.revokedAt),
  /** To the hour. */
  lastUsedAt: iso(key.lastUsedAt),
})

function answerFor(trouble: MakeKeyTrouble): Failure {
  const invalid = { status: 400, type: 'validation_error', code: 'validation_error' } as const
  switch (trouble.reason) {
    case 'name_taken':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'key_name_taken',
        message:
          'A key had this name before, and the audit log knows its holder by it. Take another.',
        param: 'name',
      }
    case 'name_reserved':
      return { ...invalid, message: 'name: it stands for the bootstrap key', param: 'name' }
    case 'end_in_the_past':
      return { ...invalid, message: 'expiresAt: it has passed', param: 'expiresAt' }
    case 'end_too_far':
      return {
        ...invalid,
        message: `expiresAt: at most ${OPERATOR_KEY_DAYS_MAX} days from now`,
        param: 'expiresAt',
      }
    default:
      return unreachable(trouble)
  }
}
