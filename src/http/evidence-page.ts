// The evidence as one page of its own: no script, nothing loaded, made to be printed and kept.

import { html, raw } from 'hono/html'
import type { AppContext } from './context.ts'
import type { ShownEvidence } from './api/evidence.ts'

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:60rem;color:#111}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}
th{font-weight:600;white-space:nowrap}tr{break-inside:avoid}pre{white-space:pre-wrap;word-break:break-word;margin:0}
@media print{body{margin:0;font-size:11px}}`

export async function evidencePage(c: AppContext, evidence: ShownEvidence): Promise<Response> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE))
  const hash = new Uint8Array(digest).toBase64()
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  )
  return c.html(pageOf(evidence))
}

/** The same as a file. */
export const evidenceText = async (evidence: ShownEvidence): Promise<string> =>
  String(await pageOf(evidence))

const pageOf = (evidence: ShownEvidence) => {
  const {
    adjustment,
    checkpoint,
    event,
    log,
    madeAt,
    notices,
    payload,
    place,
    request,
    rules,
    why,
  } = evidence
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Evidence of ${event.id}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>Evidence of one adjustment</h1>
        <p>
          Made ${madeAt} from the record. It shows what was received, which rule decided and how
          that rule read then, who let it through, what the billing system answered, and each entry
          about it in the append-only log, with the proof that it is in the log as it was signed.
          Who wants to trust nobody checks an export of the log with the public key.
        </p>
        ${section(
          'Why',
          html`<ul>
            ${why.map((sentence) => html`<li>${sentence}</li>`)}
          </ul>`,
        )}
        ${section('The adjustment', table(adjustment))}
        ${section('What was asked of the billing system', table(request))}
        ${section('The event', table(event))}
        ${section(
          'What was received',
          payload === null
            ? html`<p>It is not kept any more: its time was over, or a person was erased.</p>`
            : table(payload),
        )}
        ${section(
          'The rules that decided',
          rules === null ? html`<p>Their text was not kept at that time.</p>` : table(rules),
        )}
        ${section('Who was told', list(notices))}
        ${section(
          'Its place in the log',
          html`<ul>
              ${place.map((sentence) => html`<li>${sentence}</li>`)}
            </ul>
            ${table(checkpoint)}`,
        )}
        ${section('Entries in the log', list(log))}
      </body>
    </html>`
}

type Html = ReturnType<typeof html>

const section = (title: string, content: Html): Html =>
  html`<h2>${title}</h2>
    ${content}`

/** A row for each field that says something. */
const table = (fields: object | null): Html =>
  html`<table>
    ${Object.entries(fields ?? {})
      .filter(([, value]: [string, unknown]) => value !== null)
      .map(
        ([name, value]: [string, unknown]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td><pre>${textOf(value)}</pre></td>
          </tr>`,
      )}
  </table>`

const list = (rows: readonly object[]): Html =>
  rows.length === 0
    ? html`<p>None.</p>`
    : html`${rows.map(
        (row) =>
          html`${table(row)}
            <hr />`,
      )}`

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2)
