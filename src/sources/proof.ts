// What a request is proven with: the request as its sender made it, and what we know of the sender.

import type { PublicKey } from './scheme.ts'

export type ProvenRequest = {
  readonly method: string
  /** The address as the sender called it: the public one, with its query. */
  readonly url: string
  readonly headers: Headers
  readonly body: Uint8Array
  /** The segment of the address behind the endpoint's name, where there is one. */
  readonly pathToken: string | null
}

export type Proof = {
  /** Current first. One that isn't of the scheme's form is skipped while another is. */
  readonly secrets: readonly string[]
  readonly nowMs: number
  /** Of senders that sign tokens: their published keys. */
  readonly keys: readonly PublicKey[]
}
