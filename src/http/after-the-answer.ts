import { thrownFields } from '../log.ts'
import type { AppContext } from './context.ts'

/** What no caller waits for; where nobody would keep the isolate alive for it, it is done before the answer. */
export async function afterTheAnswer(c: AppContext, work: () => Promise<void>): Promise<void> {
  const { deps, requestId } = c.var
  const done = work().catch((error: unknown) => {
    deps.log({ event: 'alarm.late_write_failed', requestId, ...thrownFields(error) })
  })
  const keepAlive = waitUntilOf(c)
  if (keepAlive === null) await done
  else keepAlive(done)
}

/** Hono throws where a request came without a context. */
function waitUntilOf(c: AppContext): ((promise: Promise<void>) => void) | null {
  try {
    const { executionCtx } = c
    return (promise) => executionCtx.waitUntil(promise)
  } catch {
    return null
  }
}
