// The places where people are told: a ticket desk with comments that can't be edited, and a chat.

import * as z from 'zod'
import { json, type Call, type Reply, type Service } from './network.ts'
import type { Random } from './random.ts'

export type Ticket = {
  readonly tags: Set<string>
  /** Ids of the notices that are its comments, oldest first. */
  readonly comments: string[]
  isClosed: boolean
  stamp: number
}

export type Desk = {
  readonly tickets: ReadonlyMap<string, Ticket>
  /** The id at the end of each message. */
  readonly messages: readonly string[]
  readonly zendesk: Service
  readonly chat: Service
}

const update = z.object({
  ticket: z.object({
    comment: z.object({ body: z.string() }),
    tags: z.array(z.string()),
    safe_update: z.boolean().default(false),
    updated_stamp: z.string(),
  }),
})
const tagged = z.object({ tags: z.array(z.string()) })
const message = z.object({ text: z.string() })

/** The tag by which a notice is known; behind the id stands the time. */
const MARKER = /^makegood_(ntc_[0-9a-z]+)/

/** In the place of a notice: the comment of one whose tag the ticket had before. */
export const KNOWN_MARKER = 'known marker'

export const noticeOfTag = (tag: string): string | undefined => MARKER.exec(tag)?.[1]

export function createDesk(random: Random, isOn: () => boolean): Desk {
  const tickets = new Map<string, Ticket>()
  const messages: string[] = []

  const ticketOf = (id: string): Ticket => {
    const known = tickets.get(id)
    if (known !== undefined) return known
    const made = { tags: new Set<string>(), comments: [], isClosed: false, stamp: 1 }
    tickets.set(id, made)
    return made
  }
  const desk = ({ method, url, body }: Call): Reply => {
    const id = /\/tickets\/(\d+)/.exec(url.pathname)?.[1] ?? ''
    const ticket = ticketOf(id)
    // Somebody closes it, most often in the moment before it is written to.
    if (isOn() && random.chance(method === 'GET' ? 0.02 : 0.06)) ticket.isClosed = true
    if (method === 'GET') return json(200, { ticket: shownTicket(ticket) })
    if (url.pathname.endsWith('/tags.json')) {
      for (const tag of tagged.parse(JSON.parse(body)).tags) ticket.tags.add(tag)
      return json(200, { tags: [...ticket.tags] })
    }
    const asked = update.parse(JSON.parse(body)).ticket
    if (ticket.isClosed) return json(422, { error: 'RecordInvalid' })
    const isStale = asked.safe_update && asked.updated_stamp !== stampOf(ticket)
    if (isStale) return json(409, { error: 'UpdateConflict' })
    const marker = asked.tags.find((tag) => MARKER.test(tag) && !ticket.tags.has(tag)) ?? ''
    ticket.comments.push(noticeOfTag(marker) ?? KNOWN_MARKER)
    ticket.tags.clear()
    for (const tag of asked.tags) ticket.tags.add(tag)
    ticket.stamp += 1
    return json(200, { ticket: shownTicket(ticket) })
  }
  const chat = ({ body }: Call): Reply => {
    const { text } = message.parse(JSON.parse(body))
    messages.push(/_(ntc_[0-9a-z]+)_$/.exec(text)?.[1] ?? '')
    return { status: 200, headers: {}, body: 'ok' }
  }
  return {
    tickets,
    messages,
    zendesk: through(desk, random, isOn),
    chat: through(chat, random, isOn),
  }
}

const shownTicket = (ticket: Ticket) => ({
  status: ticket.isClosed ? 'closed' : 'open',
  tags: [...ticket.tags],
  updated_at: stampOf(ticket),
})

const stampOf = ({ stamp }: Ticket): string => new Date(stamp * 1_000).toISOString()

/** Now and then a call is lost on its way, there or back, or told to come again. */
function through(handle: (call: Call) => Reply, random: Random, isOn: () => boolean): Service {
  return {
    arrive(call, answer) {
      const fault = isOn() && random.chance(0.1) ? random.below(5) : null
      const afterMs = random.between(20, 300)
      if (fault === 0) return answer('broken', afterMs)
      if (fault === 1) return answer(json(429, {}, { 'retry-after': '7' }), afterMs)
      // Taken away, as it seems: nobody tries that again.
      if (fault === 4) return answer(json(404, {}), afterMs)
      const reply = handle(call)
      if (fault === 2) return answer('broken', afterMs)
      return answer(reply, fault === 3 ? 15_000 : afterMs)
    },
  }
}
