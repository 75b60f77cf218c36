// A running Makegood's own calls, typed by its routes: a path that isn't there, or a field that a call doesn't take,
// does not compile. What is answered is checked by whoever asks, since it comes from another program.

import { hc } from 'hono/client'
import type { AppType } from '../src/http/app.ts'

export type ApiPlace = {
  /** Without a slash at its end. */
  readonly url: string
  /** Null is none: for what everybody may ask. */
  readonly key: string | null
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** A redirect is an answer: a key goes to no other address. */
export const clientOf = ({ url, key, fetch: send = fetch }: ApiPlace) =>
  hc<AppType>(url, {
    headers: key === null ? {} : { 'x-api-key': key },
    init: { redirect: 'manual' },
    // It is called with an address as text, and with all of what is asked.
    fetch: (address: string | URL | Request, init?: RequestInit) =>
      send(String(address), init ?? {}),
  })

export const apiOf = (place: ApiPlace) => clientOf(place).api.v1
export type Api = ReturnType<typeof apiOf>

/** What is read of an answer. */
export type Answer = {
  readonly ok: boolean
  readonly status: number
  readonly headers: { readonly get: (name: string) => string | null }
  readonly json: () => Promise<unknown>
  readonly text: () => Promise<string>
}

/** For one call: how long it may take. */
export const within = (ms: number) => ({ init: { signal: AbortSignal.timeout(ms) } })
