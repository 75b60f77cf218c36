import type { Context } from 'hono'
import type { RequestIdVariables } from 'hono/request-id'
import type { Deps } from '../deps.ts'
import type { Operator, Scope } from '../domain/operator.ts'
import type { Env } from '../env.ts'

/** Everything that a handler may touch. */
export type AppEnv = {
  readonly Bindings: Env
  readonly Variables: RequestIdVariables & {
    readonly deps: Deps
    /** Who calls: set behind `requireKey`, everywhere under `/api/v1`, and behind the dashboard's login. */
    readonly operator: Operator
    /** Of each check that was passed, the scopes of which the caller needed one: who asks again does, too. */
    readonly scopesNeeded?: readonly (readonly Scope[])[]
    /** The id of what was made, where the answer shows a secret that is never shown again, nor kept. */
    readonly shownOnce?: string
    /** What each form of this session carries: set behind the dashboard's login, and nowhere else. */
    readonly formToken: string
    /** Ends this session here; null of a login at Cloudflare Access, which ends there. */
    readonly endSession: (() => Promise<void>) | null
    /** What the request's log line says beyond method, route and status. */
    readonly logFields: Map<string, string | number | null>
  }
}

export type AppContext = Context<AppEnv>
