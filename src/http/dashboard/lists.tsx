// Lists of events and of adjustments, newest first.

import { listAdjustments, listEvents, type Found } from '../../db/read-filtered.ts'
import type { Adjustment, Event } from '../../db/schema.ts'
import { LIST_PAGE_ROWS } from '../../domain/limits.ts'
import { customerText } from '../../domain/why-texts.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { clockOf, Head, showPage } from './layout.tsx'
import { Chip, Empty, Money, Pages, subjectText, When, type Clock } from './parts.tsx'
import { requireOf } from './session.ts'
import { titleOf, toldOf } from './viewer.ts'
import { FATES, holdWord, STATES } from './words.ts'

const CURSOR = /^[1-9]\d{0,14}$/

/** Where the page begins; null for the newest, also where the address says nothing that can be read. */
export function before(c: AppContext): number | null {
  const text = c.req.query('before') ?? ''
  return CURSOR.test(text) ? Number(text) : null
}

export const lists = createRoutes()
  .get('/events', requireOf('read'), async (c) => {
    const { deps, operator } = c.var
    const from = before(c)
    if (from !== null) await noteReading(deps, operator, 'events')
    const page = await listEvents(deps.db, {}, { before: from, limit: LIST_PAGE_ROWS })
    return showPage(
      c,
      { title: 'Events', section: 'Events', told: toldOf(c), isLive: from === null },
      <>
        <Head title="Events">What came in, and what became of it.</Head>
        <div class="sheet is-flush" id="events-sheet" data-part>
          {page.rows.length === 0 ? (
            <Empty title="Nothing has come in yet">
              Connect a source, then its first delivery shows up here within seconds. To see how it
              looks, send a sample: <code>npm run send -- zendesk ticket-credit</code>.
            </Empty>
          ) : (
            <EventTable c={c} rows={page.rows} clock={clockOf(c)} />
          )}
        </div>
        {pagesOf('/events', from, page)}
      </>,
    )
  })
  .get('/adjustments', requireOf('read'), async (c) => {
    const { deps, operator } = c.var
    const from = before(c)
    if (from !== null) await noteReading(deps, operator, 'adjustments')
    const page = await listAdjustments(deps.db, {}, { before: from, limit: LIST_PAGE_ROWS })
    return showPage(
      c,
      { title: 'Adjustments', section: 'Adjustments', told: toldOf(c), isLive: from === null },
      <>
        <Head title="Adjustments">
          Credits (−) are given to customers, charges (+) are taken from them. Each has at most one
          invoice.
        </Head>
        <div class="sheet is-flush" id="adjustments-sheet" data-part>
          {page.rows.length === 0 ? (
            <Empty title="No adjustment yet">
              A rule makes one as soon as an event asks for it. See{' '}
              <a href="/events">what came in</a>.
            </Empty>
          ) : (
            <AdjustmentTable c={c} rows={page.rows} clock={clockOf(c)} />
          )}
        </div>
        {pagesOf('/adjustments', from, page)}
      </>,
    )
  })

function pagesOf(path: string, from: number | null, { next }: Found<unknown>) {
  const older = next === null ? null : `${path}?before=${next}`
  return <Pages first={from === null ? null : path} next={older} />
}

type Rows<Row> = { c: AppContext; rows: readonly Row[]; clock: Clock }

export const EventTable = ({ c, rows, clock }: Rows<Event>) => (
  <div class="scroll" tabindex={0} role="region" aria-label="Newest first">
    <table>
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">What became of it</th>
          <th scope="col" class="wide">
            Rule
          </th>
          <th scope="col">Received</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((event) => (
          <tr data-card tabindex={-1}>
            <td>
              <a class="row" href={`/events/${event.id}`}>
                {`${titleOf(c, event)} ${event.type}`}
              </a>
              <span class="under">{event.ownId ?? event.id}</span>
            </td>
            <td>
              <Chip tone={FATES[event.fate].tone}>{FATES[event.fate].text}</Chip>
            </td>
            <td class="wide">{event.ruleId ?? '–'}</td>
            <td>
              <When at={event.receivedAt} clock={clock} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

export const AdjustmentTable = ({ c, rows, clock }: Rows<Adjustment>) => (
  <div class="scroll" tabindex={0} role="region" aria-label="Newest first">
    <table>
      <thead>
        <tr>
          <th scope="col" class="num">
            Amount
          </th>
          <th scope="col">For</th>
          <th scope="col">State</th>
          <th scope="col" class="wide">
            Invoice
          </th>
          <th scope="col">Made</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr data-card tabindex={-1}>
            <td class="num">
              <Money of={row} />
            </td>
            <td>
              <a class="row" href={`/adjustments/${row.id}`}>
                {subjectText(titleOf(c, row), row.subject, row.part)}
              </a>
              <span class="under">{customerText(row)}</span>
            </td>
            <td>
              <Chip tone={STATES[row.state].tone}>{STATES[row.state].text}</Chip>
              {row.holdReasons === null ? null : (
                <span class="under">{row.holdReasons.map(holdWord).join(', ')}</span>
              )}
              {row.reversedBy === null ? null : <span class="under">Reversed</span>}
            </td>
            <td class="wide">
              {row.invoiceNumber ?? row.invoiceId ?? '–'}
              {row.invoiceStatus === null ? null : <span class="under">{row.invoiceStatus}</span>}
            </td>
            <td>
              <When at={row.createdAt} clock={clock} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
