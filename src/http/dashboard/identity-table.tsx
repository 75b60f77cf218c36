// Identities in a table, each with what can be done about it.

import type { Identity } from '../../db/schema.ts'
import { isIdentityKind, versionOf, type IdentityKind } from '../../domain/identity.ts'
import { BILLING_ID_CHARS_MAX } from '../../domain/limits.ts'
import type { Viewer } from './held-card.tsx'
import { Form, When, type Clock } from './parts.tsx'
import { actorWord } from './words.ts'

export const KIND_WORDS: Readonly<Record<IdentityKind, string>> = {
  external_id: 'your own id of him',
  source_id: "the source's id of him",
  email: 'his e-mail address',
}

type Props = { rows: readonly Identity[]; viewer: Viewer; clock: Clock; back: string }

export const IdentityTable = ({ rows, viewer, clock, back }: Props) => (
  <div class="scroll" tabindex={0} role="region" aria-label="Who is who, newest first">
    <table>
      <thead>
        <tr>
          <th scope="col">The source says</th>
          <th scope="col">At billing</th>
          <th scope="col" class="wide">
            Said
          </th>
          {viewer.mayWrite ? (
            <th scope="col">
              <span class="unseen">Change or remove</span>
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr data-card tabindex={-1}>
            <td>
              <b>{row.value}</b>
              <span class="under">
                {`${isIdentityKind(row.kind) ? KIND_WORDS[row.kind] : row.kind}, ${row.account === '' ? 'in every account' : `at ${row.account}`}`}
              </span>
            </td>
            <td>
              <a class="row" href={`/customers/${encodeURIComponent(row.customerId)}`}>
                {row.customerId}
              </a>
            </td>
            <td class="wide">
              <When at={row.at} clock={clock} />
              <span class="under">{`by ${actorWord(row.actor)}`}</span>
            </td>
            {viewer.mayWrite ? (
              <td>
                <Change of={row} viewer={viewer} back={back} />
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

/** What was seen of it goes along: nothing is done where somebody else has changed it since. */
const Change = ({ of, viewer, back }: { of: Identity; viewer: Viewer; back: string }) => {
  const { account, kind, value, customerId, seq } = of
  const seen = versionOf(of)
  return (
    <details class="change">
      <summary aria-label={`Change or remove ${value}`}>Change…</summary>
      <Form
        action="/customers/identities"
        token={viewer.token}
        back={back}
        fields={{ account, kind, value, seen }}
        class="stack"
      >
        <input
          type="text"
          name="customerId"
          required
          maxlength={BILLING_ID_CHARS_MAX}
          value={customerId}
          spellcheck={false}
          aria-label={`The customer at billing who is ${value}`}
        />
        <button>Change</button>
      </Form>
      <Form
        action={`/customers/identities/${seq}/remove`}
        token={viewer.token}
        back={back}
        fields={{ seen }}
      >
        <button class="danger">Remove</button>
      </Form>
    </details>
  )
}

/** Somebody else is there already under this name: what is, what was wanted, and the way from one to the other. */
export const ChangeKnown = (props: {
  known: Identity
  typed: { readonly customerId: string }
  viewer: Viewer
}) => {
  const { known, typed, viewer } = props
  const { account, kind, value, customerId } = known
  if (customerId === typed.customerId) {
    return (
      <section class="sheet" id="known">
        <p>
          <b>{value}</b>
          {` is ${customerId} already: nothing is to be done.`}
        </p>
      </section>
    )
  }
  return (
    <section class="sheet" id="known">
      <h2>{`${value} is somebody already`}</h2>
      <p>
        {'It is '}
        <a href={`/customers/${encodeURIComponent(customerId)}`}>{customerId}</a>
        {`, said by ${actorWord(known.actor)}. You typed ${typed.customerId}. What was given before stays with whom it was given to.`}
      </p>
      <Form
        action="/customers/identities"
        token={viewer.token}
        fields={{ account, kind, value, seen: versionOf(known), customerId: typed.customerId }}
      >
        <button class="danger">{`Change it to ${typed.customerId}`}</button>
      </Form>
    </section>
  )
}
