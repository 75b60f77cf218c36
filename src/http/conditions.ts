// `If-Match` and `ETag` (RFC 9110, 13): who changes something says what he has seen of it, and nothing is done where
// it is otherwise by now.

import type { MiddlewareHandler } from 'hono'
import { ETAGS_PER_REQUEST_MAX } from '../domain/limits.ts'
import { fail, type Failure } from './answers.ts'
import type { AppContext, AppEnv } from './context.ts'
import { asking, type Condition } from './route-facts.ts'

/** What a condition asks for: any that is there, or one of these. None matches where it can't be read. */
export type Wanted = '*' | readonly string[]

const TAG = /^"([\x21\x23-\x7e]*)"$/

/** Null without the header. Weak tags match nothing: they say that two texts are alike, not that they are one. */
export function ifMatch(c: AppContext): Wanted | null {
  const header = c.req.header('if-match')?.trim()
  if (header === undefined) return null
  if (header === '*') return '*'
  return header
    .split(',')
    .slice(0, ETAGS_PER_REQUEST_MAX)
    .flatMap((each) => TAG.exec(each.trim())?.[1] ?? [])
}

export const isMatch = (wanted: Wanted | null, tag: string): boolean =>
  wanted === null || wanted === '*' || wanted.includes(tag)

/** `If-None-Match: *`: only where nothing is there. */
export const isOnlyNew = (c: AppContext): boolean => c.req.header('if-none-match')?.trim() === '*'

/** `tag`: printable, without quotes. */
export const setTag = (c: AppContext, tag: string): void => c.header('etag', `"${tag}"`)

export const PRECONDITION_FAILED: Failure = {
  status: 412,
  type: 'conflict_error',
  code: 'precondition_failed',
  message: 'It is not as the condition says: it has changed since. Look at it again.',
}

export const versionTag = (version: number): string => `v${version}`

type Versioned = { json: { readonly version: number } }

/**
 * Behind `validBody`. The verb changes nothing but the version that the body names, so a condition that doesn't
 * allow this one can't hold; that it was the present one is known when the verb has tried (`moved`).
 */
export const matchVersion: MiddlewareHandler<AppEnv, string, { in: Versioned; out: Versioned }> =
  asking({ asks: 'condition', names: ['If-Match'] }, async (c, next) => {
    const { version } = c.req.valid('json')
    if (isMatch(ifMatch(c), versionTag(version))) return next()
    c.var.logFields.set('reason', 'precondition_failed')
    return fail(c, PRECONDITION_FAILED)
  })

/** Of a handler that reads them itself. One that it would not understand is refused, and not passed over. */
export const takesCondition = (...names: readonly Condition[]): MiddlewareHandler<AppEnv> =>
  asking({ asks: 'condition', names }, async (c, next) => {
    const isOther = c.req.header('if-none-match') !== undefined && !isOnlyNew(c)
    return names.includes('If-None-Match') && isOther ? fail(c, ONLY_ANY) : next()
  })

const ONLY_ANY: Failure = {
  status: 400,
  type: 'validation_error',
  code: 'validation_error',
  message: 'If-None-Match: only * is understood here',
  param: 'If-None-Match',
}

/** What the verb says of a version that is not the present one, to whoever asked with a condition. */
export const moved = (c: AppContext, failure: Failure): Failure =>
  failure.code === 'version_moved' && ifMatch(c) !== null
    ? { ...failure, ...PRECONDITION_FAILED }
    : failure
