// What a source is: one page that says how its deliveries are proven and what they hold.

import type { Mode, SourceEvent, Unreadable, UnreadableReason } from '../domain/event.ts'
import type { Result } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import type { Refusal } from './refusal.ts'
import type { Schemes } from './scheme.ts'

/** What the signature covers besides the body. Only these may identify an event. */
export type SignedFacts = {
  readonly id: string | null
  readonly timestamp: string | null
}

/** What a source may know of a delivery besides its body. */
export type DeliveryFacts = {
  readonly signed: SignedFacts
  /** A header that no signature covers: good for a type that stands nowhere else, never for an id. */
  readonly unsignedHeader: (name: string) => string | null
}

/** What is answered to a sender that wants something of its own; never 410, never 429. */
export type Answer = {
  readonly status: 200 | 202
  /** Null is an answer without a body. */
  readonly content: { readonly type: string; readonly text: string } | null
}

export type Source = {
  readonly name: string
  /** As people write it. */
  readonly title: string
  /** Whether the events say by themselves if they are live or a test. */
  readonly saysMode: boolean
  /** A header that identifies the delivery but is not signed: stored to find it again, never used. */
  readonly unsignedIdHeader: string | null
  /** What parts the words of its types where it isn't a dot, as in `refunds/create`. */
  readonly typeSeparator?: '/'
  /** The events of an authenticated body. Pure. */
  readonly read: (body: unknown, facts: DeliveryFacts) => readonly (SourceEvent | Unreadable)[]
  /** Of senders that don't write JSON. Pure. */
  readonly parse?: (text: string) => Result<unknown, UnreadableReason>
  /** Its body holds a secret, which `read` leaves out: the body as it came is never kept. */
  readonly hidesBody?: true
  /** The answer to an authenticated body that only sets the webhook up; null for all others. */
  readonly handshake?: (body: unknown, facts: DeliveryFacts) => Answer | null
  /** What this sender takes for success; by default 202 and the ids of the events as JSON. */
  readonly accepted?: Answer
  /** Secrets that the vendor itself publishes, for its test buttons: a live endpoint takes none. */
  readonly publicSecrets?: readonly string[]
  /** Requests by which the sender looks whether the address exists: 200, whatever is configured. */
  readonly probes?: readonly ('GET' | 'HEAD')[]
}

/** One configured address of a source. */
export type Endpoint = {
  readonly source: Source
  readonly schemes: Schemes
  /** Name of the secret in the Worker's environment, never the secret. */
  readonly secret: string
  /** Declared where the source doesn't say it; null leaves it to each event. */
  readonly mode: Mode | null
  /** Whose world the subjects' ids belong to; null is the endpoint's own name. */
  readonly account: string | null
  /** The user has accepted that nothing proves the body. */
  readonly acceptsUnsigned: boolean
  /** Everything that its deliveries ask for waits for a person. */
  readonly holdsAll: boolean
  /** Looks into the parsed body of an authenticated delivery before anything is made of it. */
  readonly admits: ((body: unknown, nowMs: number) => Refusal | null) | null
  /** What is wrong with its own options, each line with the path of the option: it does not start. */
  readonly problems: readonly string[]
}

export type EndpointOptions = {
  /** Name of the secret in the environment, such as STRIPE_WEBHOOK_SECRET. */
  readonly secret: string
  readonly account?: string
}

/** Of a source that doesn't say whether its events are live or a test. */
export type ModeOption = { readonly mode: Mode }

/** Of a sender that proves who it is, but not what it wrote. */
export type UnsignedOption = { readonly unsigned: 'accept' }

const ENDPOINT_OPTIONS = ['secret', 'account', 'mode', 'unsigned']

type More = Partial<Pick<Endpoint, 'admits' | 'holdsAll' | 'problems'>> & {
  /** The names of the options that only this source has. */
  readonly own?: readonly string[]
}

/** What all factories build their endpoint with. */
export const endpointOf = (
  source: Source,
  schemes: Schemes,
  options: EndpointOptions & Partial<ModeOption> & Partial<UnsignedOption>,
  more: More = {},
): Endpoint => ({
  source,
  schemes,
  secret: options.secret,
  mode: options.mode ?? null,
  account: options.account ?? null,
  acceptsUnsigned: options.unsigned === 'accept',
  holdsAll: more.holdsAll ?? false,
  admits: more.admits ?? null,
  problems: [
    ...unknownFields(options, [...ENDPOINT_OPTIONS, ...(more.own ?? [])]),
    ...(more.problems ?? []),
  ],
})

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A non-empty text, or null: ids and types of events are never guessed from other kinds. */
export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null
