// One HTTP request to the outside and its answer: the only fetch that carries a key of the user's. A
// deadline covers headers and body; the body is bounded; a redirect is an answer, never followed.

import { ANSWER_BYTES_MAX } from './domain/limits.ts'

/** An answer as it arrived: its status and headers, and its body as JSON, or why there is none. */
export type Arrival = {
  readonly status: number
  readonly headers: Headers
  readonly body:
    | { readonly kind: 'json'; readonly value: unknown }
    | { readonly kind: 'none'; readonly code: 'network' | 'timeout' | 'not_json' | 'too_large' }
}

export type Outgoing = {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers: Record<string, string>
  readonly body: string | null
}

type Body = Arrival['body']
type Late = 'late'

/** The header `authorization` of a name and a password. */
export const basicAuth = (name: string, password: string): string =>
  `Basic ${new TextEncoder().encode(`${name}:${password}`).toBase64()}`

/** Never rejects. A code alone: no answer came at all. */
export async function exchange(
  fetchNow: typeof fetch,
  outgoing: Outgoing,
  deadlineMs: number,
): Promise<Arrival | 'network' | 'timeout'> {
  const { url, ...request } = outgoing
  const abort = new AbortController()
  // Raced, not only aborted: a body that ignores the signal must not outlive the deadline either.
  const { promise: late, resolve } = Promise.withResolvers<Late>()
  const timer = setTimeout(() => {
    resolve('late')
    abort.abort()
  }, deadlineMs)
  try {
    const asked = {
      ...request,
      redirect: 'manual',
      cache: 'no-store',
      signal: abort.signal,
    } as const
    const response = await Promise.race([answered(fetchNow, url, asked), late])
    if (response === 'late') return 'timeout'
    if (response === null) return 'network'
    const body = await Promise.race([readBody(response), late])
    const { status, headers } = response
    return { status, headers, body: body === 'late' ? { kind: 'none', code: 'timeout' } : body }
  } finally {
    clearTimeout(timer)
  }
}

async function answered(
  fetchNow: typeof fetch,
  url: string,
  init: RequestInit,
): Promise<Response | null> {
  try {
    return await fetchNow(url, init)
  } catch {
    return null
  }
}

async function readBody(response: Response): Promise<Body> {
  const bytes = await readBytes(response)
  if (typeof bytes === 'string') return { kind: 'none', code: bytes }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return { kind: 'json', value }
  } catch {
    return { kind: 'none', code: 'not_json' }
  }
}

async function readBytes(response: Response): Promise<Uint8Array | 'network' | 'too_large'> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      // Leaving the loop cancels the stream.
      if (size > ANSWER_BYTES_MAX) return 'too_large'
      chunks.push(chunk)
    }
  } catch {
    return 'network'
  }
  return joined(chunks, size)
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
