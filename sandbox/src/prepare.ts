// A call before it is answered: which route it means, and its body as JSON.
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall } from './call.ts'
import { matchRoute } from './routes.ts'
import type { Matched } from './routes.ts'

type Prepared = Matched & { readonly body: unknown }

/** What answers the call, and its body. A refusal answers like a route, so that its key keeps it too. */
export function prepare(call: ApiCall): Prepared {
  const matched = matchRoute(call)
  const refusing = (answer: Answer): Prepared => {
    const route = { method: call.method, path: call.path, step: () => answer }
    return { route, id: '', body: null }
  }
  if (matched === null) {
    return refusing(refusal('not_found', `There is no ${call.method} ${call.path}`))
  }
  const body = readJson(call.body)
  if (body === null) return refusing(refusal('invalid_json', 'The body is not valid JSON'))
  return { ...matched, body: body.value }
}

/** Null where the text is no JSON. An absent body reads as an empty object: `send` and `test` have none. */
export function readJson(text: string | null): { readonly value: unknown } | null {
  if (text === null) return null
  if (text === '') return { value: {} }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}
