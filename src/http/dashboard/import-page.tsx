// A whole list of who is who: given as a file or as text, and told line by line what came of it.

import { readCsv } from '../../domain/csv.ts'
import {
  IDENTITY_IMPORT_ROWS_MAX,
  IMPORT_KEPT_CHARS_MAX,
  IMPORT_LINES_SHOWN,
} from '../../domain/limits.ts'
import { IDENTITY_COLUMNS } from '../../usecases/import-identities.ts'
import type { AppContext } from '../context.ts'
import { troubleOf } from './actions.ts'
import type { ApiAnswer } from './call-api.ts'
import { showPage } from './layout.tsx'
import { Field } from './parts.tsx'
import { IMPORT_PATH } from './session.ts'

type Given = { readonly list: ArrayBuffer; readonly answer: ApiAnswer }

const EXAMPLE = `${IDENTITY_COLUMNS.join(',')}
zendesk,external_id,acme-42,cus_4f1c
,email,dana@acme.example,cus_4f1c`

export function showImport(c: AppContext, given: Given | null): Promise<Response> {
  const text = given === null ? '' : new TextDecoder().decode(given.list)
  const refused = given !== null && !given.answer.ok ? given.answer : null
  const trouble = refused === null ? null : troubleOf(refused)
  const isKept = refused !== null && text.length <= IMPORT_KEPT_CHARS_MAX
  return showPage(
    c,
    {
      title: 'Import customers',
      section: 'Customers',
      told: trouble && { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
    },
    <>
      <div class="head">
        <p class="crumb">
          <a href="/customers">Customers</a>
        </p>
        <h1>Import a list</h1>
        <p>
          {`CSV in UTF-8, at most ${IDENTITY_IMPORT_ROWS_MAX} lines. All of them are taken, or none. What is not in the list stays as it is.`}
        </p>
      </div>
      {given?.answer.ok ? <Taken data={given.answer.data} text={text} /> : null}
      {refused ? <Faults details={refused.details} text={text} /> : null}
      <div class="columns">
        <section class="sheet">
          <h2>{given?.answer.ok ? 'Another list' : 'The list'}</h2>
          <ImportForm token={c.var.formToken} typed={isKept ? text : ''} />
        </section>
        <section class="sheet">
          <h2>How it looks</h2>
          <pre class="body" tabindex={0}>
            {EXAMPLE}
          </pre>
          <p class="soft">
            The first line names the columns. An empty account holds in every account. The kind is
            external_id (your own id of him), source_id (the source's) or email.
          </p>
        </section>
      </div>
    </>,
  )
}

const ImportForm = ({ token, typed }: { token: string; typed: string }) => (
  <form method="post" action={IMPORT_PATH} enctype="multipart/form-data" class="stack">
    <input type="hidden" name="token" value={token} />
    <Field label="A file">
      <input type="file" name="file" accept=".csv,text/csv" />
    </Field>
    <Field label="Or its text" hint="A file goes before what stands here.">
      <textarea name="list" rows={10} spellcheck={false} class="code">
        {typed}
      </textarea>
    </Field>
    <button class="main">Import</button>
  </form>
)

const Taken = ({ data, text }: { data: Readonly<Record<string, unknown>>; text: string }) => {
  const [rows, added, changed] = [data['rows'], data['added'], data['changed']].map(Number)
  const known = (rows ?? 0) - (added ?? 0) - (changed ?? 0)
  const lines = readCsv(text).slice(1)
  return (
    <section class="sheet" id="imported" role="status">
      <h2>{`All lines were taken: ${rows}`}</h2>
      <p>{`New: ${added}. Changed: ${changed}. Known before, or twice in the list: ${known}.`}</p>
      <Lines
        head={['Line', 'The source says', 'At billing']}
        rows={lines.slice(0, IMPORT_LINES_SHOWN).map(({ line, fields }) => {
          const [account = '', kind = '', value = '', customerId = ''] = fields ?? []
          return [
            String(line),
            `${value.trim()} (${kind.trim()}${account.trim() === '' ? '' : `, ${account.trim()}`})`,
            customerId.trim(),
          ]
        })}
      />
      {lines.length > IMPORT_LINES_SHOWN ? (
        <p class="soft">{`Here are the first ${IMPORT_LINES_SHOWN}.`}</p>
      ) : null}
      <p>
        <a href="/customers">To the customers</a>
      </p>
    </section>
  )
}

type Fault = { readonly line: number; readonly message: string }

const isFault = (value: unknown): value is Fault =>
  typeof value === 'object' &&
  value !== null &&
  'line' in value &&
  typeof value.line === 'number' &&
  'message' in value &&
  typeof value.message === 'string'

const Faults = ({ details, text }: { details: unknown; text: string }) => {
  const faults = (Array.isArray(details) ? details : []).filter(isFault)
  if (faults.length === 0) return null
  const lines = text.split(/\r\n|\n|\r/)
  return (
    <section class="sheet is-flush" id="import-faults">
      <Lines
        head={['Line', 'What is wrong', 'As it stands']}
        rows={faults.map(({ line, message }) => [
          String(line),
          message.replace(/^line \d+(, |: )/, ''),
          lines[line - 1] ?? '',
        ])}
      />
    </section>
  )
}

type LinesProps = { head: readonly string[]; rows: readonly (readonly string[])[] }

const Lines = ({ head, rows }: LinesProps) => (
  <div class="scroll" tabindex={0} role="region" aria-label="Line by line">
    <table>
      <thead>
        <tr>
          {head.map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells) => (
          <tr>
            {cells.map((cell) => (
              <td class="given">{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
