// Keys and switches: who may do what, and what is paused.

import { listKeys, type Key } from '../../db/read-keys.ts'
import { listSwitches } from '../../db/read-switches.ts'
import {
  EMAIL_CHARS_MAX,
  KEYS_SHOWN_MAX,
  OPERATOR_KEY_DAYS_MAX,
  OPERATOR_NAME_CHARS_MAX,
} from '../../domain/limits.ts'
import { SCOPES } from '../../domain/operator.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import type { Trouble } from './event-page.tsx'
import type { Viewer } from './held-card.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Chip, Field, Form, When, type Clock } from './parts.tsx'
import { requireOf } from './session.ts'
import { Switches } from './switches.tsx'
import { toldOf, viewerOf } from './viewer.ts'
import { SCOPE_WORDS } from './words.ts'

const KEY_DAYS_DEFAULT = 365

export const settings = createRoutes().get('/settings', requireOf('read'), (c) =>
  showSettings(c, {}),
)

type Told = {
  readonly trouble?: Trouble
  /** A new key: this answer is the one time that it is seen. */
  readonly made?: { readonly name: string; readonly key: string }
  /** What was typed, where it was not taken. */
  readonly typed?: Readonly<Record<string, string>>
}

export async function showSettings(c: AppContext, told: Told): Promise<Response> {
  const { db } = c.var.deps
  const [viewer, clock] = [viewerOf(c), clockOf(c)]
  const [switches, keys] = await Promise.all([
    listSwitches(db),
    viewer.mayAdmin ? listKeys(db, { before: null, limit: KEYS_SHOWN_MAX }) : [],
  ])
  const { trouble, made, typed } = told
  return showPage(
    c,
    {
      title: 'Settings',
      section: 'Settings',
      told: trouble ? { text: trouble.text, isTrouble: true } : toldOf(c),
      status: trouble?.status ?? (made ? 201 : 200),
    },
    <>
      <Head title="Settings">
        {`You are ${c.var.operator.name}: your key ${c.var.operator.scopes.map((scope) => SCOPE_WORDS[scope]).join('; ')}.`}
      </Head>
      {made ? <NewKey {...made} /> : null}
      <div class="columns">
        <section class="sheet" id="keys">
          <h2>Keys</h2>
          {viewer.mayAdmin ? (
            <KeyTable rows={keys} viewer={viewer} clock={clock} />
          ) : (
            <p class="soft">Keys are shown to who has a key with the scope admin.</p>
          )}
        </section>
        <div>
          {viewer.mayAdmin ? <KeyForm viewer={viewer} typed={typed ?? {}} /> : null}
          <p class="soft">
            <a href="/settings/erasures">Erasures</a>: take a person out of what is kept.
          </p>
          <Switches c={c} rows={switches} viewer={viewer} clock={clock} />
        </div>
      </div>
    </>,
  )
}

const NewKey = ({ name, key }: { name: string; key: string }) => (
  <section class="sheet" aria-label="The new key">
    <h2>{`The key of ${name}`}</h2>
    <code class="secret" id="new-key">
      {key}
    </code>
    <p>
      This is the one time that it is seen. Give it to its holder now.{' '}
      <button type="button" class="copy" data-copy={key} hidden aria-label="Copy the key">
        Copy
      </button>
    </p>
  </section>
)

const stateOf = ({ revokedAt, expiresAt }: Key, { now }: Clock) => {
  if (revokedAt !== null) return <Chip tone="over">Revoked</Chip>
  if (expiresAt !== null && expiresAt <= now) return <Chip tone="over">Ended</Chip>
  return <Chip tone="good">Valid</Chip>
}

const KeyTable = ({
  rows,
  viewer,
  clock,
}: {
  rows: readonly Key[]
  viewer: Viewer
  clock: Clock
}) =>
  rows.length === 0 ? (
    <p class="soft">
      No key was made yet. Make one for each person and program, so that the audit log can tell who
      did what.
    </p>
  ) : (
    <div class="scroll" tabindex={0} role="region" aria-label="Keys">
      <table>
        <thead>
          <tr>
            <th scope="col">Holder</th>
            <th scope="col">State</th>
            <th scope="col">
              <span class="unseen">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              <td>
                <b>{row.name}</b>
                <span class="under">{row.email ?? 'a program'}</span>
                <span class="under">{row.scopes.join(', ')}</span>
              </td>
              <td>
                {stateOf(row, clock)}
                {row.expiresAt === null || row.revokedAt !== null ? null : (
                  <span class="under">
                    ends <When at={row.expiresAt} clock={clock} />
                  </span>
                )}
              </td>
              <td>
                {row.revokedAt === null ? (
                  <Form action={`/settings/keys/${row.id}/revoke`} token={viewer.token}>
                    <button class="danger" aria-label={`Revoke the key of ${row.name}`}>
                      Revoke
                    </button>
                  </Form>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )

type Typed = Readonly<Record<string, string>>

const KeyForm = ({ viewer, typed }: { viewer: Viewer; typed: Typed }) => (
  <section class="sheet">
    <h2>Make a key</h2>
    <Form action="/settings/keys" token={viewer.token} class="stack">
      <Field label="Name" hint="The audit log knows its holder by it: small letters and digits.">
        <input
          type="text"
          name="name"
          required
          maxlength={OPERATOR_NAME_CHARS_MAX}
          value={typed['name'] ?? ''}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
      <Field
        label="E-mail"
        hint="Of a person. Keys with one e-mail are one person. Empty: a program."
      >
        <input type="email" name="email" maxlength={EMAIL_CHARS_MAX} value={typed['email'] ?? ''} />
      </Field>
      <fieldset>
        <legend>May</legend>
        {SCOPES.map((scope) => (
          <label class="check">
            <input
              type="checkbox"
              name="scopes"
              value={scope}
              checked={(typed['scopes'] ?? 'read').split(' ').includes(scope)}
            />
            <span>
              <b>{scope}</b> {SCOPE_WORDS[scope]}
            </span>
          </label>
        ))}
      </fieldset>
      <Field label="Ends after days" hint="Empty: it has no end.">
        <input
          type="number"
          name="days"
          min="1"
          max={String(OPERATOR_KEY_DAYS_MAX)}
          value={typed['days'] ?? String(KEY_DAYS_DEFAULT)}
        />
      </Field>
      <button class="main">Make the key</button>
    </Form>
  </section>
)
