// What the box on every page finds: the operator's own search, with customers first.

import { findIdentifiedAs } from '../../db/read-search.ts'
import { isCustomerId } from '../../domain/identity.ts'
import { SEARCH_CHARS_MAX, SEARCH_PAGE_WINDOW_ROWS } from '../../domain/limits.ts'
import { search, type Hits } from '../../usecases/search.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { AdjustmentTable, EventTable } from './lists.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Empty } from './parts.tsx'
import { requireOf } from './session.ts'

export const searches = createRoutes().get('/search', requireOf('read'), async (c) => {
  const typed = (c.req.query('q') ?? '').trim()
  if (typed.length > SEARCH_CHARS_MAX) {
    const text = `This is too long to look for: at most ${SEARCH_CHARS_MAX} characters.`
    return showPage(
      c,
      { title: 'Search', section: 'Search', told: { text, isTrouble: true }, status: 400 },
      <Head title="Search">{WHAT}</Head>,
    )
  }
  return showPage(
    c,
    { title: typed === '' ? 'Search' : `Search: ${typed}`, section: 'Search' },
    typed === '' ? <Head title="Search">{WHAT}</Head> : await resultsOf(c, typed),
  )
})

const WHAT =
  'Type a ticket’s number, a customer, an event’s or invoice’s id or number, or an amount such as 25.00, into the box.'

async function resultsOf(c: AppContext, typed: string) {
  const { deps } = c.var
  const [hits, named] = await Promise.all([
    search(deps, typed, SEARCH_PAGE_WINDOW_ROWS),
    findIdentifiedAs(deps.db, typed),
  ])
  const isOwnId = typed.startsWith('cus_') && isCustomerId(typed)
  const customers = [...new Set([...named, ...(isOwnId ? [typed] : [])])]
  const { adjustments, events } = hits
  const isNothing = adjustments.length + events.length + customers.length === 0
  const clock = clockOf(c)
  return (
    <>
      <Head title={`Search: ${typed}`}>{countOf(hits)}</Head>
      {isNothing ? (
        <Empty title="Nothing is found">
          Look for the ticket’s number without words around it, for an amount without its currency,
          or for the customer’s id at billing.
        </Empty>
      ) : null}
      {customers.length === 0 ? null : (
        <section class="sheet" id="found-customers">
          <h2>Customers</h2>
          <ul class="past">
            {customers.map((id) => (
              <li data-card tabindex={-1}>
                <a href={`/customers/${encodeURIComponent(id)}`}>{id}</a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {adjustments.length === 0 ? null : (
        <>
          <div class="group">
            <h2>Adjustments</h2>
          </div>
          <div class="sheet is-flush" id="found-adjustments">
            <AdjustmentTable c={c} rows={adjustments} clock={clock} />
          </div>
        </>
      )}
      {events.length === 0 ? null : (
        <>
          <div class="group">
            <h2>Events</h2>
          </div>
          <div class="sheet is-flush" id="found-events">
            <EventTable c={c} rows={events} clock={clock} />
          </div>
        </>
      )}
    </>
  )
}

function countOf({ adjustments, events, isAll }: Hits): string {
  const found = `${adjustments.length === 1 ? '1 adjustment' : `${adjustments.length} adjustments`}, ${events.length === 1 ? '1 event' : `${events.length} events`}.`
  return isAll
    ? found
    : `${found} By amount or by the source’s name of a customer only the newest were looked through.`
}
