// Who may call the operator's API: `requireKey` for all of it, `requireScope` for each route. A key decides where there
// is one, right or wrong; else a login at Cloudflare Access does, where the configuration has roles for it.

import { createMiddleware } from 'hono/factory'
import { unreachable } from '../domain/assert.ts'
import type { Access } from '../domain/access.ts'
import type { Scope } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { findOperator, type FoundOperator, type KeyTrouble } from '../usecases/find-operator.ts'
import { ASSERTION_HEADER, findPerson, type PersonTrouble } from '../usecases/find-person.ts'
import { fail, TRY_AGAIN, type Failure } from './answers.ts'
import type { AppContext, AppEnv } from './context.ts'
import { noteCallersKey } from './note-callers-key.ts'
import { isOwnRequest } from './own-request.ts'
import { asking } from './route-facts.ts'

type AccessTrouble = PersonTrouble | { readonly reason: 'cross_site_request' }
type Trouble = KeyTrouble | AccessTrouble

export const requireKey = asking(
  { asks: 'key' },
  createMiddleware<AppEnv>(async (c, next) => {
    const { logFields } = c.var
    const found = await findCaller(c)
    if (!found.ok) {
      for (const [field, value] of Object.entries(found.error)) logFields.set(field, value)
      return fail(c, answerFor(found.error))
    }
    const { operator, key } = found.value
    logFields.set('operator', operator.name)
    c.set('operator', operator)
    await next()
    await noteCallersKey(c, key)
    return undefined
  }),
)

function findCaller(c: AppContext): Promise<Result<FoundOperator, Trouble>> {
  const { deps } = c.var
  const key = c.req.header('x-api-key')
  const assertion = c.req.header(ASSERTION_HEADER)
  const { access } = deps.config
  if (key !== undefined || assertion === undefined || access === null) {
    return findOperator(deps, key)
  }
  return findByAccess(c, access, assertion)
}

async function findByAccess(
  c: AppContext,
  access: Access,
  assertion: string,
): Promise<Result<FoundOperator, AccessTrouble>> {
  const origin = URL.parse(c.req.url)?.origin ?? ''
  if (!isOwnRequest(c.req.method, c.req.raw.headers, origin)) {
    return err({ reason: 'cross_site_request' })
  }
  const person = await findPerson(c.var.deps, access, assertion)
  return person.ok ? ok({ operator: person.value, key: null }) : person
}

/** 403 unless the caller has one of these very scopes: no scope includes another. */
export const requireScope = (...scopes: readonly [Scope, ...Scope[]]) =>
  asking(
    { asks: 'scope', scopes },
    createMiddleware<AppEnv>(async (c, next) => refuseWithout(c, ...scopes) ?? next()),
  )

/** The same for a scope that the body decides; null where the caller has one of them. */
export function refuseWithout(
  c: AppContext,
  ...scopes: readonly [Scope, ...Scope[]]
): Response | null {
  const { operator, scopesNeeded = [] } = c.var
  if (!scopes.some((scope) => operator.scopes.includes(scope))) return lacking(c, ...scopes)
  c.set('scopesNeeded', [...scopesNeeded, scopes])
  return null
}

/** What he hears who has none of these. */
export function lacking(c: AppContext, ...scopes: readonly [Scope, ...Scope[]]): Response {
  const { logFields } = c.var
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

const UNAUTHORIZED = { status: 401, type: 'authentication_error', code: 'unauthorized' } as const
const FORBIDDEN = { status: 403, type: 'permission_error' } as const

/** A prober doesn't learn whether a key was ever one; the log says it. */
function answerFor(trouble: Trouble): Failure {
  switch (trouble.reason) {
    case 'key_missing':
    case 'key_unknown':
    case 'key_revoked':
    case 'key_expired':
      return {
        ...UNAUTHORIZED,
        message: 'The header x-api-key is missing, or not a key of this Makegood.',
      }
    case 'no_key_configured':
      return {
        ...TRY_AGAIN,
        code: 'not_configured',
        message: 'No operator key is configured.',
      }
    case 'assertion_refused':
    case 'assertion_without_person':
      return {
        ...UNAUTHORIZED,
        message: 'The login at Cloudflare Access has ended, or is not one for this Makegood.',
      }
    case 'access_keys_unavailable':
      return { ...TRY_AGAIN, message: 'Logins can not be checked right now. Try again.' }
    case 'role_missing':
      return {
        ...FORBIDDEN,
        code: 'role_missing',
        message: 'You are logged in, but makegood.config.ts gives you no role.',
      }
    case 'cross_site_request':
      return {
        ...FORBIDDEN,
        code: 'cross_site_request',
        message:
          'By a login alone only a page of this address may do this. A program sends a key, or this address as Origin.',
      }
    default:
      return unreachable(trouble)
  }
}
