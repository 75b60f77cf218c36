// Every answer that the tests get has to be one that the reference describes: its status, its code, its shape.

import { TrieRouter } from 'hono/router/trie-router'
import { createApp } from '../src/http/app.ts'
import { codesOf } from '../src/http/reference/refusals.ts'
import { OPERATIONS } from '../src/http/reference/operations.ts'
import type { Answer } from '../src/http/reference/operation.ts'
import { billingRefusal, envelopeOf, refusal } from '../src/http/reference/schemas.ts'
import { factsByRoute } from '../src/http/route-facts.ts'
import { readShape } from '../src/domain/read-shape.ts'

const app = createApp(() => {
  throw new Error('nothing is asked here')
})
const facts = factsByRoute(app.routes)

const router = new TrieRouter<string>()
for (const route of Object.keys(OPERATIONS)) {
  const [method = '', path = ''] = route.split(' ')
  router.add(method, path, route)
}

/** The description of the call that takes this request; null where none does. */
export function routeOf(method: string, url: string): string | null {
  const [matched] = router.match(method === 'HEAD' ? 'GET' : method, new URL(url).pathname)
  return matched[0]?.[0] ?? null
}

/** What of an answer is not described; null where all is. Reads a copy of the body. */
export async function undescribed(method: string, url: string, response: Response) {
  if (response.headers.get('x-request-id') === null) return 'it has no x-request-id'
  const route = routeOf(method, url)
  const type = (response.headers.get('content-type') ?? '').replace(/;.*/, '')
  const body = type === 'application/json' ? await bodyOf(response) : null
  const { status } = response
  // A vendor's probe of an endpoint; the same of a link, to people, on a page.
  if (route === null && status === 200 && body === null) return null
  if (route === null || status === 405)
    return type === 'text/html' ? null : refusalTrouble(body, [])
  const operation = OPERATIONS[route]
  if (operation === undefined) return `${route} is not described`
  const answers: readonly Answer[] = [operation.answers[status] ?? []].flat()
  const troubles = answers.map((answer) => answerTrouble(answer, type, body))
  if (troubles.includes(null) || (method === 'HEAD' && answers.length > 0)) return null
  if (operation.isHandedOn && status >= 400 && isForeign(body)) {
    return shapeTrouble(billingRefusal, body)
  }
  const codes = codesOf(operation, facts.get(route) ?? []).find((each) => each.status === status)
  const what = `${route} ${status}`
  if (codes === undefined) {
    const found = troubles.join('; ') || `no such answer is described: ${JSON.stringify(body)}`
    return `${what}: ${found}`
  }
  // The page for people of a link that doesn't open.
  if (type === 'text/html' || method === 'HEAD') return null
  const trouble = refusalTrouble(body, codes.codes)
  return trouble === null ? null : `${what}: ${[...troubles, trouble].join('; ')}`
}

/** Handed on as it came, or told again by its code alone: what we say ourselves names its page. */
function isForeign(body: unknown): boolean {
  const { code, doc_url: page = '' } = Object(Object(body).error)
  return !String(page).includes('/docs/errors/') && typeof code === 'string'
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.clone().text()
  return text === '' ? null : JSON.parse(text)
}

function answerTrouble(answer: Answer, type: string, body: unknown): string | null {
  const envelope = envelopeOf(answer)
  if (envelope === null) {
    const types = answer.as === 'other' ? answer.types : []
    return types.length === 0 || types.includes(type) ? null : `it is ${type}`
  }
  if (type !== 'application/json') return `it is ${type}, and no JSON`
  return shapeTrouble(envelope, body)
}

function refusalTrouble(body: unknown, codes: readonly string[]): string | null {
  const trouble = shapeTrouble(refusal, body)
  if (trouble !== null || codes.length === 0) return trouble
  const { code } = Object(Object(body).error)
  return codes.includes(code) ? null : `the code ${code} is not described`
}

function shapeTrouble(schema: Parameters<typeof readShape>[0], body: unknown): string | null {
  const read = readShape(schema, body)
  if (read.success) return null
  return read.error.issues
    .map(
      (issue) =>
        `${issue.path.join('.')}: ${issue.code} ${issue.message}${'keys' in issue ? String(issue.keys) : ''}`,
    )
    .join(', ')
}
