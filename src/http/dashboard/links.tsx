// Links to invoices' PDFs: listed, made, copied, opened, revoked. An address is on the page of one link alone.

import { findLink, listLinks } from '../../db/read-links.ts'
import type { Link } from '../../db/schema.ts'
import { isLinkId } from '../../domain/ids.ts'
import {
  BILLING_ID_CHARS_MAX,
  LIST_LOOKED_THROUGH_ROWS,
  LIST_PAGE_ROWS,
} from '../../domain/limits.ts'
import { LINK_EXPIRE_DAYS_MAX, LINK_LABEL_CHARS_MAX } from '../../domain/limits-links.ts'
import { LINK_STATES, linkStateOf, type LinkState } from '../../domain/link.ts'
import { addressOfLink } from '../../usecases/link-address.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { fieldsOf, goBack, numberOf, troubleOf, type Fields } from './actions.ts'
import { callApi } from './call-api.ts'
import type { Trouble } from './event-page.tsx'
import { before } from './lists.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { LINK_WORDS, LinkPage, LinkTable } from './link-parts.tsx'
import { Empty, Field, Form, Pages, Tabs } from './parts.tsx'
import { showMissing, showRefusal } from './refusal.tsx'
import { may, requireOf } from './session.ts'
import { toldOf, viewerOf } from './viewer.ts'

export const links = createRoutes()
  .get('/links', requireOf('read'), (c) => showLinks(c, null, {}))
  .post('/links', async (c) => {
    const fields = await fieldsOf(c)
    const { invoiceId = '', label = '', days = '' } = fields
    const body = {
      invoiceId: invoiceId.trim(),
      ...(label.trim() === '' ? {} : { label: label.trim() }),
      ...(days === '' ? {} : { expiresInDays: numberOf(days) }),
    }
    const answer = await callApi(c, 'POST', '/links', { body })
    if (!answer.ok) {
      return may(c, 'read')
        ? showLinks(c, troubleOf(answer), fields)
        : showRefusal(c, 403, troubleOf(answer).text)
    }
    return goBack(c, `/links/${String(answer.data['id'])}`, 'link-made')
  })
  .get('/links/:id', requireOf('read'), (c) => showLink(c, c.req.param('id'), null))
  .post('/links/:id/revoke', async (c) => {
    const id = c.req.param('id')
    const answer = await callApi(c, 'DELETE', `/links/${encodeURIComponent(id)}`)
    if (!answer.ok) {
      return may(c, 'read')
        ? showLink(c, id, troubleOf(answer))
        : showRefusal(c, 403, troubleOf(answer).text)
    }
    return goBack(c, `/links/${encodeURIComponent(id)}`, 'link-revoked')
  })

const stateIn = (text: string | undefined): LinkState | null =>
  LINK_STATES.find((each) => each === text) ?? null

async function showLinks(c: AppContext, trouble: Trouble | null, typed: Fields): Promise<Response> {
  const { deps, operator } = c.var
  const [from, state] = [before(c), stateIn(c.req.query('state'))]
  const invoice = (c.req.query('invoice') ?? '').trim()
  if (from !== null) await noteReading(deps, operator, 'links')
  const filter = {
    ...(state === null ? {} : { state }),
    ...(invoice === '' ? {} : { invoice }),
  }
  const page = { before: from, limit: LIST_PAGE_ROWS }
  const found = await listLinks(deps.db, filter, page, deps.now(), LIST_LOOKED_THROUGH_ROWS)
  const to = (more: Record<string, string>) => {
    const query = new URLSearchParams({ ...filter, ...more }).toString()
    return query === '' ? '/links' : `/links?${query}`
  }
  const viewer = viewerOf(c)
  return showPage(
    c,
    {
      title: 'Links',
      section: 'Links',
      told: trouble === null ? toldOf(c) : { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
    },
    <>
      <Head title="Links">
        A link opens one invoice's PDF for whoever has it. Tickets get theirs by themselves.
      </Head>
      <Tabs
        label="Which links"
        of={[
          ['/links', 'All', state === null],
          ...LINK_STATES.map((each) => {
            return [`/links?state=${each}`, LINK_WORDS[each].text, state === each] as const
          }),
        ]}
      />
      <div class="columns">
        <div>
          <div class="sheet is-flush" id="links-sheet">
            {found.rows.length === 0 ? (
              <NoLinks isAll={state === null && invoice === ''} hasOlder={found.next !== null} />
            ) : (
              <LinkTable rows={found.rows} clock={clockOf(c)} />
            )}
          </div>
          <Pages
            first={from === null ? null : to({})}
            next={found.next === null ? null : to({ before: String(found.next) })}
          />
        </div>
        <div>{viewer.mayWrite ? <LinkForm c={c} typed={typed} /> : null}</div>
      </div>
    </>,
  )
}

const NoLinks = ({ isAll, hasOlder }: { isAll: boolean; hasOlder: boolean }) =>
  isAll ? (
    <Empty title="No link yet">
      One is made with each invoice of an adjustment, and stands in its ticket. For any other
      invoice, make one here.
    </Empty>
  ) : (
    <Empty title="No such link">
      {hasOlder ? 'Not among these: go on to older ones.' : 'There is none.'}
    </Empty>
  )

const LinkForm = ({ c, typed }: { c: AppContext; typed: Fields }) => (
  <section class="sheet" id="make-link">
    <h2>Make a link</h2>
    <Form action="/links" token={c.var.formToken} class="stack">
      <Field label="Invoice" hint="Its id at billing begins inv_.">
        <input
          type="text"
          name="invoiceId"
          required
          maxlength={BILLING_ID_CHARS_MAX}
          placeholder="inv_…"
          value={typed['invoiceId'] ?? ''}
          spellcheck={false}
        />
      </Field>
      <Field label="For whom or what" hint="Only you see it. May be empty.">
        <input
          type="text"
          name="label"
          maxlength={LINK_LABEL_CHARS_MAX}
          value={typed['label'] ?? ''}
        />
      </Field>
      <Field label="Ends after days">
        <input
          type="number"
          name="days"
          min="1"
          max={String(LINK_EXPIRE_DAYS_MAX)}
          value={typed['days'] ?? String(c.var.deps.config.links.expireAfterDays)}
        />
      </Field>
      <button class="main">Make the link</button>
    </Form>
  </section>
)

async function showLink(c: AppContext, id: string, trouble: Trouble | null): Promise<Response> {
  const { deps } = c.var
  const link: Link | null = isLinkId(id) ? await findLink(deps.db, id) : null
  if (link === null) return showMissing(c)
  const address = await addressOfLink(deps, link, new URL(c.req.url).origin)
  const state = linkStateOf(link, deps.now())
  return showPage(
    c,
    {
      title: `Link to ${link.invoiceId}`,
      section: 'Links',
      told: trouble === null ? toldOf(c) : { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
    },
    <LinkPage of={link} state={state} address={address} clock={clockOf(c)} viewer={viewerOf(c)} />,
  )
}
