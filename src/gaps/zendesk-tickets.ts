// Zendesk's search for tickets that carry a tag by which agents ask: its webhooks are not tried again. Facts:
// developer.zendesk.com, Search API (1,000 results at most, minutes behind), Ticket Audits, Users ("show_many").

import * as z from 'zod/mini'
import { AUDIT_PAGES_MAX, GAP_PAGE_ROWS } from '../domain/gap-limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { basicAuth } from '../exchange.ts'
import { ask, askTrouble, type Source } from './ask.ts'
import type { AskTrouble, Candidate, Finder, Missed, Searched, Wanted, Window } from './finder.ts'
import { lastRequest, requestBody, type Audit, type Person } from './zendesk-request.ts'

export type ZendeskTicketsOptions = {
  /** The endpoint whose deliveries it finds; left out, the only one of Zendesk. */
  readonly endpoint?: string
  /** Names of secrets: the address (`https://acme.zendesk.com`), a user's e-mail, an API token. */
  readonly url?: string
  readonly email?: string
  readonly token?: string
  /** Name of the secret that holds the number of the amount's field, where the template sends one. */
  readonly amountField?: string
  /** As the template has them: its currency, and whose external id is the customer's. */
  readonly currency?: string
  readonly customer?: 'requester' | 'organization'
}

const OPTIONS = ['endpoint', 'url', 'email', 'token', 'amountField', 'currency', 'customer']

export function zendeskTickets(options: ZendeskTicketsOptions = {}): Finder {
  const { endpoint = null, amountField, currency, customer = 'requester' } = options
  const { url = 'ZENDESK_URL', email = 'ZENDESK_EMAIL', token = 'ZENDESK_API_TOKEN' } = options
  return {
    source: 'zendesk',
    endpoint,
    secrets: [url, email, token, ...(amountField === undefined ? [] : [amountField])],
    problems: [
      ...unknownFields(options, OPTIONS),
      ...(customer === 'requester' || customer === 'organization'
        ? []
        : ["customer: 'requester' or 'organization' is wanted"]),
    ],
    search: (secrets, wanted, window) =>
      search(
        {
          base: secrets(url),
          headers: { authorization: basicAuth(`${secrets(email)}/token`, secrets(token)) },
        },
        {
          tags: wanted.tags,
          amountField: amountField === undefined ? null : secrets(amountField),
          currency: (currency ?? wanted.currency).toUpperCase(),
          customer,
        },
        window,
      ),
  }
}

type Asked = {
  readonly tags: Wanted['tags']
  readonly amountField: string | null
  readonly currency: string
  readonly customer: 'requester' | 'organization'
}

const time = z.iso.datetime({ offset: true })
const results = z.object({ results: z.array(z.object({ id: z.int(), updated_at: time })) })

/** A full page is gone on behind: pages by number move while tickets are answered. */
async function search(
  source: Source,
  asked: Asked,
  { from, to }: Window,
): Promise<Result<Searched, AskTrouble>> {
  const rows = new Map<number, number>()
  let until = to
  for (const tag of asked.tags) {
    const since = new Date(from).toISOString().replace('.000Z', 'Z')
    const query = new URLSearchParams({
      query: `type:ticket tags:${tag} updated>=${since}`,
      sort_by: 'updated_at',
      sort_order: 'asc',
      per_page: String(GAP_PAGE_ROWS),
    })
    const found = await ask(source, `/api/v2/search.json?${query.toString()}`, results)
    if (!found.ok) return found
    const page = found.value.results.map(({ id, updated_at: at }) => [id, Date.parse(at)] as const)
    const last = page.at(-1)
    if (last !== undefined && page.length >= GAP_PAGE_ROWS) {
      if (last[1] <= from) return err(askTrouble('too_many_at_once'))
      until = Math.min(until, last[1])
    }
    for (const [id, at] of page) rows.set(id, at)
  }
  const isWhole = until === to
  const candidates = [...rows]
    .filter(([, at]) => isWhole || at <= until)
    .toSorted(([, one], [, other]) => one - other)
    .map(([id, at]): Candidate => ({
      at,
      known: { subject: `ticket:${id}` },
      read: () => readTicket(source, asked, id),
    }))
  return ok({ candidates, until })
}

