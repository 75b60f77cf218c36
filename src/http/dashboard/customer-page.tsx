// One customer at billing: what waits for him, what he was given or charged, and how sources call him.

import type { Database } from '../../db/database.ts'
import { listOfCustomer, listUnresolved } from '../../db/read-customers.ts'
import { findIdentified, listIdentities } from '../../db/read-identities.ts'
import type { Adjustment } from '../../db/schema.ts'
import { isCustomerId, isIdentityKind } from '../../domain/identity.ts'
import {
  CUSTOMER_HISTORY_ROWS,
  CUSTOMER_NAMES_LOOKED_THROUGH_ROWS,
  LIST_PAGE_ROWS,
  UNRESOLVED_ROWS_MAX,
} from '../../domain/limits.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import type { Viewer } from './held-card.tsx'
import { IdentityTable } from './identity-table.tsx'
import { AdjustmentTable } from './lists.tsx'
import { clockOf, showPage } from './layout.tsx'
import { Empty, Form, Money, subjectText } from './parts.tsx'
import { showMissing } from './refusal.tsx'
import { requireOf } from './session.ts'
import { titleOf, toldOf, viewerOf } from './viewer.ts'

export const customerPage = createRoutes().get('/customers/:id', requireOf('read'), (c) =>
  showCustomer(c, c.req.param('id')),
)

async function showCustomer(c: AppContext, id: string): Promise<Response> {
  if (!isCustomerId(id)) return showMissing(c)
  const { db } = c.var.deps
  const page = { before: null, limit: LIST_PAGE_ROWS }
  const [given, names, waiting] = await Promise.all([
    listOfCustomer(db, id),
    listIdentities(db, { customerId: id }, page, CUSTOMER_NAMES_LOOKED_THROUGH_ROWS),
    waitingFor(db, id),
  ])
  const [viewer, clock, path] = [viewerOf(c), clockOf(c), `/customers/${id}`]
  return showPage(
    c,
    { title: id, section: 'Customers', told: toldOf(c) },
    <>
      <div class="head">
        <p class="crumb">
          <a href="/customers">Customers</a>
        </p>
        <h1>{id}</h1>
        <p>A customer at billing.</p>
      </div>
      <WaitsForHim c={c} rows={waiting} id={id} viewer={viewer} />
      <div class="group">
        <h2>Given and charged</h2>
        {given.length > CUSTOMER_HISTORY_ROWS ? (
          <span>{`the newest ${CUSTOMER_HISTORY_ROWS}`}</span>
        ) : null}
      </div>
      <div class="sheet is-flush" id="customer-history">
        {given.length === 0 ? (
          <Empty title="Nothing yet">
            What was issued to this customer, or is on its way, stands here.
          </Empty>
        ) : (
          <AdjustmentTable c={c} rows={given.slice(0, CUSTOMER_HISTORY_ROWS)} clock={clock} />
        )}
      </div>
      <div class="group">
        <h2>How sources call him</h2>
      </div>
      <div class="sheet is-flush" id="customer-names">
        {names.rows.length === 0 ? (
          <Empty title={names.next === null ? 'Nobody has said it' : 'Not among the newest'}>
            {names.next === null
              ? 'Billing itself finds him by his external id.'
              : 'Older ones are found page by page.'}
          </Empty>
        ) : (
          <IdentityTable rows={names.rows} viewer={viewer} clock={clock} back={path} />
        )}
      </div>
      {names.next === null ? null : (
        <p>
          <a
            href={`/customers?${new URLSearchParams({ q: id, before: String(names.next) }).toString()}`}
          >
            Look among older ones
          </a>
        </p>
      )}
    </>,
  )
}

/** What was held because nobody knew the customer, and would be his by what is known now. */
async function waitingFor(db: Database, id: string): Promise<readonly Adjustment[]> {
  const rows = await listUnresolved(db)
  const known = new Map<string, Promise<string | null>>()
  const whoIs = async (row: Adjustment): Promise<string | null> => {
    const { account, customerKind: kind, customerReference: value } = row
    if (value === null || !isIdentityKind(kind)) return null
    const { customerId } = await findIdentified(db, { account, kind, value })
    return customerId
  }
  const owners = await Promise.all(
    rows.map(async (row) => {
      const key = JSON.stringify([row.account, row.customerKind, row.customerReference])
      const asked = known.get(key)
      if (asked !== undefined) return asked
      // Of more names than a page shows, the rest comes once these are answered.
      if (known.size >= UNRESOLVED_ROWS_MAX) return null
      const asking = whoIs(row)
      known.set(key, asking)
      return asking
    }),
  )
  return rows.filter((_, at) => owners[at] === id)
}

type WaitProps = { c: AppContext; rows: readonly Adjustment[]; id: string; viewer: Viewer }

const WaitsForHim = ({ c, rows, id, viewer }: WaitProps) =>
  rows.length === 0 ? null : (
    <section class="sheet" id="waits-for-him">
      <h2>Waits for him, since nobody knew who he is</h2>
      <ul class="asks">
        {rows.map((row) => (
          <li>
            <div>
              <Money of={row} />{' '}
              <a href={`/adjustments/${row.id}`}>
                {subjectText(titleOf(c, row), row.subject, row.part)}
              </a>
            </div>
            {viewer.mayApprove ? (
              <Form
                action={`/adjustments/${row.id}/customer`}
                token={viewer.token}
                back={`/customers/${id}`}
                fields={{ version: row.version, customerId: id }}
              >
                <button class="main">Go on with this customer</button>
              </Form>
            ) : (
              <span class="soft">Waits for somebody who may approve.</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
