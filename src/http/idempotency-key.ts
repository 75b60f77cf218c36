import { createMiddleware } from 'hono/factory'
import * as z from 'zod/mini'
import { IDEMPOTENCY_KEY_CHARS_MAX } from '../domain/limits.ts'
import { fail, type Failure } from './answers.ts'
import type { AppEnv } from './context.ts'
import { asking } from './route-facts.ts'

/** Printable, so that it can be found again. */
const KEY = new RegExp(`^[\\x21-\\x7e]{1,${IDEMPOTENCY_KEY_CHARS_MAX}}$`)

/** For the reference. */
export const IDEMPOTENCY_KEY = z.string().check(z.regex(KEY))

export const isIdempotencyKey = (text: string): boolean => KEY.test(text)

export const KEY_UNUSABLE: Failure = {
  status: 400,
  type: 'validation_error',
  code: 'validation_error',
  message: `Idempotency-Key: 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} printable characters are wanted`,
  param: 'Idempotency-Key',
}

/** Of a call with keys of its own. `description`: how long they are good, and for what. */
export const validKey = (description: string) =>
  asking(
    {
      asks: 'header',
      name: 'Idempotency-Key',
      schema: IDEMPOTENCY_KEY.check(z.meta({ description })),
    },
    createMiddleware<AppEnv>((c, next) => {
      const key = c.req.header('idempotency-key')
      if (key === undefined || isIdempotencyKey(key)) return next()
      return Promise.resolve(fail(c, KEY_UNUSABLE))
    }),
  )

/** Of a call that makes what nothing but its key finds again. */
export const foreverKey = (what: string) =>
  asking(
    {
      asks: 'header',
      name: 'Idempotency-Key',
      schema: IDEMPOTENCY_KEY.check(
        z.meta({ description: `Good for ever: the same key and body answer the same ${what}.` }),
      ),
    },
    createMiddleware<AppEnv>(async (c, next) => {
      const key = c.req.header('idempotency-key')
      if (key !== undefined && !isIdempotencyKey(key)) return fail(c, KEY_UNUSABLE)
      await next()
      if (c.error === undefined || key !== undefined) return undefined
      // It may have been committed before it threw: who is told to try again would make a second one.
      c.res = fail(c, UNKNOWN_WITHOUT_KEY)
      c.header('retry-after', undefined)
      return undefined
    }),
  )

export const UNKNOWN_WITHOUT_KEY: Failure = {
  status: 500,
  type: 'internal_error',
  code: 'idempotency_unavailable',
  message:
    'Nobody knows whether this was done, and it had no Idempotency-Key: asked again it may be done twice. Look first.',
}
