// What a source is: one page that says how its deliveries are signed and what they hold.

import type { Mode, SourceEvent, Unreadable } from '../domain/event.ts'

/** Headers by which one scheme signs; all of them must be there. Names are lower case. */
export type SignatureHeaders = {
  readonly signature: string
  readonly timestamp?: string
  readonly id?: string
}

/**
 * How a sender signs, as data; sources/verify.ts checks it. The algorithm is pinned here and never
 * read from a request.
 */
export type SignatureScheme = {
  readonly hash: 'SHA-256'
  /** How the secret's text becomes the key: its UTF-8 bytes, or base64 behind an optional prefix. */
  readonly secret: { readonly as: 'utf8' } | { readonly as: 'base64'; readonly prefix: string }
  readonly headers: SignatureHeaders
  /**
   * How the signature header is written. `plain`: the signature alone. `pairs`: `t=…,v1=…`, one time
   * and any number of signatures. `versions`: `v1,… v1,…` apart by blanks.
   */
  readonly form:
    | { readonly kind: 'plain' }
    | { readonly kind: 'pairs'; readonly timestamp: string; readonly signature: string }
    | { readonly kind: 'versions'; readonly version: string }
  readonly encoding: 'hex' | 'base64'
  readonly timestamp: 'seconds' | 'rfc3339' | 'none'
  /** What is signed, in this order; `.` is that character. */
  readonly signed: readonly ('id' | 'timestamp' | 'body' | '.')[]
}

/** What the signature covers besides the body. Only these may be used; other headers may not. */
export type SignedFacts = {
  readonly id: string | null
  readonly timestamp: string | null
}

export type Source = {
  readonly name: string
  /** As people write it. */
  readonly title: string
  /** The first scheme whose signature header is there is the one that must hold: no downgrade. */
  readonly schemes: readonly [SignatureScheme, ...SignatureScheme[]]
  /** Whether the events say by themselves if they are live or a test. */
  readonly saysMode: boolean
  /** A header that identifies the delivery but is not signed: stored to find it again, never used. */
  readonly unsignedIdHeader: string | null
  /** The events of an authenticated body. Pure; it never throws on any JSON value. */
  readonly read: (body: unknown, signed: SignedFacts) => readonly (SourceEvent | Unreadable)[]
}

/** One configured address of a source. */
export type Endpoint = {
  readonly source: Source
  /** Name of the secret in the Worker's environment, never the secret. */
  readonly secret: string
  /** Declared where the source doesn't say it; null leaves it to each event. */
  readonly mode: Mode | null
  /** Whose world the subjects' ids belong to; null is the endpoint's own name. */
  readonly account: string | null
}

export type EndpointOptions = {
  readonly secret: string
  readonly account?: string
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A non-empty text, or null: ids and types of events are never guessed from other kinds. */
export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null
