// What crosses from the Worker to the Durable Object and back: plain data. The Worker speaks HTTP, the
// object decides; how an answer is spoilt on the wire is decided there too, and done in the Worker.

import type { NoteService } from '../notes/services.ts'

export type Mode = 'sandbox' | 'live'

/** What is known of a call before its body is read. */
export type CallHead = {
  readonly method: string
  /** The path below /api/v1, for example /invoices/inv_1. */
  readonly path: string
  /** The query string with its question mark, or the empty string. */
  readonly search: string
  readonly requestId: string
  /** The commet-version header as it came. */
  readonly version: string | null
  readonly idempotencyKey: string | null
}

export type ApiCall = CallHead & {
  /** Null where the bytes are no UTF-8, which JSON must be. */
  readonly body: string | null
  /** Where the sandbox is reached, so that signed addresses lead back to it. */
  readonly origin: string
  /** SHA-256 over method, path, query and the body's bytes: what one idempotency key stands for. */
  readonly fingerprint: string
}

/** A call of another service's stand-in. Its credentials stay in the Worker, as Commet's key does. */
export type FakeCall = {
  readonly service: 'zendesk' | 'slack' | 'stripe' | NoteService
  readonly method: string
  /** The whole path, for example /zendesk/api/v2/tickets/5158.json. */
  readonly path: string
  /** The path as it is logged: the same, but without what is a secret in it. */
  readonly shownPath: string
  readonly search: string
  readonly requestId: string
  /** Null where the bytes are no UTF-8. */
  readonly body: string | null
  /** Where the sandbox is reached, so that a list's next page leads back to it. */
  readonly origin: string
}

export type Wire =
  | { readonly kind: 'whole' }
  /** Nothing is answered for this long, then a gateway's 504. */
  | { readonly kind: 'silent'; readonly ms: number }
  /** The connection breaks after half of the body. */
  | { readonly kind: 'reset' }

export type ApiReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly wire: Wire
}

/** A handler's input: what the path, the query and the body hold, not yet validated. */
export type Input = {
  /** The variable part of the path, or the empty string. */
  readonly id: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly now: number
  /** The listing faults that are on for this call. */
  readonly listing: Listing
}

export type Listing = {
  /** Rows younger than this are not listed yet. */
  readonly lagMs: number
  /** The next cursor is the one that was sent, as if a page never ended. */
  readonly repeatsCursor: boolean
}
