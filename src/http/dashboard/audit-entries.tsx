// The entries of the log, what is asked of it, and how to take it along.

import { dataText, type EntryRow } from '../../domain/sealed-entry.ts'
import { ENTRY_SHOWN_CHARS_MAX, SUBJECT_CHARS_MAX } from '../../domain/limits.ts'
import { DAYS, WORDS, type Typed } from './audit-filter.ts'
import { Field, Id, Sentence, When, type Clock } from './parts.tsx'
import { actionWord, actorWord } from './words.ts'

const HINTS: Readonly<Record<(typeof WORDS)[number], string>> = {
  actor: 'operator:ann',
  action: 'adjustment.approved',
  subject: 'adj_…, evt_…, key_…',
  customer: 'cus_…',
  ticket: '4101',
  invoice: 'its number or id',
}

const NAMES: Readonly<Record<(typeof WORDS)[number] | (typeof DAYS)[number], string>> = {
  actor: 'Who',
  action: 'What was done',
  subject: 'To what',
  customer: 'Customer',
  ticket: 'Ticket',
  invoice: 'Invoice',
  from: 'From this day',
  to: 'To this day',
}

export const Filters = ({ typed }: { typed: Typed }) => (
  <form method="get" action="/audit" class="filters sheet" role="search" aria-label="Find entries">
    {WORDS.map((name) => (
      <Field label={NAMES[name]}>
        <input
          type="text"
          name={name}
          value={typed[name] ?? ''}
          placeholder={HINTS[name]}
          maxlength={SUBJECT_CHARS_MAX}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
    ))}
    {DAYS.map((name) => (
      <Field label={NAMES[name]}>
        <input type="date" name={name} value={typed[name] ?? ''} />
      </Field>
    ))}
    <div class="filters-do">
      <button class="main">Find</button>
      {Object.keys(typed).length === 0 ? null : (
        <a class="button" href="/audit">
          Show all
        </a>
      )}
    </div>
  </form>
)

export const EntryTable = ({ rows, clock }: { rows: readonly EntryRow[]; clock: Clock }) => (
  <div class="scroll" tabindex={0} role="region" aria-label="Entries, newest first">
    <table>
      <thead>
        <tr>
          <th scope="col" class="num wide">
            Entry
          </th>
          <th scope="col">What was done</th>
          <th scope="col">Who</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr data-card tabindex={-1}>
            <td class="num wide">{row.seq}</td>
            <td>
              <b>{actionWord(row.action)}</b>
              <span class="under">
                <Sentence text={row.subject} />
              </span>
              <details>
                <summary>{row.action}</summary>
                <code class="data">{shortened(dataText(row.data))}</code>
              </details>
            </td>
            <td>{actorWord(row.actor)}</td>
            <td>
              <When at={row.at} clock={clock} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

const shortened = (text: string): string =>
  text.length <= ENTRY_SHOWN_CHARS_MAX
    ? text
    : `${text.slice(0, ENTRY_SHOWN_CHARS_MAX)}… (an export has all of it)`

export const Exports = ({ query, keys }: { query: string; keys: readonly string[] }) => {
  const address = (format: string) =>
    `/audit/export?format=${format}${query === '' ? '' : `&${query}`}`
  return (
    <>
      <ul class="exports">
        <li>
          <a class="button" href={address('zip')} download>
            ZIP to verify
          </a>
          <span class="soft">with verify.html, a page that checks it without any network</span>
        </li>
        <li>
          <a class="button" href={address('ndjson')} download>
            NDJSON
          </a>
          <span class="soft">for programs; it can be verified too</span>
        </li>
        <li>
          <a class="button" href={address('csv')} download>
            CSV
          </a>
          <span class="soft">for a spreadsheet</span>
        </li>
      </ul>
      <p>
        To check it offline, unpack the ZIP, open verify.html, and choose audit-log.ndjson; or run{' '}
        <code>npm run audit -- verify audit-log.ndjson</code> with <code>--key</code>. Take the key
        from whoever runs Makegood, and not from the export.
      </p>
      {keys.map((key) => (
        <p>
          The public key here: <Id of={key} />
        </p>
      ))}
    </>
  )
}
