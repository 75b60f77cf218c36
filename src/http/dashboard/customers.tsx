// Who is who: which customer of the billing API a source's customer is, and whom nobody knows yet.

import { listUnresolved } from '../../db/read-customers.ts'
import { listIdentities, type IdentityPage } from '../../db/read-identities.ts'
import type { Identity } from '../../db/schema.ts'
import { IDENTITY_KINDS, type IdentityKind } from '../../domain/identity.ts'
import {
  BILLING_ID_CHARS_MAX,
  CUSTOMER_REFERENCE_CHARS_MAX,
  LIST_LOOKED_THROUGH_ROWS,
  LIST_PAGE_ROWS,
} from '../../domain/limits.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import { accountsOf } from '../../usecases/set-identity.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import type { Trouble } from './event-page.tsx'
import type { Viewer } from './held-card.tsx'
import { ChangeKnown, IdentityTable, KIND_WORDS } from './identity-table.tsx'
import { before } from './lists.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Empty, Field, Form, Pages } from './parts.tsx'
import { requireOf } from './session.ts'
import { Unresolved } from './unresolved.tsx'
import { toldOf, viewerOf } from './viewer.ts'

export const customers = createRoutes().get('/customers', requireOf('read'), (c) =>
  showCustomers(c, {}),
)

/** As it was typed. */
export type TypedIdentity = {
  readonly account: string
  readonly kind: string
  readonly value: string
  readonly customerId: string
}

type Told = {
  readonly trouble?: Trouble
  readonly typed?: TypedIdentity
  /** What is there already, where something else was to be said of the same. */
  readonly known?: Identity
}

export async function showCustomers(c: AppContext, told: Told): Promise<Response> {
  const { deps, operator } = c.var
  const [from, sought] = [before(c), (c.req.query('q') ?? '').trim()]
  if (from !== null) await noteReading(deps, operator, 'identities')
  const page = { before: from, limit: LIST_PAGE_ROWS }
  const [found, unresolved] = await Promise.all([
    listIdentities(deps.db, filterOf(sought), page, LIST_LOOKED_THROUGH_ROWS),
    from === null && sought === '' ? listUnresolved(deps.db) : [],
  ])
  const [viewer, { trouble, typed, known }] = [viewerOf(c), told]
  return showPage(
    c,
    {
      title: 'Customers',
      section: 'Customers',
      told: trouble ? { text: trouble.text, isTrouble: true } : toldOf(c),
      status: trouble?.status ?? 200,
    },
    <>
      <Head title="Customers">
        Which customer at billing somebody is whom a source names. What is said here holds from the
        next event on.
      </Head>
      {known && typed ? <ChangeKnown known={known} typed={typed} viewer={viewer} /> : null}
      <Unresolved rows={unresolved} viewer={viewer} />
      <div class="columns">
        <div>
          <Finder sought={sought} />
          <div class="sheet is-flush" id="identities">
            <Known c={c} page={found} viewer={viewer} sought={sought} />
          </div>
          <Pages
            first={from === null ? null : address(sought, null)}
            next={olderOf(sought, found)}
          />
        </div>
        <div>
          {viewer.mayWrite ? <MapForm c={c} viewer={viewer} typed={typed} /> : null}
          <section class="sheet">
            <h2>A whole list</h2>
            <p class="soft">All of your customers at once, as CSV: all lines are taken, or none.</p>
            <p>
              <a class="button" href="/customers/import">
                Import a list
              </a>
            </p>
          </section>
        </div>
      </div>
    </>,
  )
}

/** A billing id is looked for among the customers, all else among what sources call them. */
const filterOf = (sought: string) =>
  sought === '' ? {} : sought.startsWith('cus_') ? { customerId: sought } : { value: sought }

function address(sought: string, from: number | null): string {
  const query = new URLSearchParams({
    ...(sought === '' ? {} : { q: sought }),
    ...(from === null ? {} : { before: String(from) }),
  }).toString()
  return query === '' ? '/customers' : `/customers?${query}`
}

const olderOf = (sought: string, { next }: IdentityPage): string | null =>
  next === null ? null : address(sought, next)

const Finder = ({ sought }: { sought: string }) => (
  <form class="finder" action="/customers" method="get" role="search">
    <label class="unseen" for="identity-q">
      A customer's id or address, as the source or billing has it
    </label>
    <input
      type="search"
      id="identity-q"
      name="q"
      value={sought}
      maxlength={CUSTOMER_REFERENCE_CHARS_MAX}
      placeholder="acme-42, dana@acme.example or cus_…"
      spellcheck={false}
    />
    <button>Find</button>
    {sought === '' ? null : <a href="/customers">All</a>}
  </form>
)

const Known = (props: { c: AppContext; page: IdentityPage; viewer: Viewer; sought: string }) => {
  const { c, page, viewer, sought } = props
  if (page.rows.length > 0) {
    return <IdentityTable rows={page.rows} viewer={viewer} clock={clockOf(c)} back="/customers" />
  }
  if (sought !== '') {
    return (
      <Empty title={`Nobody is known as ${sought}`}>
        {page.next === null
          ? 'Nothing was said of this customer. Billing may know him all the same, by his external id.'
          : 'Not among these: go on to older ones.'}
      </Empty>
    )
  }
  return (
    <Empty title="Nobody was named yet">
      That is fine where your sources use billing's external ids: billing finds these by itself. Say
      it here of customers whom a source calls otherwise.
    </Empty>
  )
}

type MapProps = { c: AppContext; viewer: Viewer; typed: TypedIdentity | undefined }

const MapForm = ({ c, viewer, typed }: MapProps) => (
  <section class="sheet" id="map">
    <h2>Say who somebody is</h2>
    <Form action="/customers/identities" token={viewer.token} class="stack">
      <Field label="The source calls him by">
        <select name="kind">
          {IDENTITY_KINDS.map((kind) => (
            <option value={kind} selected={kind === typed?.kind}>
              {kindLabel(kind)}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Which is">
        <input
          type="text"
          name="value"
          required
          maxlength={CUSTOMER_REFERENCE_CHARS_MAX}
          value={typed?.value ?? ''}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
      <Field label="In the account" hint="The endpoint whose ids these are.">
        <select name="account">
          <option value="">Every account</option>
          {[...accountsOf(c.var.deps.config)].map((account) => (
            <option value={account} selected={account === typed?.account}>
              {account}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Customer at billing" hint="His id there begins cus_.">
        <input
          type="text"
          name="customerId"
          required
          maxlength={BILLING_ID_CHARS_MAX}
          placeholder="cus_…"
          value={typed?.customerId ?? ''}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
      <button class="main">Map</button>
    </Form>
  </section>
)

const kindLabel = (kind: IdentityKind): string =>
  KIND_WORDS[kind].charAt(0).toUpperCase() + KIND_WORDS[kind].slice(1)
