// What a finder is: one way to ask a source for what it should have delivered. Which address it asks, and
// with which key, comes from the configuration and the environment alone.

import type { Result } from '../domain/result.ts'

/** Values by the configured names of secrets. Every name that the finder lists is there. */
export type Secrets = (name: string) => string

export type AskTrouble = {
  /** `http_429`, `timeout` … */
  readonly code: string
  readonly status: number | null
  readonly retryAfterSeconds: number | null
}

/** What the configured rules read of this source: nothing else is asked for. */
export type Wanted = {
  readonly types: readonly string[]
  /** By which tickets ask. */
  readonly tags: readonly string[]
  /** The billing currency, in small letters. */
  readonly currency: string
}

/** Milliseconds since 1970, whole seconds. */
export type Window = {
  readonly from: number
  /** Exclusive. What is younger may still be delivered. */
  readonly to: number
  readonly isTimeUp: () => boolean
}

/** A body as the source would have delivered it. `at`: when it was asked for there; null if nobody can tell. */
export type Missed = { readonly body: string; readonly at: number | null }

/** Something at the source that has a delivery, which may have come. */
export type Candidate = {
  /** When it happened, or was changed last. */
  readonly at: number
  /** By which it is known here: the event's own id, or what the event is about. */
  readonly known: { readonly ownId: string } | { readonly subject: string }
  /** Null where there is nothing to deliver. */
  readonly read: () => Promise<Result<Missed | null, AskTrouble>>
}

/** Oldest first. `until`: everything before it was asked for; it lies behind `from`. */
export type Searched = { readonly candidates: readonly Candidate[]; readonly until: number }

export type Finder = {
  /** Of its source. */
  readonly source: string
  /** The endpoint that it finds deliveries for; null is the only one of its source. */
  readonly endpoint: string | null
  /** Names of what the environment has to hold. */
  readonly secrets: readonly string[]
  /** What is wrong with its own options: it does not start. */
  readonly problems: readonly string[]
  readonly search: (
    secrets: Secrets,
    wanted: Wanted,
    window: Window,
  ) => Promise<Result<Searched, AskTrouble>>
}
