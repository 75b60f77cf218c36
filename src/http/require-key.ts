// Who may call the operator's API: `requireKey` for all of it, `requireScope` for each route.

import { createMiddleware } from 'hono/factory'
import { unreachable } from '../domain/assert.ts'
import type { Scope } from '../domain/operator.ts'
import { findOperator, type KeyTrouble } from '../usecases/find-operator.ts'
import { fail, TRY_AGAIN, type Failure } from './answers.ts'
import type { AppContext, AppEnv } from './context.ts'
import { asking } from './route-facts.ts'

/** The bootstrap key, or one that was made here and has neither ended nor been revoked. */
export const requireKey = asking(
  { asks: 'key' },
  createMiddleware<AppEnv>(async (c, next) => {
    const { deps, logFields } = c.var
    const operator = await findOperator(deps, c.req.header('x-api-key'))
    if (!operator.ok) {
      for (const [field, value] of Object.entries(operator.error)) logFields.set(field, value)
      return fail(c, answerFor(operator.error))
    }
    logFields.set('operator', operator.value.name)
    c.set('operator', operator.value)
    return next()
  }),
)

/** 403 unless the caller's key has one of these very scopes: no scope includes another. */
export const requireScope = (...scopes: readonly [Scope, ...Scope[]]) =>
  asking(
    { asks: 'scope', scopes },
    createMiddleware<AppEnv>(async (c, next) => refuseWithout(c, ...scopes) ?? next()),
  )

/** The same for a scope that the body decides; null where the key has one of them. */
export function refuseWithout(
  c: AppContext,
  ...scopes: readonly [Scope, ...Scope[]]
): Response | null {
  const { operator, logFields } = c.var
  if (scopes.some((scope) => operator.scopes.includes(scope))) return null
  const wanted = scopes.join(' or ')
  logFields.set('reason', 'scope_missing')
  logFields.set('scope', wanted)
  return fail(c, {
    status: 403,
    type: 'permission_error',
    code: 'forbidden',
    message: `This needs a key with the scope ${wanted}.`,
  })
}

/** A prober doesn't learn whether a key was ever one; the log says it. */
function answerFor(trouble: KeyTrouble): Failure {
  switch (trouble.reason) {
    case 'key_missing':
    case 'key_unknown':
    case 'key_revoked':
    case 'key_expired':
      return {
        status: 401,
        type: 'authentication_error',
        code: 'unauthorized',
        message: 'The header x-api-key is missing, or not a key of this Makegood.',
      }
    case 'no_key_configured':
      return {
        ...TRY_AGAIN,
        code: 'not_configured',
        message: 'No operator key is configured.',
      }
    default:
      return unreachable(trouble)
  }
}