const ticketAnswer = z.object({
  ticket: z.object({
    tags: z.array(z.string()),
    updated_at: time,
    requester_id: z.int(),
    organization_id: z.nullish(z.int()),
    custom_fields: z._default(z.array(z.object({ id: z.int(), value: z.unknown() })), []),
  }),
})

/** What the trigger would have sent when the ticket was tagged; null where nobody asks there any more. */
async function readTicket(
  source: Source,
  { tags, amountField, currency, customer }: Asked,
  id: number,
): Promise<Result<Missed | null, AskTrouble>> {
  const found = await ask(source, `/api/v2/tickets/${id}.json`, ticketAnswer)
  if (!found.ok) return found.error.status === 404 ? ok(null) : found
  const { ticket } = found.value
  const asking = tags.filter((tag) => ticket.tags.includes(tag))
  if (asking.length === 0) return ok(null)
  const audits = await readAudits(source, id)
  if (!audits.ok) return audits
  const request = lastRequest(audits.value, asking, amountField)
  const people = await readPeople(source, [ticket.requester_id, request?.authorId ?? null])
  if (!people.ok) return people
  const organization = customer === 'organization' ? (ticket.organization_id ?? null) : null
  const company = organization === null ? ok(null) : await readCompany(source, organization)
  if (!company.ok) return company
  const requester = people.value.find((each) => each.id === ticket.requester_id)
  const field = ticket.custom_fields.find((each) => String(each.id) === amountField)
  const body = requestBody({
    ticketId: id,
    // Where nobody can tell how it was when it was tagged: as it is.
    tags: request?.tags ?? ticket.tags,
    amount: amountField === null ? null : (request?.amount ?? String(field?.value ?? '')),
    currency,
    customer: customer === 'organization' ? company.value : (requester?.external_id ?? null),
    requester: requester?.email ?? null,
    asker: people.value.find((each) => each.id === request?.authorId) ?? null,
    at: request?.at ?? null,
  })
  return ok({ body, at: request === null ? null : Date.parse(request.at) })
}

const auditsAnswer = z.object({
  audits: z.array(
    z.object({
      author_id: z.nullish(z.int()),
      created_at: time,
      events: z.array(
        z.looseObject({ field_name: z.optional(z.unknown()), value: z.optional(z.unknown()) }),
      ),
    }),
  ),
  meta: z.object({ has_more: z.boolean(), after_cursor: z.nullish(z.string()) }),
})

/** Oldest first; none where there are more than anybody reads. */
async function readAudits(
  source: Source,
  id: number,
): Promise<Result<readonly Audit[], AskTrouble>> {
  const audits: Audit[] = []
  const query = new URLSearchParams({ 'page[size]': String(GAP_PAGE_ROWS) })
  for (let page = 0; page < AUDIT_PAGES_MAX; page++) {
    const path = `/api/v2/tickets/${id}/audits.json?${query.toString()}`
    const answer = await ask(source, path, auditsAnswer)
    if (!answer.ok) return answer
    const { audits: rows, meta } = answer.value
    audits.push(...rows)
    if (!meta.has_more || !meta.after_cursor) return ok(audits)
    query.set('page[after]', meta.after_cursor)
  }
  return ok([])
}

const peopleAnswer = z.object({
  users: z.array(
    z.object({
      id: z.int(),
      email: z.nullish(z.string()),
      external_id: z.nullish(z.string()),
      role: z.nullish(z.string()),
    }),
  ),
})

/** The system itself, as an author, is nobody. */
async function readPeople(
  source: Source,
  ids: readonly (number | null)[],
): Promise<Result<readonly Person[], AskTrouble>> {
  const persons = [...new Set(ids.filter((each) => each !== null && each > 0))]
  const path = `/api/v2/users/show_many.json?ids=${persons.join()}`
  const answer = await ask(source, path, peopleAnswer)
  return answer.ok ? ok(answer.value.users) : answer
}

const companyAnswer = z.object({
  organization: z.object({ external_id: z.nullish(z.string()) }),
})

async function readCompany(source: Source, id: number): Promise<Result<string | null, AskTrouble>> {
  const answer = await ask(source, `/api/v2/organizations/${id}.json`, companyAnswer)
  return answer.ok ? ok(answer.value.organization.external_id ?? null) : answer
}
