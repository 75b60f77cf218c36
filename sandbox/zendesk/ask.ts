// What a step of the Zendesk stand-in gets: the call, read, and who makes it.
import type { Store } from '../src/store.ts'
import type { User } from './shapes.ts'

export type Ask = {
  readonly store: Store
  /** The variable parts of the path, in their order. */
  readonly ids: readonly string[]
  readonly query: URLSearchParams
  readonly body: unknown
  /** Milliseconds, by the organization's clock. */
  readonly now: number
  readonly caller: User
  /** Of Zendesk's API here, without a slash at its end. */
  readonly api: string
  /** The path below the API, as it was called. */
  readonly path: string
  /** Tickets younger than this are not found by a search yet. */
  readonly lagMs: number
  /** A list's next page is the same one, for ever. */
  readonly repeatsCursor: boolean
}

export const idOf = ({ ids }: Ask, index = 0): string => ids[index] ?? ''
