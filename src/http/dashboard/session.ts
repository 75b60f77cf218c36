// Who looks at the dashboard, and whether a form is his own. No page is shown and nothing is done without.

import { getCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import { limitBody } from '../validate.ts'
import {
  FORM_BYTES_MAX,
  IMPORT_FORM_BYTES_MAX,
  PAYLOAD_FORM_BYTES_MAX,
  RETURN_PATH_CHARS_MAX,
  SESSION_HOURS,
} from '../../domain/limits.ts'
import type { Scope } from '../../domain/operator.ts'
import { err, type Result } from '../../domain/result.ts'
import { findAccessSession, type AccessSessionTrouble } from '../../usecases/find-access-session.ts'
import { ASSERTION_HEADER } from '../../usecases/find-person.ts'
import { findSession, type FoundSession, type SessionTrouble } from '../../usecases/open-session.ts'
import type { AppContext, AppEnv } from '../context.ts'
import { holdBack, noteLetIn } from '../limit-callers.ts'
import { noteCallersKey } from '../note-callers-key.ts'
import { isOwnRequest } from '../own-request.ts'
import { showRefusal } from './refusal.tsx'

/** The prefix has a browser take it only with `Secure`, for this very host and all of its paths. */
export const COOKIE = '__Host-makegood'

const SECONDS_PER_HOUR = 3_600

export const cookieOf = (text: string): string =>
  `${COOKIE}=${text}; Path=/; Max-Age=${SESSION_HOURS * SECONDS_PER_HOUR}; Secure; HttpOnly; SameSite=Lax`

export const NO_COOKIE = `${COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`

export type WhoTrouble =
  | SessionTrouble
  | AccessSessionTrouble
  | { readonly reason: 'cross_site_request' }

/** The one place that says who it is. A session that a key has opened goes before a login at Access, as a key does. */
export async function whoIs(c: AppContext): Promise<Result<FoundSession, WhoTrouble>> {
  const { deps } = c.var
  const cookie = getCookie(c, COOKIE)
  const assertion = c.req.header(ASSERTION_HEADER)
  const { access } = deps.config
  const session = await findSession(deps, cookie)
  if (session.ok || access === null || assertion === undefined) return session
  const origin = URL.parse(c.req.url)?.origin ?? ''
  // What another site fetches in his name is refused before it is read; forms are asked for more.
  const isSafe = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (isSafe && !isOwnRequest(c.req.method, c.req.raw.headers, origin)) {
    return err({ reason: 'cross_site_request' })
  }
  return findAccessSession(deps, access, assertion)
}

/** By what a caller is known to the limits: his session, or his login at Access. */
export const shownBy = (c: AppContext): string =>
  getCookie(c, COOKIE) || (c.var.deps.config.access && c.req.header(ASSERTION_HEADER)) || ''

/** In front of every page and form but the login. */
export const requireSession = createMiddleware<AppEnv>(async (c, next) => {
  const { logFields } = c.var
  const heldBack = await refuseTooOften(c, shownBy(c))
  if (heldBack !== null) return heldBack
  const found = await whoIs(c)
  if (!found.ok) {
    for (const [field, value] of Object.entries(found.error)) logFields.set(field, value)
    return refuseStranger(c, found.error)
  }
  const { operator, key, formToken, end, isOwnForm } = found.value
  logFields.set('operator', operator.name)
  c.set('operator', operator)
  c.set('formToken', formToken)
  c.set('endSession', end)
  await noteLetIn(c, shownBy(c))
  await noteCallersKey(c, key)
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
  const limit = LARGER_FORMS.get(c.req.path) ?? limitFormBody
  const tooLarge = await limit(c, async () => {})
  if (tooLarge) return tooLarge
  const isOwn = isFromHere(c) && (await isOwnForm(await tokenIn(c)))
  if (isOwn) return next()
  logFields.set('reason', 'form_not_own')
  return showRefusal(c, 403, 'This form was not sent by this page, or its session is over.')
})

/** To the login; but whom Access knows, a key would not help: he hears what does. */
function refuseStranger(c: AppContext, { reason }: WhoTrouble): Response | Promise<Response> {
  switch (reason) {
    case 'role_missing':
      return showRefusal(
        c,
        403,
        'You are logged in at Cloudflare Access, but makegood.config.ts gives you no role. Whoever runs this Makegood can add one.',
      )
    case 'access_keys_unavailable':
      c.header('retry-after', '30')
      return showRefusal(
        c,
        503,
        'Your login at Cloudflare Access can not be checked now. Try again.',
      )
    case 'cross_site_request':
      return showRefusal(c, 403, 'Another site has asked for this page. Open it yourself.')
    default:
      c.header('cache-control', 'no-store')
      return c.redirect(loginAddress(c), 303)
  }
}

/** A page for who asks too often; null for who may go on. `shown`: his session, or the key that he typed. */
export async function refuseTooOften(c: AppContext, shown: string): Promise<Response | null> {
  // Who shows nothing has nothing looked up.
  const refusal = shown === '' ? null : await holdBack(c, shown)
  if (refusal === null) return null
  c.header('retry-after', String(refusal.retryAfterSeconds))
  return showRefusal(
    c,
    429,
    `Too many calls came from here. Try again in ${refusal.retryAfterSeconds} seconds.`,
  )
}

export const limitFormBody = limitBody(FORM_BYTES_MAX)

/** The one form that may hold a file. */
export const IMPORT_PATH = '/customers/import'
export const DRY_RUN_PATH = '/rules/dry-run'

const LARGER_FORMS = new Map([
  [IMPORT_PATH, limitBody(IMPORT_FORM_BYTES_MAX)],
  [DRY_RUN_PATH, limitBody(PAYLOAD_FORM_BYTES_MAX)],
])

async function tokenIn(c: AppContext): Promise<string> {
  const { token } = await c.req.parseBody()
  return typeof token === 'string' ? token : ''
}

/** What is asked for is shown after the login; what a form wanted to do is not done by it. */
function loginAddress(c: AppContext): string {
  const { pathname, search } = new URL(c.req.url)
  const path = c.req.method === 'GET' ? pathname + search : '/'
  return path === '/' ? '/login' : `/login?to=${encodeURIComponent(path)}`
}

/** Whether a page of ours sent it, by what browsers say and no page can change. Who says nothing is refused. */
export function isFromHere(c: AppContext): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  return c.req.header('origin') === new URL(c.req.url).origin
}

/** A path of this dashboard, or the other one: nobody is led away. */
export function ownPath(text: unknown, otherwise: string): string {
  if (typeof text !== 'string' || text.length > RETURN_PATH_CHARS_MAX) return otherwise
  const url = URL.parse(text, 'https://own.invalid')
  if (!text.startsWith('/') || url?.origin !== 'https://own.invalid') return otherwise
  // `/.//host` has this origin, and a path that a browser takes for another host.
  if (url.pathname.startsWith('//')) return otherwise
  return url.pathname + url.search + url.hash
}

export const may = ({ var: { operator } }: AppContext, scope: Scope): boolean =>
  operator.scopes.includes(scope)

/** As the API's routes have it; a page says it in words. */
export const requireOf = (scope: Scope) =>
  createMiddleware<AppEnv>(async (c, next) => {
    if (may(c, scope)) return next()
    c.var.logFields.set('reason', 'scope_missing')
    c.var.logFields.set('scope', scope)
    return showRefusal(c, 403, `This page needs a key with the scope ${scope}.`)
  })
