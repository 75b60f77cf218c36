// /docs/errors: what each code means, what to do, and which calls answer it.

import { html } from 'hono/html'
import type { Document } from './document.ts'
import { ERRORS, type ErrorCode } from './errors.ts'
import { callsOf, codesIn, page } from './page.ts'

const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text)

export const errorsPage = (): Promise<string> =>
  page(
    'Makegood: errors',
    html`<main class="narrow">
      <p><a href="/docs">All calls</a></p>
      <h1>Errors</h1>
      <p>Programs act on error.code; the message is for people and may change.</p>
      <div class="table">
        <table>
          ${Object.entries(ERRORS).map(
            ([code, { means }]) =>
              html`<tr>
                <th scope="row">
                  <a href="/docs/errors/${code}"><code>${code}</code></a>
                </th>
                <td>${means}</td>
              </tr>`,
          )}
        </table>
      </div>
    </main>`,
  )

/** Null where there is no such code. */
export async function errorPage(document: Document, code: string): Promise<string | null> {
  if (!isCode(code)) return null
  const { means, todo } = ERRORS[code]
  const answeredBy = callsOf(document).flatMap(({ method, path, call }) => {
    const statuses = Object.entries(call.responses)
      .filter(([, answer]) => codesIn(answer).includes(code))
      .map(([status]) => status)
    return statuses.length === 0 ? [] : [{ method, path, call, statuses }]
  })
  return page(
    `Makegood: ${code}`,
    html`<main class="narrow">
      <p><a href="/docs/errors">All errors</a></p>
      <h1><code>${code}</code></h1>
      <p>${means}</p>
      <h2>What to do</h2>
      <p>${todo}</p>
      <h2>Which calls answer it</h2>
      ${
        answeredBy.length === 0
          ? html`<p>Any.</p>`
          : html`<ul>
              ${answeredBy.map(
                ({ method, path, call, statuses }) =>
                  html`<li>
                    <a href="/docs#${call.operationId}"><code>${method} ${path}</code></a>
                    (${statuses.join(', ')})
                  </li>`,
              )}
            </ul>`
      }
    </main>`,
  )
}
