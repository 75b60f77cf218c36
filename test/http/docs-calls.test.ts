// The calls that README and docs/ show, made as they stand there: each is answered as it says. What stands
// for a value of the reader's is filled in with one that is there.

import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { depsWith, deliver, fetchApp, OPERATOR, refund, adjustmentOf, ticket } from '../harness.ts'
import { commandsOf, wordsOf } from '../markdown.ts'

const PAGES: Readonly<Record<string, unknown>> = {
  ...import.meta.glob('../../*.md', { query: '?raw', import: 'default', eager: true }),
  ...import.meta.glob('../../docs/**/*.md', { query: '?raw', import: 'default', eager: true }),
}

/** What is shown and not called, each with its reason. */
const NOT_CALLED: readonly (readonly [address: RegExp, because: string])[] = [
  [/kustomerapp\.com|api\.close\.com/, 'the vendor’s own API makes its webhook'],
]

type Call = {
  readonly where: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

const shown = Object.entries(PAGES).flatMap(([page, text]) =>
  commandsOf(String(text))
    .filter((command) => command.text.startsWith('curl '))
    .map((command) => ({ ...command, where: `${page.replace('../../', '')}:${command.line}` })),
)

function callOf(where: string, text: string): Call {
  const [, ...words] = wordsOf(text.replaceAll('<your worker>', 'makegood.example'))
  const headers: Record<string, string> = {}
  let [method, url, body]: [string | null, string, string | null] = [null, '', null]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const value = () => words.shift() ?? ''
    if (word === '-X') method = value()
    else if (word === '-d' || word === '--data') body = value()
    else if (word === '-H') {
      const [, name = '', content = ''] = /^([\w-]+): (.*)$/.exec(value()) ?? []
      headers[name] = content
    } else if (/^-(?:s|i|sS|L)$/.test(word)) continue
    else if (!word.startsWith('-') && url === '') url = word
    else throw new Error(`${where}: ${word} of curl is not known here`)
  }
  return { where, method: method ?? (body === null ? 'GET' : 'POST'), url, headers, body }
}

const calls = shown
  .filter(({ text }) => !NOT_CALLED.some(([address]) => address.test(text)))
  .map(({ where, text }) => callOf(where, text))

/** An adjustment of 300.00 that waits for a person. */
async function heldId(): Promise<string> {
  const [event = ''] = await deliver(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: '300.00' }),
  )
  return (await adjustmentOf(event, 'held')).id
}

async function invoicedOne(): Promise<any> {
  const [event = ''] = await deliver(
    'stripe',
    refund({ amount: 100 + Math.floor(Math.random() * 9_000) }),
  )
  return adjustmentOf(event, 'invoiced')
}

/** What the reader has of his own, and how a test gets one. */
const OWN: readonly (readonly [text: string, value: () => Promise<string>])[] = [
  ['adj_…', heldId],
  ['evt_…', async () => (await invoicedOne()).event],
  ['inv_1', async () => (await invoicedOne()).invoice.id],
]

async function filledIn(text: string): Promise<string> {
  let filled = text
  for (const [own, value] of OWN) {
    if (filled.includes(own)) filled = filled.replaceAll(own, await value())
  }
  return filled
}

/** Every address of the docs is this Worker's; every key the one of the tests. */
async function answerTo({ method, url, headers, body }: Call): Promise<Response> {
  const { pathname, search } = new URL(await filledIn(url))
  return fetchApp(`https://makegood.example${pathname}${search}`, {
    method,
    headers: {
      // As curl says it of `-d` where nobody says anything.
      ...(body === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
      ...('x-api-key' in headers ? OPERATOR : {}),
    },
    body: body === null ? null : await filledIn(body),
  })
}

describe('a call that is shown', () => {
  it.each(calls.map((call) => [`${call.where} ${call.method} ${call.url}`, call] as const))(
    '%s',
    async (_, call) => {
      const response = await answerTo(call)
      const text = await response.text()
      expect({ status: response.status, text }).toMatchObject({
        status: expect.toSatisfy((status: number) => status >= 200 && status < 300),
      })
    },
    20_000,
  )

  it('is one of several', () => {
    expect(calls.length).toBeGreaterThanOrEqual(6)
  })

  it('would be found out if it asked for something else', async () => {
    const [approval] = calls.filter(({ url }) => url.endsWith('/approve'))
    if (!approval) throw new Error('no approval is shown')
    const other = {
      ...approval,
      body: (approval.body ?? '').replace(/"amount": -?\d+/, '"amount": -1'),
    }
    expect((await answerTo(other)).status).toBe(409)
    const misspelt = { ...approval, body: (approval.body ?? '').replace('"version"', '"versoin"') }
    expect((await answerTo(misspelt)).status).toBe(400)
  })
})

/** Paths of other APIs that the docs name in passing. */
const OF_OTHERS: readonly (readonly [call: string, because: string])[] = [
  ['POST /api/v1/webhooks', 'Commet’s own, by which its webhooks are made'],
]

describe('a path that is named', () => {
  const { routes } = createApp(() => depsWith())
  const known = routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({
      method,
      path: new RegExp(
        `^${path.replaceAll(/\/:\w+\?/g, '(?:/[^/]+)?').replaceAll(/:\w+(\{[^}]*\})?/g, '[^/]+')}$`,
      ),
    }))
  const isRoute = (method: string, path: string) =>
    known.some((route) => route.method === method && route.path.test(path.replace(/(.)\/$/, '$1')))

  const named = Object.entries(PAGES).flatMap(([page, text]) =>
    [...String(text).matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[^`\s]*)/g)]
      .map(([, method = '', written = '']) => ({
        page,
        method,
        path: written.replace(/\?.*$/, ''),
      }))
      .filter(({ path }) =>
        /^\/(?:api\/v1|webhooks|i|healthz|readyz|openapi\.json|docs)\b/.test(path),
      ),
  )

  it('is answered here', () => {
    expect(named.length).toBeGreaterThan(20)
    const others = OF_OTHERS.map(([call]) => call)
    const unknown = named
      .filter(({ method, path }) => !isRoute(method, path) && !others.includes(`${method} ${path}`))
      .map(({ page, method, path }) => `${page} ${method} ${path}`)
    expect(unknown).toEqual([])
  })

  it('would be found out if it were not', () => {
    expect(isRoute('POST', '/api/v1/adjustments/{id}/approve')).toBe(true)
    expect(isRoute('POST', '/api/v1/adjustments/{id}/aprove')).toBe(false)
    expect(isRoute('DELETE', '/api/v1/events')).toBe(false)
  })
})

it('nothing is left out that is not shown any more', () => {
  const texts = Object.values(PAGES).map(String).join('\n')
  expect(NOT_CALLED.filter(([address]) => !address.test(texts))).toEqual([])
})
