// The stand-ins for Freshdesk, Intercom, HubSpot and Jira over HTTP, each mounted at its name. Their
// credentials stay here; they open nothing anywhere else.
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ApiReply } from '../src/call.ts'
import { BODY_BYTES_MAX } from '../src/limits.ts'
import type { Env } from '../src/organization.ts'
import { respond, textOf } from '../src/respond.ts'
import { newId } from '../src/store.ts'
import { freshdeskProblem } from './freshdesk.ts'
import { hubspotProblem } from './hubspot.ts'
import { intercomProblem } from './intercom.ts'
import { jiraRefusal } from './jira.ts'
import type { NoteService } from './services.ts'

type NoteContext = Context<{ Bindings: Env }>

type Gate = {
  /** The header of who may call. */
  readonly authorization: string
  readonly refused: ApiReply
  readonly tooLarge: ApiReply
  /** What else is wrong with the headers. */
  readonly refuse?: (c: NoteContext) => ApiReply | null
}

const INTERCOM_VERSION = /^2\.\d{1,2}$/

const GATES: Readonly<Record<NoteService, Gate>> = {
  freshdesk: {
    authorization: `Basic ${btoa('sandbox_freshdesk_key:X')}`,
    refused: freshdeskProblem(401, 'invalid_credentials', 'You have to be logged in'),
    tooLarge: freshdeskProblem(413, 'too_large', 'The body is too large'),
  },
  intercom: {
    authorization: 'Bearer sandbox_intercom_token',
    refused: intercomProblem(401, 'unauthorized', 'Access Token Invalid'),
    tooLarge: intercomProblem(413, 'too_large', 'The body is too large'),
    refuse: (c) =>
      INTERCOM_VERSION.test(c.req.header('intercom-version') ?? '2.15')
        ? null
        : intercomProblem(400, 'intercom_version_invalid', 'The requested version does not exist'),
  },
  hubspot: {
    authorization: 'Bearer sandbox_hubspot_token',
    refused: hubspotProblem(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found'),
    tooLarge: hubspotProblem(413, 'VALIDATION_ERROR', 'The body is too large'),
  },
  jira: {
    authorization: `Basic ${btoa('makegood@saas.example:sandbox_jira_token')}`,
    refused: jiraRefusal(401, 'Client must be authenticated to access this resource.'),
    tooLarge: jiraRefusal(413, 'The body is too large'),
  },
}

export function noteApi(service: NoteService): Hono<{ Bindings: Env }> {
  const { authorization, refused, tooLarge, refuse } = GATES[service]
  const api = new Hono<{ Bindings: Env }>()
  api.use('*', async (c, next) => {
    if (c.req.header('authorization') !== authorization) return respond(refused, newId('req'))
    const refusal = refuse?.(c) ?? null
    return refusal === null ? next() : respond(refusal, newId('req'))
  })
  api.use(
    '*',
    bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => respond(tooLarge, newId('req')) }),
  )
  api.all('/*', async (c) => {
    const { pathname, search, origin } = new URL(c.req.url)
    const requestId = newId('req')
    const reply = c.env.ORGANIZATION.getByName('sandbox').fake({
      service,
      method: c.req.method,
      path: pathname,
      shownPath: pathname,
      search,
      requestId,
      body: textOf(new Uint8Array(await c.req.arrayBuffer())),
      origin,
    })
    // A caller who hangs up does not undo his call: the real API would finish it too.
    c.executionCtx.waitUntil(reply)
    return respond(await reply, requestId)
  })
  return api
}
