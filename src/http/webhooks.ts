// Where deliveries arrive. The public answer says less than the log: a prober learns nothing.

import { bodyLimit } from 'hono/body-limit'
import { unreachable } from '../domain/assert.ts'
import { BODY_BYTES_MAX } from '../domain/limits.ts'
import type { RejectionReason } from '../domain/rejection.ts'
import { thrownFields } from '../log.ts'
import { noteRejections } from '../usecases/note-rejections.ts'
import { receiveDelivery, type ReceiveTrouble } from '../usecases/receive-delivery.ts'
import { afterTheAnswer } from './after-the-answer.ts'
import { fail, methodNotAllowed, TRY_AGAIN, type Failure } from './answers.ts'
import type { AppContext } from './context.ts'
import { createRoutes } from './routes.ts'

const TOO_LARGE: Failure = {
  status: 413,
  type: 'validation_error',
  code: 'body_too_large',
  message: `A delivery has at most ${BODY_BYTES_MAX} bytes.`,
}

export const webhooks = createRoutes()
  .post(
    '/:endpoint/:token?',
    bodyLimit({ maxSize: BODY_BYTES_MAX, onError: rejectTooLarge }),
    async (c) => {
      const { deps, logFields } = c.var
      const endpoint = c.req.param('endpoint')
      const body = new Uint8Array(await c.req.arrayBuffer())
      const received = await receiveDelivery(deps, {
        endpoint,
        method: c.req.method,
        url: publicAddress(deps.settings.publicUrl, c.req.url),
        headers: c.req.raw.headers,
        body,
        pathToken: c.req.param('token') ?? null,
      })
      if (!received.ok) {
        if (deps.config.endpoints.has(endpoint)) logFields.set('endpoint', endpoint)
        for (const [field, value] of Object.entries(received.error)) logFields.set(field, value)
        await countRejection(c, endpoint, received.error.reason)
        return fail(c, answerFor(received.error))
      }
      logFields.set('endpoint', endpoint)
      logFields.set('events', received.value.events.length)
      logFields.set('made', received.value.wakeUps.length)
      wakeAfterTheAnswer(c, received.value.wakeUps)
      await writeRejections(c)
      const { answer } = received.value
      if (answer === null) return c.json({ events: received.value.events }, 202)
      if (answer.content === null) return c.body(null, answer.status)
      const headers = { 'content-type': answer.content.type }
      return c.body(answer.content.text, answer.status, headers)
    },
  )
  .on(['GET', 'HEAD'], '/:endpoint/:token?', (c) => {
    const { source } = c.var.deps.config.endpoints.get(c.req.param('endpoint')) ?? {}
    const isProbe = source?.probes?.some((method) => method === c.req.method)
    return isProbe ? c.body(null, 200) : methodNotAllowed(c, 'POST')
  })
  .all('/:endpoint/:token?', (c) => methodNotAllowed(c, 'POST'))

/** Counted, not written: that happens behind the answer, at most once a minute. Made-up names are not counted. */
async function countRejection(
  c: AppContext,
  endpoint: string,
  reason: RejectionReason | 'unknown_endpoint',
): Promise<void> {
  const { deps } = c.var
  if (reason === 'unknown_endpoint' || !deps.config.endpoints.has(endpoint)) return
  deps.rejections.note(endpoint, reason, deps.now())
  await writeRejections(c)
}

async function writeRejections(c: AppContext): Promise<void> {
  const { deps } = c.var
  const counts = deps.rejections.take(deps.now())
  if (counts.length > 0) await afterTheAnswer(c, () => noteRejections(deps, counts))
}

async function rejectTooLarge(c: AppContext): Promise<Response> {
  await countRejection(c, c.req.param('endpoint') ?? '', 'body_too_large')
  return fail(c, TOO_LARGE)
}

/** As the sender called it: some sign the address, and behind a proxy the request has another one. */
function publicAddress(publicUrl: string | null, requested: string): string {
  const { origin, pathname, search } = new URL(requested)
  return (publicUrl ?? origin) + pathname + search
}

/** The answer doesn't wait for the queue, and a queue in trouble loses nothing: the sweep goes on. */
function wakeAfterTheAnswer(
  c: AppContext,
  wakeUps: Parameters<AppContext['var']['deps']['wake']>[0],
) {
  const { deps } = c.var
  if (wakeUps.length === 0) return
  c.executionCtx.waitUntil(
    deps.wake(wakeUps).catch((error: unknown) => {
      deps.log({ event: 'alarm.wake_failed', ...thrownFields(error) })
    }),
  )
}

function answerFor(trouble: ReceiveTrouble): Failure {
  switch (trouble.reason) {
    case 'unknown_endpoint':
      return {
        status: 404,
        type: 'not_found_error',
        code: 'endpoint_not_found',
        message: 'There is no endpoint of this name.',
      }
    case 'endpoint_off':
    case 'secret_unusable':
      return { ...TRY_AGAIN, code: 'endpoint_off', message: 'This endpoint is not configured.' }
    case 'keys_unavailable':
      return {
        ...TRY_AGAIN,
        code: 'keys_unavailable',
        message: "The sender's published keys could not be fetched. Try again.",
      }
    case 'header_missing':
    case 'header_malformed':
    case 'too_many_signatures':
    case 'timestamp_unreadable':
    case 'timestamp_stale':
    case 'timestamp_ahead':
    case 'signature_mismatch':
    case 'secret_mismatch':
    case 'token_claim_wrong':
    case 'body_not_admitted':
      return {
        status: 401,
        type: 'authentication_error',
        code: 'unauthorized',
        message: 'The delivery is not signed with the secret of this endpoint.',
      }
    default:
      return unreachable(trouble)
  }
}
