// What the product's calls reach: other companies' services, in memory, at their HTTP edge.

export type Call = {
  readonly method: string
  readonly url: URL
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `broken`: the connection ends without an answer. */
export type Answered = Reply | 'broken'

export type Service = {
  /** `answer` is called once, at the time when the answer sets out or the connection breaks. */
  readonly arrive: (call: Call, answer: (answered: Answered, afterMs: number) => void) => void
}

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export function callOf(input: string | URL | Request, init: RequestInit | undefined): Call {
  if (input instanceof Request) throw new Error('the product asks with an address and options')
  const headers = Object.fromEntries(new Headers(init?.headers))
  const body = typeof init?.body === 'string' ? init.body : ''
  return { method: init?.method ?? 'GET', url: new URL(input), headers, body }
}

export function responseOf(answered: Answered): Response {
  if (answered === 'broken') throw new TypeError('the connection broke')
  const { status, headers, body } = answered
  return new Response(status === 204 ? null : body, { status, headers })
}
