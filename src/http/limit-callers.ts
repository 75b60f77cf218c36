// How often the operator's API and the dashboard are called: per key, login or session, and per network by whoever
// isn't known. Both are asked before anything is read. Deliveries and links don't come by here.

import { createMiddleware } from 'hono/factory'
import { networkOf } from '../domain/client-network.ts'
import { API_CALLS_SECONDS, API_STRANGERS_SECONDS } from '../domain/limits.ts'
import { keyHashOf } from '../domain/operator.ts'
import { thrownFields } from '../log.ts'
import { ASSERTION_HEADER } from '../usecases/find-person.ts'
import { fail, type Failure } from './answers.ts'
import type { AppContext, AppEnv } from './context.ts'
import { asking } from './route-facts.ts'

export const limitCallers = asking(
  { asks: 'patience' },
  createMiddleware<AppEnv>(async (c, next) => {
    const shown = c.req.header('x-api-key') ?? c.req.header(ASSERTION_HEADER) ?? ''
    const refusal = await holdBack(c, shown)
    if (refusal !== null) return fail(c, refusal)
    await next()
    const operator: unknown = c.var.operator
    if (operator !== undefined) await noteLetIn(c, shown)
    return undefined
  }),
)

/** What is said to who calls too often; null to who may go on. `shown`: a key, a login or a session; '' is none. */
export async function holdBack(c: AppContext, shown: string): Promise<LimitFailure | null> {
  const { deps, logFields } = c.var
  const mark = await keyHashOf(shown)
  const address = c.req.header('cf-connecting-ip')
  if (address !== undefined && !deps.callers.isKnown(mark, deps.now())) {
    if (!(await mayCall(c, () => deps.mayKnock(networkOf(address))))) {
      logFields.set('reason', 'network_calls_too_often')
      return TOO_MANY_STRANGERS
    }
  }
  if (shown !== '' && !(await mayCall(c, () => deps.mayCall(mark)))) {
    logFields.set('reason', 'calls_too_often')
    return TOO_MANY_CALLS
  }
  return null
}

/** He is no stranger for a while. */
export const noteLetIn = async ({ var: { deps } }: AppContext, shown: string): Promise<void> =>
  deps.callers.note(await keyHashOf(shown), deps.now())

/** A limiter that fails holds nobody back: it saves work, and guards no secret. */
async function mayCall(c: AppContext, ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask()
  } catch (error) {
    c.var.deps.log({ event: 'call_limiter_failed', ...thrownFields(error) })
    return true
  }
}

const LIMITED = { status: 429, type: 'rate_limit_error', code: 'rate_limited' } as const

type LimitFailure = Failure & { readonly retryAfterSeconds: number }

const TOO_MANY_CALLS: LimitFailure = {
  ...LIMITED,
  message: 'This key calls too often. Nothing was done. Try again shortly.',
  retryAfterSeconds: API_CALLS_SECONDS,
}

const TOO_MANY_STRANGERS: LimitFailure = {
  ...LIMITED,
  message:
    'Too many calls came from this network without a key that is let in. Try again in a minute.',
  retryAfterSeconds: API_STRANGERS_SECONDS,
}
