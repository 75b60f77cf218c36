// The ticket of the demo, as its agent sees it: read from the sandbox's Zendesk before and after.

import { setTimeout as sleep } from 'node:timers/promises'
import { channelVars } from './stand-ins.ts'
import { Trouble } from './trouble.ts'

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 50
export const TICKET_ID = '5158'

type Ticket = { readonly tags: readonly string[]; readonly comments: readonly string[] }

async function ticketAt(sandboxUrl: string): Promise<Ticket> {
  const { ZENDESK_URL, ZENDESK_EMAIL, ZENDESK_API_TOKEN } = channelVars(sandboxUrl)
  const authorization = `Basic ${btoa(`${ZENDESK_EMAIL}/token:${ZENDESK_API_TOKEN}`)}`
  const read = async (path: string) => {
    const response = await fetch(`${ZENDESK_URL}/api/v2/tickets/${TICKET_ID}${path}.json`, {
      headers: { authorization },
    })
    if (response.status !== 200) throw new Trouble(`the ticket answered ${response.status}`)
    return JSON.parse(await response.text())
  }
  const { ticket }: { ticket: { tags: string[] } } = await read('')
  const { comments }: { comments: { body: string; public: boolean }[] } = await read('/comments')
  const internal = comments.filter((comment) => !comment.public)
  return { tags: ticket.tags, comments: internal.map(({ body }) => body) }
}

/** An agent sets the tags on screen; answers the ticket as it is then. */
export async function requestInTicket(
  sandboxUrl: string,
  tags: readonly string[],
): Promise<Ticket> {
  const response = await fetch(`${sandboxUrl}/sandbox/zendesk/tickets/${TICKET_ID}/act`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent: 'agent@saas.example', addTags: tags }),
  })
  if (!response.ok) throw new Trouble(`the ticket's agent was answered ${response.status}`)
  return ticketAt(sandboxUrl)
}

/** Waits for Makegood's comment. */
export async function answeredTicket(sandboxUrl: string): Promise<Ticket> {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const ticket = await ticketAt(sandboxUrl)
    if (ticket.comments.length > 0) return ticket
    if (Date.now() > deadline) {
      throw new Trouble(`ticket ${TICKET_ID} has no comment after ${WAIT_MS / 1_000} s`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}
