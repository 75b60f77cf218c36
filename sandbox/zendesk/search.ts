// Search for tickets: `type:ticket tags:credit_requested -tags:done status<closed`, words with a blank
// between them, all of which have to hold. Zendesk's index lags: the fault `lagging_list` makes it show.
import type { Answer } from '../src/answer.ts'
import type { Ask } from './ask.ts'
import { SEARCH_ROWS_MAX } from './limits.ts'
import { numberedPage } from './paging.ts'
import { allRecords } from './records.ts'
import { STATUSES } from './shapes.ts'
import type { Ticket } from './shapes.ts'
import { showTicket } from './tickets.ts'

type Test = (ticket: Ticket) => boolean

const TERM = /^(-?)(type|tags|status|external_id|updated)(:|[<>]=?)"?([^"\s]+)"?$/

/** Null where the sandbox does not know the term, or it could never hold. */
function testOf(term: string): Test | null {
  const [, minus, name, operator, value = ''] = TERM.exec(term) ?? []
  const test = testFor(name, operator, value.toLowerCase())
  if (test === null || minus !== '-') return test
  return (ticket) => !test(ticket)
}

function testFor(
  name: string | undefined,
  operator: string | undefined,
  value: string,
): Test | null {
  if (name === 'updated') return updatedTest(operator, value)
  if (operator?.endsWith('=') === true) return null
  if (name === 'status') {
    const wanted = STATUSES.findIndex((status) => status === value)
    if (wanted === -1) return null
    const rank = ({ status }: Ticket) => STATUSES.indexOf(status) - wanted
    if (operator === ':') return (ticket) => rank(ticket) === 0
    return operator === '<' ? (ticket) => rank(ticket) < 0 : (ticket) => rank(ticket) > 0
  }
  if (operator !== ':') return null
  if (name === 'type') return value === 'ticket' ? () => true : null
  if (name === 'tags') return ({ tags }) => tags.includes(value)
  return name === 'external_id' ? ({ external_id: id }) => id?.toLowerCase() === value : null
}

/** Times to the second, by their instant. */
function updatedTest(operator: string | undefined, value: string): Test | null {
  const at = Date.parse(value)
  if (Number.isNaN(at)) return null
  const difference = ({ updated_at: updated }: Ticket) => Date.parse(updated) - at
  switch (operator) {
    case '>':
      return (ticket) => difference(ticket) > 0
    case '>=':
      return (ticket) => difference(ticket) >= 0
    case '<':
      return (ticket) => difference(ticket) < 0
    case '<=':
      return (ticket) => difference(ticket) <= 0
    default:
      return null
  }
}

export function searchTickets(ask: Ask): Answer {
  const terms = (ask.query.get('query') ?? '').split(/\s+/).filter(Boolean)
  const tests = terms.map(testOf).filter((test) => test !== null)
  if (terms.length === 0 || tests.length < terms.length) {
    return { status: 422, body: { error: 'invalid', description: 'Invalid search: bad query' } }
  }
  const isOldestFirst = ask.query.get('sort_order') === 'asc'
  const indexedUntil = ask.now - ask.lagMs
  const rows = allRecords(ask.store, 'ticket')
    .filter((ticket) => Date.parse(ticket.updated_at) <= indexedUntil || ask.lagMs === 0)
    .filter((ticket) => tests.every((test) => test(ticket)))
    .toSorted((one, other) =>
      isOldestFirst
        ? one.updated_at.localeCompare(other.updated_at)
        : other.updated_at.localeCompare(one.updated_at),
    )
    .slice(0, SEARCH_ROWS_MAX)
  return numberedPage(ask, {
    name: 'results',
    rows,
    show: (ticket) => ({ ...showTicket(ask, ticket), result_type: 'ticket' }),
  })
}
