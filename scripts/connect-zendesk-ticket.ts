// The test request of `npm run connect -- zendesk`: the very macro that agents have, on a ticket that the
// operator chose, so that Zendesk's own trigger and signature are what is tried.

import * as z from 'zod'
import { call, type Api } from './connect-call.ts'
import { notAsExpected } from './connect-zendesk-records.ts'
import { Trouble } from './trouble.ts'

const ticketAnswer = z.object({
  ticket: z.object({ status: z.string(), updated_at: z.string() }),
})
const applied = z.object({ result: z.object({ ticket: z.object({ tags: z.array(z.string()) }) }) })

/** Throws Trouble where the ticket takes nothing any more. */
export async function applyMacro(api: Api, ticket: string, macroId: string): Promise<void> {
  const path = `/tickets/${ticket}`
  const found = await call(api, 'GET', `${path}.json`, { mayBeGone: true })
  if (found === null) throw new Trouble(`--ticket ${ticket}: Zendesk has no such ticket`)
  const read = ticketAnswer.safeParse(found)
  if (!read.success) throw notAsExpected(api, `ticket ${ticket}`)
  const { status, updated_at: stamp } = read.data.ticket
  if (status === 'closed') {
    throw new Trouble(
      `--ticket ${ticket}: it is closed, and no trigger runs there; choose another one`,
    )
  }
  const would = applied.safeParse(await call(api, 'GET', `${path}/macros/${macroId}/apply.json`))
  if (!would.success) throw notAsExpected(api, 'the macro')
  const { tags } = would.data.result.ticket
  const body = { ticket: { tags, safe_update: true, updated_stamp: stamp } }
  await call(api, 'PUT', `${path}.json`, { body })
}
