// Customers for whom something waits, and whom nobody knows yet.

import type { Adjustment } from '../../db/schema.ts'
import { isIdentityKind } from '../../domain/identity.ts'
import { BILLING_ID_CHARS_MAX, UNRESOLVED_ROWS_MAX } from '../../domain/limits.ts'
import type { Viewer } from './held-card.tsx'
import { KIND_WORDS } from './identity-table.tsx'
import { Form, Money } from './parts.tsx'

type Group = { readonly first: Adjustment; readonly rows: readonly Adjustment[] }

/** Those of one name together: who is named once is known for all of them. */
function groupsOf(rows: readonly Adjustment[]): readonly Group[] {
  const groups = Map.groupBy(
    rows.filter(({ customerReference: value }) => value !== null),
    ({ account, customerKind, customerReference }) =>
      JSON.stringify([account, customerKind, customerReference]),
  )
  return [...groups.values()]
    .flatMap((group) => (group[0] ? [{ first: group[0], rows: group }] : []))
    .slice(0, UNRESOLVED_ROWS_MAX)
}

export const Unresolved = ({ rows, viewer }: { rows: readonly Adjustment[]; viewer: Viewer }) => {
  const groups = groupsOf(rows)
  if (groups.length === 0) return null
  return (
    <section class="sheet" id="unresolved">
      <h2>Not known yet, and something waits for them</h2>
      <ul class="asks">
        {groups.map((group) => (
          <li>
            <Unknown of={group} viewer={viewer} />
          </li>
        ))}
      </ul>
    </section>
  )
}

const Unknown = ({ of: { first, rows }, viewer }: { of: Group; viewer: Viewer }) => {
  const { account, customerKind: kind, customerReference } = first
  const value = customerReference ?? ''
  return (
    <>
      <div>
        <b>{value}</b>
        <span class="under">
          {`${kindText(kind)} at ${account}, `}
          {rows.map((row, at) => (
            <>
              {at === 0 ? '' : ', '}
              <a href={`/adjustments/${row.id}`}>
                <Money of={row} />
              </a>
            </>
          ))}
        </span>
      </div>
      {viewer.mayWrite && isIdentityKind(kind) ? (
        <Form
          action="/customers/identities"
          token={viewer.token}
          fields={{ account, kind, value }}
          class="ask"
        >
          <input
            type="text"
            name="customerId"
            required
            maxlength={BILLING_ID_CHARS_MAX}
            placeholder="cus_…"
            spellcheck={false}
            aria-label={`The customer at billing who is ${value}`}
          />
          <button class="main">Map</button>
        </Form>
      ) : (
        <a href={`/adjustments/${first.id}`}>Choose in its page</a>
      )}
    </>
  )
}

const kindText = (kind: string): string => (isIdentityKind(kind) ? KIND_WORDS[kind] : kind)
