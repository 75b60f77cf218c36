// Who may call the operator's API: `requireKey` for all of it, `requireScope` for each route.

import { createMiddleware } from 'hono/factory'
import { timingSafeEqual } from 'hono/utils/buffer'
import { BOOTSTRAP, type Scope } from '../domain/operator.ts'
import { fail, TRY_AGAIN } from './answers.ts'
import type { AppEnv } from './context.ts'

/** Operators only: `x-api-key` must be the bootstrap key. Without one configured nobody gets in. */
export const requireKey = createMiddleware<AppEnv>(async (c, next) => {
  const { bootstrapKey } = c.var.deps.settings
  if (bootstrapKey === null) {
    return fail(c, {
      ...TRY_AGAIN,
      code: 'not_configured',
      message: 'No operator key is configured.',
    })
  }
  if (!(await timingSafeEqual(c.req.header('x-api-key') ?? '', bootstrapKey))) {
    return fail(c, {
      status: 401,
      type: 'authentication_error',
      code: 'unauthorized',
      message: 'The header x-api-key is missing, or not a key of this Makegood.',
    })
  }
  c.set('operator', BOOTSTRAP)
  return next()
})

/** 403 unless the caller's key has this very scope: no scope includes another. */
export const requireScope = (scope: Scope) =>
  createMiddleware<AppEnv>(async (c, next) => {
    if (c.var.operator.scopes.includes(scope)) return next()
    c.var.logFields.set('scope', scope)
    return fail(c, {
      status: 403,
      type: 'permission_error',
      code: 'forbidden',
      message: `This needs a key with the scope ${scope}.`,
    })
  })
