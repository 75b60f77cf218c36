// /docs: every call on one page, made of the description. No script, and nothing but the style sheet is loaded.

import { html } from 'hono/html'
import { API_KEY, type Call, type Document } from './document.ts'
import { fieldsOf, type Field } from './fields.ts'
import { JSON_TYPE } from './refusals.ts'
import type { Json } from './schemas.ts'

export type Html = ReturnType<typeof html>

export const page = async (title: string, body: Html): Promise<string> =>
  String(
    await html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <title>${title}</title>
          <meta name="viewport" content="width=device-width" />
          <meta name="robots" content="noindex" />
          <link rel="stylesheet" href="/docs/style.css" />
        </head>
        <body>
          ${body}
        </body>
      </html>`,
  )

export type Listed = { readonly method: string; readonly path: string; readonly call: Call }

export const callsOf = ({ paths }: Document): readonly Listed[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, call]) => ({
      method: method.toUpperCase(),
      path,
      call,
    })),
  )

export async function callsPage(document: Document): Promise<string> {
  const all = callsOf(document)
  const groups = document.tags.map(({ name, description: about }) => ({
    name,
    about,
    calls: all.filter(({ call }) => call.tags.includes(name)),
  }))
  const shapes = Object.entries(document.components.schemas)
  return page(
    'Makegood: the calls',
    html`<div class="page">
      <nav aria-label="Calls">
        <p><a href="/openapi.json">openapi.json</a> · <a href="/docs/errors">errors</a></p>
        ${groups.map(
          ({ name, calls }) =>
            html`<strong>${name}</strong>
              <ul>
                ${calls.map(
                  ({ method, path, call }) =>
                    html`<li>
                      <a href="#${call.operationId}"
                        ><code>${method}</code> ${path.replace('/api/v1', '')}</a
                      >
                    </li>`,
                )}
              </ul>`,
        )}
        <strong><a href="#shapes">Shapes</a></strong>
      </nav>
      <main>
        <h1>Makegood: the calls</h1>
        <p>${plain(document.info.description)}</p>
        ${groups.map(
          ({ name, about, calls }) =>
            html`<section>
              <h2>${name}</h2>
              <p>${about}</p>
              ${calls.map((listed) => callSection(listed, document))}
            </section>`,
        )}
        <section id="shapes">
          <h2>Shapes</h2>
          ${shapes.map(
            ([name, shape]) =>
              html`<h3 id="shape-${name}">${name}</h3>
                ${fieldTable(fieldsOf(shape))}`,
          )}
        </section>
      </main>
    </div>`,
  )
}

const plain = (text: string): string => text.replaceAll('`', '')

function callSection({ method, path, call }: Listed, document: Document): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = call
  const content = Object.entries<Json>(Object(requestBody?.content))
  return html`<h3 id="${operationId}"><span class="method">${method}</span><code>${path}</code></h3>
    <p>${summary}.</p>
    ${description === undefined ? '' : html`<p>${description}</p>`}
    <p class="dim">${needed(call)}</p>
    ${
      parameters.length === 0
        ? ''
        : html`<h4>Parameters</h4>
            ${fieldTable(parameters.flatMap(parameterRow))}`
    }
    ${content.map(
      ([type, { schema }]) =>
        html`<h4>Body: ${type}</h4>
          <p class="dim">${requestBody?.description}</p>
          ${fieldTable(fieldsOf(schema))}`,
    )}
    <pre>${curlOf({ method, path, call })}</pre>
    ${Object.entries<Json>(Object(responses)).map(([status, answer]) =>
      Number(status) < 400 ? answerPart(status, answer, document) : '',
    )}
    ${refusalPart(responses)}`
}

function needed({ security }: Call): string {
  const scopes = security.flatMap((each) => (API_KEY in each ? (each[API_KEY] ?? []) : []))
  return scopes.length === 0 ? 'Open to everybody.' : `Needs the scope ${scopes.join(' or ')}.`
}

const parameterRow = ({ name, in: place, required, schema }: Json): Field[] =>
  fieldsOf({ properties: { [String(name)]: schema } }).map((field) => ({
    ...field,
    isRequired: required === true,
    note: `${place === 'path' ? 'In the path. ' : place === 'header' ? 'A header. ' : ''}${field.note}`,
  }))

const fieldTable = (fields: readonly Field[]): Html =>
  fields.length === 0
    ? html`<p class="dim">No fields.</p>`
    : html`<div class="table">
        <table>
          ${fields.map(
            ({ name, type, shape, isRequired, note }) =>
              html`<tr>
                <th scope="row"><code>${name}</code></th>
                <td>
                  ${shape === null ? type : html`${type}<a href="#shape-${shape}">${shape}</a>`}
                </td>
                <td>${isRequired ? 'required' : ''}</td>
                <td>${note}</td>
              </tr>`,
          )}
        </table>
      </div>`

function answerPart(status: string, { description, content }: Json, document: Document): Html {
  const types = Object.entries<Json>(Object(content))
  return html`<h4>${status}: ${description}</h4>
    ${types.map(([type, { example, examples }]) =>
      shown(example, examples, document) === undefined
        ? html`<p><code>${type}</code></p>`
        : html`<details>
            <summary><code>${type}</code></summary>
            <pre>${JSON.stringify(shown(example, examples, document), null, 2)}</pre>
          </details>`,
    )}`
}

/** The one that stands there, or that is referred to. */
function shown(example: unknown, examples: unknown, { components }: Document): unknown {
  if (example !== undefined) return example
  const [name] = Object.keys(Object(examples))
  return name === undefined ? undefined : components.examples[name]?.['value']
}

/** That a refusing answer may have. */
export const codesIn = (answer: unknown): string[] => {
  const { examples } = Object(Object(Object(answer).content)[JSON_TYPE])
  return Object.keys(Object(examples))
}

function refusalPart(responses: Json): Html {
  const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400)
  return html`<h4>Refusals</h4>
    <p>
      ${refusals.map(
        ([status, answer]) =>
          html`${status}
          ${codesIn(answer).map(
            (code) => html`<a href="/docs/errors/${code}"><code>${code}</code></a> `,
          )}`,
      )}
    </p>
    ${'default' in responses ? html`<p>${Object(responses['default']).description}</p>` : ''}`
}

/** As it can be typed, with the address and the key in the shell’s own variables. */
function curlOf({ method, path, call }: Listed): string {
  const { parameters = [], requestBody, security } = call
  const query = parameters.flatMap(({ in: place, name, example }) =>
    place === 'query' && example !== undefined ? [`${String(name)}=${String(example)}`] : [],
  )
  const headers = parameters.flatMap(({ in: place, name, example }) =>
    place === 'header' && example !== undefined
      ? [`-H '${String(name).toLowerCase()}: ${String(example)}'`]
      : [],
  )
  const [[type, { example }] = ['', {} as Json]] = Object.entries<Json>(
    Object(requestBody?.content),
  )
  const text = typeof example === 'string' ? example : JSON.stringify(example)
  return [
    `curl${method === 'GET' ? '' : ` -X ${method}`} "$MAKEGOOD${path}${query.length === 0 ? '' : `?${query.join('&')}`}"`,
    ...(security.length === 0 ? [] : ['-H "x-api-key: $KEY"']),
    ...headers,
    ...(example === undefined ? [] : [`-H 'content-type: ${type}'`, `--data-binary '${text}'`]),
  ].join(' \\\n  ')
}
